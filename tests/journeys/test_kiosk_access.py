"""The kiosk for everybody: axe finds nothing on any screen, in either language and letter size."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from satisfaction import fleet
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import unit_of_work
from satisfaction.terms import FollowUp
from tests.conftest import Office
from tests.journeys.auditing import IS_LONG, find_barriers
from tests.journeys.browsing import Tabs
from tests.journeys.kiosks import KioskAtDesk, key, rest
from tests.journeys.screens import (
    HELPERS,
    PHONE,
    SIZES,
    LobbyWalk,
    Walk,
    dress,
    hold,
    tell_what_changed,
)
from tests.journeys.test_kiosk_delivery import NEVER_DELIVERS, PLANT, TOO_LONG_AGO_MS

pytestmark = pytest.mark.journey
SIZES_OF_ALL = (*SIZES, PHONE) if IS_LONG else SIZES[:1]
MAIN = {"rate", "reasons", "number"}
# Everything that moves by itself, or would when it is touched.
MOVING = """() => [...document.querySelectorAll("*")]
  .filter((part) => /[1-9]/.test(getComputedStyle(part).transitionDuration))
  .map((part) => part.className)
  .concat(document.getAnimations().map((one) => one.animationName ?? one.transitionProperty))"""
SEEN = "body, body :visible:not([data-do=easy], [data-do=easy] *)"
# How each part is drawn, as far as letters, lines and colours go.
LOOKS = """(parts) => parts.map((part) => {
  const {fontSize, color, backgroundColor, borderTopWidth, borderTopColor, display, minHeight,
    transitionDuration, animationName} = getComputedStyle(part);
  return [part.tagName, part.className.replace?.(/ ?easy| ?is-fresh| ?night/g, ""), fontSize, color,
    backgroundColor, borderTopWidth, borderTopColor, display, minHeight, transitionDuration,
    animationName].join(" ");
})"""


def _ask_axe(page: Page, name: str) -> dict[str, list[str]]:
    """Ask axe, which needs a running clock, in every window about what is seen most."""
    found: dict[str, list[str]] = {}
    is_main = name in MAIN and not page.locator("body.easy").count()
    for window in (*SIZES, PHONE) if is_main else SIZES_OF_ALL:
        page.set_viewport_size({"width": window[0], "height": window[1]})
        page.clock.resume()
        if faults := find_barriers(page, f"kiosk, {name}"):
            found[f"{name} {window}"] = faults
    hold(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return the kiosk of the first desk."""
    return KioskAtDesk(ward_now, tabs)


@pytest.mark.parametrize(
    ("language", "helper"),
    [(language, helper) for language in ("vi", "en") for helper in HELPERS]
    if IS_LONG
    else [("vi", ""), ("en", "easy")],
)
def test_axe_finds_nothing_on_any_screen(kiosk: KioskAtDesk, language: str, helper: str) -> None:
    kiosk.tabs.allow("ERR_FAILED")
    tell_what_changed(kiosk)
    found: dict[str, list[str]] = {}
    walk = Walk(kiosk, language, helper)
    for name in walk.at_a_desk():
        found |= _ask_axe(walk.page, name)
    in_lobby = LobbyWalk(kiosk, language, helper)
    for name in in_lobby.in_the_lobby():
        found |= _ask_axe(in_lobby.page, name)
    assert found == {}


def test_axe_finds_nothing_on_a_screen_that_rests(kiosk: KioskAtDesk) -> None:
    kiosk.tabs.allow("401")
    paused = kiosk.tabs.context().new_page()
    paused.clock.install()
    found: dict[str, list[str]] = {}
    for language in ("vi", "en"):
        paused.goto(f"/kiosk/?lang={language}")
        found |= _ask_axe(paused, f"paused {language}")
    assert found == {}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("told", ["máy đầy ý kiến", "máy không lưu được ý kiến"])
def test_axe_finds_nothing_where_a_device_cannot_keep_answers(
    kiosk: KioskAtDesk, language: str, told: str
) -> None:
    page = kiosk.tabs.context().new_page()
    page.clock.install()
    if "đầy" in told:
        page.add_init_script(NEVER_DELIVERS)
        page.goto(f"/kiosk/enrol/{kiosk.ward.tokens[0]}")
        page.locator(".wait").wait_for()
        page.evaluate(PLANT, [1, round(time.time() * 1000) - TOO_LONG_AGO_MS])
        page.reload()
    else:
        quota = {"origin": kiosk.tabs.address, "quotaSize": 1}
        browser = page.context.new_cdp_session(page)
        browser.send("Storage.overrideQuotaForOrigin", quota)
        page.goto(f"/kiosk/enrol/{kiosk.ward.tokens[0]}")
    page.locator(".resting").wait_for()
    expect(page.locator(".staff").first).to_contain_text(told)
    hold(page)
    dress(page, language, "")
    assert _ask_axe(page, f"paused, {told}") == {}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_axe_finds_nothing_where_everybody_is_asked_why(kiosk: KioskAtDesk, language: str) -> None:
    with unit_of_work() as session:
        change_configuration(session, kiosk.ward.unit, Changes(follow_up=FollowUp.ALL))
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    page.locator(".keys").wait_for()
    rest(page)
    dress(page, language, "")
    key(page, 5).click()
    page.locator(".reasons").wait_for()
    hold(page)
    question = {"vi": "Điều gì ông/bà thấy tốt nhất?", "en": "What did you like best?"}[language]
    expect(page.get_by_role("heading")).to_have_text(question)
    assert _ask_axe(page, "reasons, praise") == {}


def test_axe_finds_nothing_on_plain_forms(kiosk: KioskAtDesk) -> None:
    """The pages that a browser without JavaScript is served; axe itself needs it to look."""
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    page.route("**/*.js*", lambda route: route.abort())
    kiosk.tabs.allow("ERR_FAILED")
    found: dict[str, list[str]] = {}
    with unit_of_work() as session:
        lobby = fleet.enrol_lobby_kiosk(session, kiosk.ward.unit, name="Sảnh").token
    for path in ("/kiosk/", "/kiosk/thanks", "/kiosk/?lang=en&easy=1", f"/kiosk/enrol/{lobby}"):
        page.goto(path)
        found |= _ask_axe(page, path)
    page.goto("/kiosk/?number=047&told=unknown&lang=en")
    found |= _ask_axe(page, "told")
    for path in ("/kiosk/stay", "/kiosk/stay?lang=en&easy=1"):
        page.goto(path)
        found |= _ask_axe(page, path)
    assert found == {}


def test_what_is_touched_is_large_enough(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    for size in ((1280, 800), (1024, 600), (800, 1280), (390, 844)):
        page = kiosk.open(size=size)
        page.locator(".keys").wait_for()
        boxes = page.locator("button, a").evaluate_all(
            """parts => parts.filter(part => part.checkVisibility()).map(part => {
                 const box = part.getBoundingClientRect();
                 return [part.textContent.trim(), box.width, box.height];
               })"""
        )
        assert [box for box in boxes if min(box[1:]) < 44] == []
        page.context.close()


def test_a_screen_that_appears_is_read_from_its_heading(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    kiosk.serve()
    page.locator(".keys").wait_for()
    expect(page.get_by_role("heading")).to_be_focused()
    page.keyboard.press("Tab")
    expect(key(page, 1)).to_be_focused()


def test_nothing_moves_for_those_who_want_none_of_it(kiosk: KioskAtDesk) -> None:
    page = kiosk.open(reduced_motion="reduce")
    page.locator(".wait").wait_for()
    assert page.evaluate("document.getAnimations().length") == 0


def test_nothing_moves_in_large_letters(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    rest(page)
    page.locator("[data-do=easy]").click()
    assert page.evaluate(MOVING) == []
    kiosk.serve()
    page.locator(".keys").wait_for()
    assert page.evaluate(MOVING) == []
    rest(page)
    key(page, 1).click()
    page.locator(".reasons").wait_for()
    assert page.evaluate(MOVING) == []
    rest(page)
    page.locator("[data-do=pass]").click()
    page.locator(".seal").wait_for()
    assert page.evaluate(MOVING) == []


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), PHONE])
def test_more_contrast_switches_large_letters_on(kiosk: KioskAtDesk, size: tuple[int, int]) -> None:
    """What the system asks for looks as what the button gives, with JavaScript and without."""
    kiosk.serve()
    drawn = []
    for options in (
        {"contrast": "more"},
        {"contrast": "more", "javascript": False},
        {"javascript": False, "easy": True},
    ):
        is_easy = options.pop("easy", False)
        page = kiosk.open(size=size, **options)
        page.goto("/kiosk/?layout=stack" + ("&easy=1" if is_easy else ""))
        page.locator(".keys").wait_for()
        drawn.append(page.locator(SEEN).evaluate_all(LOOKS))
        border = page.locator(".key").first.evaluate("key => getComputedStyle(key).borderTopWidth")
        assert border == "4px"
    assert drawn[1] == drawn[2]
    assert [look for look in drawn[1] if look not in drawn[0]] == []


def test_what_the_system_asks_for_stays_for_every_citizen(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(contrast="more")
    page.locator(".keys").wait_for()
    rest(page)
    page.locator("[data-do=easy]").click()
    expect(page.locator("[data-do=easy]")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Không đánh giá").click()
    page.locator(".wait").wait_for()
    expect(page.locator("[data-do=easy]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("body.easy")).to_have_count(1)


@pytest.mark.parametrize(("width", "letters"), [(320, "100%"), (390, "200%")])
def test_the_phone_never_scrolls_sideways(kiosk: KioskAtDesk, width: int, letters: str) -> None:
    kiosk.serve()
    page = kiosk.open(size=(width, 640))
    page.locator(".keys").wait_for()
    page.evaluate("letters => { document.documentElement.style.fontSize = letters }", letters)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def _tree(page: Page) -> list[tuple[str, str]]:
    """Return role and name of everything that a screen reader is told, in its order."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}
    told: list[dict[str, Any]] = []
    waiting = [nodes[0]["nodeId"]]
    while waiting:
        node = by_id.get(waiting.pop())
        if node is not None:
            told += [] if node["ignored"] else [node]
            waiting += reversed(node.get("childIds", []))
    return [
        (node["role"]["value"], " ".join(node.get("name", {}).get("value", "").split()))
        for node in told
        if node["role"]["value"] not in {"StaticText", "InlineTextBox", "none", "generic"}
    ]


def test_a_screen_reader_is_told_the_question_then_its_answers(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    page.locator(".keys").wait_for()
    tree = _tree(page)
    question = "Ông/bà thấy lần phục vụ vừa rồi thế nào?"
    order = [
        ("heading", question),
        ("region", "Giao dịch được đánh giá"),
        ("group", question),
        ("button", "Rất không hài lòng"),
        ("button", "Không hài lòng"),
        ("button", "Bình thường"),
        ("button", "Hài lòng"),
        ("button", "Rất hài lòng"),
        ("button", "Nghe đọc"),
        ("button", "Chữ to"),
        ("link", "English"),
        ("button", "Không đánh giá"),
    ]
    assert [one for one in tree if one in order] == order
    assert not [name for role, name in tree if role == "img" and name]


def test_a_screen_reader_is_told_what_is_chosen_and_what_happened(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    page.locator(".keys").wait_for()
    rest(page)
    key(page, 2).click()
    page.locator(".reasons").wait_for()
    rest(page)
    page.locator(".symbol svg").wait_for()
    tree = _tree(page)
    assert ("heading", "Điều gì nên làm tốt hơn?") in tree
    assert ("group", "Các ý") in tree
    assert len([name for role, name in tree if role == "checkbox" and name]) == 9
    assert any(role == "image" and "Mã QR" in name for role, name in tree)
    page.get_by_role("checkbox", name="Chờ lâu").check()
    expect(page.get_by_role("checkbox", name="Chờ lâu")).to_be_checked()
    page.locator("[data-do=send]").click()
    page.locator(".thanks").wait_for()
    expect(page.get_by_role("status").filter(has_text="Cảm ơn")).to_contain_text("giữ kín")


def test_keys_alone_lead_from_the_question_to_the_thanks(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    page.locator(".keys").wait_for()
    rest(page)
    for name in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(name)
    expect(key(page, 5)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(key(page, 1)).to_be_focused()
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"
    page.keyboard.press("Enter")
    page.locator(".reasons").wait_for()
    rest(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator(":checked").count() == 1
    for _ in range(9):
        page.keyboard.press("Tab")
    expect(page.locator("[data-do=send]")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".thanks").wait_for()


def test_the_way_by_tab_is_question_keys_helpers_skip(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(size=(1920, 1080))
    expect(page.locator("h1")).to_be_focused()
    order = []
    for _ in range(10):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert [word.replace("\N{NO-BREAK SPACE}", " ").removeprefix("EN") for word in order] == [
        *("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng"),
        *("Nghe đọc", "Chữ to", "Hạ thấp", "English", "Không đánh giá"),
    ]


def test_time_can_be_had_without_end(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    page.locator(".keys").wait_for()
    rest(page)
    for _ in range(5):
        page.clock.fast_forward("01:31")
        page.get_by_role("dialog").wait_for()
        assert int(page.locator("#left").inner_text()) >= 19
        rest(page)
        page.get_by_role("button", name="Tôi còn đây").click()
    key(page, 1).click()
    page.locator(".reasons").wait_for()
    rest(page)
    for _ in range(8):
        page.get_by_role("button", name="Thêm thời gian").click()
    page.clock.fast_forward("08:00")
    page.locator(".reasons").wait_for()
    assert page.locator(".thanks").count() == 0


def test_nothing_is_said_by_colour_alone(kiosk: KioskAtDesk) -> None:
    """Without any colour, what is chosen, on or urgent still differs by shape, line or word."""
    kiosk.serve()
    page = kiosk.open(forced_colors="active")
    page.locator(".keys").wait_for()
    rest(page)
    words = page.locator(".key span").all_inner_texts()
    assert len(set(words)) == 5
    faces = page.locator(".key img").evaluate_all("faces => faces.map(face => face.src)")
    assert len(set(faces)) == 5
    key(page, 2).click()
    page.locator(".reasons").wait_for()
    rest(page)
    chosen, other = page.locator(".reason").nth(0), page.locator(".reason").nth(1)
    chosen.click()
    ticked = "part => getComputedStyle(part.querySelector('.box svg')).visibility"
    assert (chosen.evaluate(ticked), other.evaluate(ticked)) == ("visible", "hidden")
    outlined = "part => getComputedStyle(part).outlineStyle"
    assert (chosen.evaluate(outlined), other.evaluate(outlined)) == ("solid", "none")
