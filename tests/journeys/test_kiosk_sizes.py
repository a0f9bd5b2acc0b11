"""What a hand has to find: the sizes of the design, in pixels and in millimetres of the glass."""

import math
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import unit_of_work
from satisfaction.terms import FollowUp
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.devices import until
from tests.journeys.kiosks import KioskAtDesk, key, rest
from tests.journeys.looking import find_faults
from tests.journeys.screens import LobbyWalk, tell_what_changed
from tests.kiosk.phones import invite
from tests.making import finished_visit

pytestmark = pytest.mark.journey
INCHES = {(1280, 800): 10.1, (800, 1280): 10.1, (1920, 1080): 21.5}
DRAWN: dict[tuple[int, int], dict[str, float]] = {
    (1280, 800): {"wide": 221, "high": 312, "label": 30, "reason": 96, "send": 94, "helper": 68},
    (800, 1280): {"wide": 704, "high": 116, "label": 36, "reason": 82, "send": 94, "helper": 68},
    (1920, 1080): {"wide": 336, "high": 421, "label": 40, "reason": 130, "send": 127, "helper": 92},
}
FIRST_TOUCHED = {(1280, 800): 0.37, (800, 1280): 0.32, (1920, 1080): 0.37}
REASONS_ACROSS = {(1280, 800): 3, (800, 1280): 2, (1920, 1080): 3}
# Wide letters, words and lines, as a reader may set them for every page (WCAG 1.4.12).
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""
RING = """(part) => {
  const {outlineStyle, outlineWidth, outlineColor, boxShadow} = getComputedStyle(part);
  const halo = boxShadow.includes("rgb(242, 182, 50) 0px 0px 0px 11px");
  return [outlineStyle, outlineWidth, outlineColor, halo];
}"""


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return the kiosk of the first desk."""
    return KioskAtDesk(ward_now, tabs)


def _box(part: Locator) -> dict[str, float]:
    box = part.bounding_box()
    assert box is not None
    return {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}


def _millimetres(size: tuple[int, int]) -> float:
    """Return how many millimetres a pixel of such a screen is high and wide."""
    return INCHES[size] * 25.4 / math.hypot(*size)


@pytest.mark.parametrize("size", DRAWN)
def test_what_is_touched_is_as_large_as_it_is_drawn(
    kiosk: KioskAtDesk, size: tuple[int, int]
) -> None:
    kiosk.serve()
    page = kiosk.open(size=size)
    page.locator(".keys").wait_for()
    box = _box(page.locator(".key").first)
    touched = [one.bounding_box() for one in page.locator("button:visible, a:visible").all()]
    first = min(one["y"] for one in touched if one) / size[1]
    letters = "parts => getComputedStyle(parts).fontSize"
    label = float(page.locator(".key span").first.evaluate(letters).removesuffix("px"))
    helper = _box(page.locator(".foot .tool:visible").first)["height"]
    rest(page)
    key(page, 1).click()
    page.locator(".reasons").wait_for()
    reasons = [_box(one) for one in page.locator(".reason").all()]
    measured = {
        "wide": box["width"],
        "high": box["height"],
        "label": label,
        "reason": reasons[0]["height"],
        "send": _box(page.locator("[data-do=send]"))["height"],
        "helper": helper,
    }
    assert measured == pytest.approx(DRAWN[size], abs=1.5)
    assert first >= FIRST_TOUCHED[size] - 0.01
    top = reasons[0]["y"]
    assert sum(one["y"] == top for one in reasons) == REASONS_ACROSS[size]


@pytest.mark.parametrize("size", INCHES)
def test_keys_of_the_pad_are_20_millimetres_high_and_wide(
    kiosk: KioskAtDesk, size: tuple[int, int]
) -> None:
    page = LobbyWalk(kiosk).page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.locator(".digits").wait_for()
    boxes = [_box(page.locator(".digit").nth(5))]
    assert find_faults(page) == []
    page.evaluate("document.body.classList.add('is-offline')")
    boxes.append(_box(page.locator(".digit").nth(5)))
    least = min(min(box["width"], box["height"]) for box in boxes)
    assert least * _millimetres(size) >= 20


@pytest.mark.parametrize("size", INCHES)
def test_the_symbol_for_the_phone_is_26_millimetres_with_its_margin(
    kiosk: KioskAtDesk, size: tuple[int, int]
) -> None:
    kiosk.serve()
    page = kiosk.open(size=size)
    page.locator(".keys").wait_for()
    rest(page)
    key(page, 2).click()
    drawing = page.locator(".symbol svg")
    drawing.wait_for()
    box = _box(drawing)
    assert min(box["width"], box["height"]) * _millimetres(size) >= 26
    shown = drawing.get_attribute("viewBox")
    assert shown is not None
    modules = float(shown.split()[2])
    marks = drawing.evaluate(
        """svg => {
          const {x, y, width} = svg.querySelector("path:last-of-type").getBBox();
          return [x, y, width];
        }"""
    )
    assert marks[0] >= 4
    assert marks[1] >= 3.5
    assert modules - marks[0] - marks[2] >= 4


def test_what_has_the_focus_wears_an_ink_ring_and_a_gold_halo(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    rest(page)
    _walk_by_tab(page, {"tool"})
    kiosk.serve()
    page.locator(".keys").wait_for()
    rest(page)
    _walk_by_tab(page, {"key", "tool"})
    key(page, 1).focus()
    page.keyboard.press("Enter")
    page.locator(".reasons").wait_for()
    rest(page)
    _walk_by_tab(page, {"btn", "tool", "reason"})
    lobby = LobbyWalk(kiosk).page
    lobby.locator(".digits").wait_for()
    rest(lobby)
    _walk_by_tab(lobby, {"digit", "tool"})


def _walk_by_tab(page: Page, kinds: set[str]) -> None:
    """Go over all that takes the focus; each kind is met, and each part wears the ring."""
    met = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() != 1 or focused.evaluate("part => part === document.body"):
            break
        if focused.get_attribute("type") == "checkbox":
            focused = focused.locator("..")
        focused.evaluate("part => Promise.all(part.getAnimations().map((one) => one.finished))")
        ring = focused.evaluate(RING)
        ink = "rgb(255, 255, 255)" if ring[2] == "rgb(255, 255, 255)" else "rgb(27, 34, 54)"
        assert ring == ["solid", "4px", ink, True], focused.get_attribute("class")
        met |= set((focused.get_attribute("class") or "").split())
    assert kinds <= met


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), (390, 844)])
def test_wider_spacing_of_letters_and_lines_loses_nothing(
    kiosk: KioskAtDesk, size: tuple[int, int], language: str
) -> None:
    tell_what_changed(kiosk)
    page = kiosk.open(size=size)
    found: dict[str, Any] = {}
    page.locator(".wait").wait_for()
    rest(page)
    if language == "en":
        page.locator("[data-do=language]").click()
    page.evaluate(SPACED)
    found["wait"] = _lost(page)
    kiosk.serve()
    page.locator(".keys").wait_for()
    rest(page)
    found["rate"] = _lost(page)
    key(page, 1).click()
    page.locator(".reasons").wait_for()
    rest(page)
    found["reasons"] = _lost(page)
    page.locator("[data-do=pass]").click()
    page.locator(".thanks").wait_for()
    found["thanks"] = _lost(page)
    visit = finished_visit(kiosk.desk, ticket_number="A047")
    page.goto(f"/R/{invite(visit)}?lang={language}")
    page.evaluate(SPACED)
    found["phone"] = _lost(page)
    page.locator(".key.l2").click()
    page.locator(".reasons").wait_for()
    page.evaluate(SPACED)
    found["phone, words"] = _lost(page)
    assert {name: faults for name, faults in found.items() if faults} == {}


def _lost(page: Page) -> list[str]:
    """Return what can no longer be read with wider spacing, also by scrolling."""
    page.evaluate("scrollTo(0, 0)")
    return find_faults(page, may_scroll=True)


def test_everybody_is_asked_why_where_the_office_wants_it(kiosk: KioskAtDesk) -> None:
    """With a second screen for every answer, it betrays none; only its title knows praise."""
    with unit_of_work() as session:
        change_configuration(session, kiosk.ward.unit, Changes(follow_up=FollowUp.ALL))
    titles = {}
    for level in range(1, 6):
        kiosk.serve(f"{level}47")
        page = kiosk.open()
        page.locator(".keys").wait_for()
        rest(page)
        key(page, level).click()
        page.locator(".reasons").wait_for()
        rest(page)
        titles[level] = page.get_by_role("heading").inner_text().replace("\N{NO-BREAK SPACE}", " ")
        assert page.locator(":checked").count() == 0
        page.get_by_role("checkbox", name="Thái độ phục vụ").check()
        page.get_by_role("button", name="Gửi").click()
        expect(page.get_by_role("heading")).to_have_text("Cảm ơn ông/bà!")
        until(page, lambda: len([one for one in kiosk.counted() if one.reasons]) == len(titles))
        page.context.close()
    better, best = "Điều gì nên làm tốt hơn?", "Điều gì ông/bà thấy tốt nhất?"
    assert titles == {1: better, 2: better, 3: better, 4: best, 5: best}
    assert [(one.level, one.reasons) for one in kiosk.counted()] == [
        (level, ("manner",)) for level in range(1, 6)
    ]
