"""The kiosk's page lives without its server: reloaded, slow, killed, started again."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from satisfaction import emblems, fleet
from satisfaction.config import Settings
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.fleet import PairingPlace
from satisfaction.models import Kiosk, Rating
from tests.conftest import Office
from tests.core.test_emblems import picture
from tests.journeys.auditing import find_barriers
from tests.journeys.browsing import ROOT, GunicornServer, Tabs
from tests.journeys.devices import NO_SERVER, Device, kept, until, wait_until_kept
from tests.journeys.kiosks import KioskAtDesk, cut_off, key, rest
from tests.journeys.looking import find_faults

pytestmark = pytest.mark.journey


PLAYED = """(address) => new Promise((resolve, reject) => {
  const player = new Audio(address);
  player.onended = () => resolve(player.currentTime);
  player.onerror = () => reject(player.error.message);
  player.play();
})"""
CUT = """async (address) => {
  const answer = await fetch(address, {headers: {Range: "bytes=5-14"}});
  const told = answer.headers.get("Content-Range").replace(/\\d+$/, "");
  return [answer.status, (await answer.arrayBuffer()).byteLength, told];
}"""
WEIGHED = """async () => {
  const weights = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    const answers = await cache.matchAll();
    const sizes = await Promise.all(answers.map(async (one) => (await one.blob()).size));
    weights[name] = [sizes.length, sizes.reduce((sum, size) => sum + size, 0)];
  }
  return weights;
}"""


def _recordings() -> int:
    return len(list((ROOT / "static" / "audio").rglob("*.ogg")))


@pytest.fixture
def server(app: Flask, ward_now: Office) -> Iterator[GunicornServer]:
    """Return the product as it is served, over the database of the test."""
    settings: Settings = app.config["SETTINGS"]
    served = GunicornServer(settings)
    served.start()
    yield served
    served.kill()


@pytest.fixture
def kiosk(browser: Browser, server: GunicornServer, ward_now: Office) -> Iterator[KioskAtDesk]:
    """Return a kiosk of that server."""
    tabs = Tabs(browser, server.address)
    tabs.allow(NO_SERVER)
    yield KioskAtDesk(ward_now, tabs)
    tabs.close()
    assert tabs.unexpected() == []


@pytest.fixture
def device(browser: Browser, server: GunicornServer, tmp_path: Path) -> Iterator[Device]:
    """Return a device with a profile of its own."""
    started = Device(browser, tmp_path / "profile", server.address)
    yield started
    started.close()
    assert [one for one in started.complaints if not re.search(NO_SERVER, one)] == []


def _open(kiosk: KioskAtDesk) -> Page:
    page = kiosk.open(service_workers="allow")
    wait_until_kept(page)
    return page


def test_the_offices_own_mark_is_there_without_the_server(
    kiosk: KioskAtDesk, server: GunicornServer, ward_now: Office
) -> None:
    with unit_of_work() as session:
        digest = emblems.keep_drawing(session, emblems.read_drawing(picture()))
        change_configuration(session, ward_now.unit, Changes(emblem_digest=digest))
    page = _open(kiosk)
    server.kill()
    page.reload()
    expect(page.get_by_role("heading")).to_contain_text("mời ông/bà chạm vào màn hình này")
    mark = page.locator(".head .mark")
    assert digest in (mark.get_attribute("src") or "")
    assert mark.evaluate("image => image.complete && image.naturalWidth === 256")


def test_a_page_reloaded_without_the_server_waits_in_both_languages(
    kiosk: KioskAtDesk, server: GunicornServer
) -> None:
    page = _open(kiosk)
    server.kill()
    page.reload()
    expect(page.get_by_role("heading")).to_contain_text("mời ông/bà chạm vào màn hình này")
    assert page.url == f"{server.address}/kiosk/"
    assert page.evaluate(
        "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
    )
    fonts = page.evaluate("document.fonts.ready.then(all => [...all].map(font => font.status))")
    assert fonts.count("loaded") == 2
    assert "error" not in fonts
    rest(page)
    page.get_by_text("English").click()
    expect(page.get_by_role("heading")).to_contain_text("please touch this screen")


def test_the_page_that_is_kept_tells_of_no_visit(
    kiosk: KioskAtDesk, server: GunicornServer
) -> None:
    visit = kiosk.serve("047")
    page = _open(kiosk)
    page.locator(".keys").wait_for()
    text = page.evaluate("caches.match('/kiosk/').then(page => page.text())")
    assert "Bàn 1" in text
    assert str(visit.token) not in text
    assert "047" not in text


def test_no_answer_of_the_interface_is_kept(kiosk: KioskAtDesk) -> None:
    page = _open(kiosk)
    page.wait_for_timeout(3_000)
    addresses = [address for found in kept(page).values() for address in found]
    pages = [address for address in addresses if not address.startswith("/static/")]
    assert sorted(pages) == [
        *("/kiosk/", "/kiosk/paused", "/kiosk/shell/state"),
        *("/kiosk/speech/en", "/kiosk/speech/vi"),
    ]


def test_the_recordings_are_kept_after_the_rest_and_played_without_the_server(
    kiosk: KioskAtDesk, server: GunicornServer
) -> None:
    page = _open(kiosk)
    begun = kept(page)
    until(page, lambda: len(kept(page).get("hailong-audio", [])) > 100, seconds=40)
    assert "hailong-audio" not in begun
    until(page, lambda: len(kept(page)["hailong-audio"]) == _recordings(), seconds=40)
    server.kill()
    page.reload()
    page.locator(".wait").wait_for()
    rest(page)
    recordings = kept(page)["hailong-audio"]
    chime = next(one for one in recordings if one.startswith("/static/audio/chime.ogg"))
    for address in (recordings[-1], chime):
        assert page.evaluate(PLAYED, address) > 0.5
    assert page.evaluate(CUT, kept(page)["hailong-audio"][0]) == [206, 10, "bytes 5-14/"]
    page.get_by_role("button", name="Nghe đọc").click()
    page.locator(".is-read").first.wait_for()
    print(page.evaluate(WEIGHED))


def test_a_browser_killed_without_the_server_starts_again_and_delivers(
    kiosk: KioskAtDesk, server: GunicornServer, device: Device, ward_now: Office
) -> None:
    first = kiosk.serve("047")
    page = device.enrol(ward_now.tokens[0])
    page.locator(".keys").wait_for()
    rest(page)
    server.kill()
    key(page, 2).click()
    page.locator(".reasons").wait_for()
    device.kill()
    page = device.start()
    expect(page.get_by_role("heading")).to_contain_text("mời ông/bà chạm vào màn hình này")
    page.locator(".resting").wait_for()
    assert kiosk.counted() == []
    server.start()
    until(page, kiosk.counted)
    assert [(given.level, given.visit_id) for given in kiosk.counted()] == [(2, first.id)]


def _allow_unlinked(ward: Office) -> None:
    with unit_of_work() as session:
        change_configuration(session, ward.unit, Changes(allows_unlinked=True))


def test_where_nothing_tells_of_a_visit_the_screen_rests(
    kiosk: KioskAtDesk, server: GunicornServer
) -> None:
    page = _open(kiosk)
    page.locator(".wait .row5").wait_for()
    server.kill()
    expect(page.get_by_role("heading")).to_have_text("Màn hình đang tạm nghỉ")
    expect(page.get_by_text("Cán bộ lưu ý: máy đang mất mạng")).to_be_visible()
    expect(page.get_by_text("Ông/bà vẫn đánh giá được.")).not_to_be_visible()
    assert page.get_by_text("ghép lại máy").count() == 0
    server.start()
    page.locator(".wait .row5").wait_for()
    assert kiosk.counted() == []


def test_where_the_office_allows_it_an_answer_is_for_no_visit(
    kiosk: KioskAtDesk, server: GunicornServer, ward_now: Office
) -> None:
    _allow_unlinked(ward_now)
    page = _open(kiosk)
    page.locator(".wait .row5").wait_for()
    server.kill()
    page.get_by_text("Máy đang mất mạng.").wait_for()
    rest(page)
    page.locator(".wait h1").click()
    page.locator(".keys").wait_for()
    assert page.locator(".ticket").inner_text() == "Bàn 1"
    rest(page)
    page.get_by_role("button", name="Không đánh giá").click()
    page.locator(".wait .row5").wait_for()
    rest(page)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Bắt đầu đánh giá")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".keys").wait_for()
    rest(page)
    page.keyboard.press("4")
    page.locator(".thanks").wait_for()
    assert page.get_by_text("Đánh giá lại").count() == 0
    server.start()
    until(page, kiosk.counted)
    page.wait_for_timeout(1_000)
    assert [(given.level, given.visit_id) for given in kiosk.counted()] == [(4, None)]
    with reading() as session:
        assert session.scalars(select(Rating.desk_id)).all() == [ward_now.desks[0].id]


def test_a_visit_that_was_told_before_the_cut_is_rated_as_that_visit(
    kiosk: KioskAtDesk, server: GunicornServer, ward_now: Office
) -> None:
    _allow_unlinked(ward_now)
    visit = kiosk.serve("047")
    page = _open(kiosk)
    page.locator(".keys").wait_for()
    server.kill()
    page.get_by_text("Máy đang mất mạng.").wait_for()
    rest(page)
    expect(page.locator(".ticket")).to_contain_text("047")
    key(page, 5).click()
    page.locator(".thanks").wait_for()
    server.start()
    until(page, kiosk.counted)
    assert [(given.level, given.visit_id) for given in kiosk.counted()] == [(5, visit.id)]


def test_a_visit_that_was_told_before_the_cut_is_asked_about_after_a_restart(
    kiosk: KioskAtDesk, server: GunicornServer, device: Device, ward_now: Office
) -> None:
    page = device.enrol(ward_now.tokens[0])
    visit = kiosk.serve("047")
    page.locator(".keys").wait_for()
    page.wait_for_timeout(500)
    server.kill()
    device.kill()
    page = device.start()
    page.locator(".keys").wait_for()
    expect(page.locator(".ticket")).to_contain_text("047")
    expect(page.locator(".ticket")).to_contain_text("Bàn 1 · xong lúc")
    rest(page)
    key(page, 3).click()
    page.locator(".reasons").wait_for()
    device.kill()
    page = device.start()
    page.locator(".resting").wait_for()
    server.start()
    until(page, kiosk.counted)
    page.wait_for_timeout(1_000)
    assert [(given.level, given.visit_id) for given in kiosk.counted()] == [(3, visit.id)]


def test_what_was_told_long_ago_is_not_asked_about(
    kiosk: KioskAtDesk, server: GunicornServer
) -> None:
    page = kiosk.open(service_workers="allow", has_own_time=True)
    wait_until_kept(page)
    kiosk.serve("047")
    page.locator(".keys").wait_for()
    page.wait_for_timeout(500)
    server.kill()
    page.clock.set_system_time(time.time() + 16 * 60)
    page.reload()
    page.locator(".resting").wait_for()
    assert page.locator(".keys").count() == 0


def test_the_browsers_word_on_the_network_is_never_asked_for(kiosk: KioskAtDesk) -> None:
    page = kiosk.open(
        script="""Object.defineProperty(Navigator.prototype, "onLine", {
                    get() { throw new Error("asked for onLine") }})""",
        service_workers="allow",
    )
    wait_until_kept(page)
    kiosk.serve("047")
    page.locator(".keys").wait_for()
    rest(page)
    key(page, 4).click()
    page.locator(".thanks").wait_for()
    until(page, kiosk.counted)


def test_a_server_that_does_not_answer_holds_up_no_page(
    kiosk: KioskAtDesk, server: GunicornServer
) -> None:
    page = _open(kiosk)
    page.locator(".wait .row5").wait_for()
    server.freeze()
    begun = time.monotonic()
    page.reload()
    page.locator(".wait .row5").wait_for()
    shown_after = time.monotonic() - begun
    server.freeze(is_frozen=False)
    print("without an answer:", round(shown_after, 2))
    assert 1.5 < shown_after < 4


@pytest.mark.parametrize(
    ("is_in_lobby", "told"),
    [(False, "Bàn 1 · chế độ ngoại tuyến đang tắt"), (True, "Chế độ ngoại tuyến đang tắt")],
)
def test_on_plain_http_staff_read_that_offline_mode_is_off(
    browser: Browser,
    server: GunicornServer,
    tmp_path: Path,
    ward_now: Office,
    *,
    is_in_lobby: bool,
    told: str,
) -> None:
    token = ward_now.tokens[0]
    if is_in_lobby:
        with unit_of_work() as session:
            token = fleet.enrol_lobby_kiosk(session, ward_now.unit, name="Sảnh").token
    address = f"http://kiosk.test:{server.port}"
    flags = ("--host-resolver-rules=MAP kiosk.test 127.0.0.1",)
    device = Device(browser, tmp_path / "plain", address, flags=flags)
    page = device.start(f"/kiosk/enrol/{token}")
    assert page.evaluate("isSecureContext") is False
    expect(page.locator(".foot")).to_contain_text(told)
    device.close()
    assert [one for one in device.complaints if "Cross-Origin-Opener-Policy" not in one] == []


def test_a_device_that_is_no_kiosk_leads_staff_to_pairing(kiosk: KioskAtDesk) -> None:
    kiosk.tabs.allow("401")
    page = kiosk.tabs.open("/kiosk/")
    page.get_by_text("Cán bộ: ghép lại máy").click()
    expect(page.get_by_role("heading")).to_have_text("Ghép máy đánh giá")


def test_a_device_paired_anew_at_another_desk_shows_that_desk(
    kiosk: KioskAtDesk, server: GunicornServer, ward_now: Office
) -> None:
    kiosk.tabs.allow("401")
    page = _open(kiosk)
    place = PairingPlace(unit_id=ward_now.unit.id, desk_id=ward_now.desks[1].id, name="Bàn 2")
    with unit_of_work() as session:
        device = session.get(Kiosk, ward_now.kiosks[0].id)
        assert device is not None
        fleet.revoke_kiosk(session, device)
        code = fleet.make_pairing_code(session, place)
    page.get_by_text("Cán bộ: ghép lại máy").click()
    page.get_by_label("Mã ghép máy").fill(code)
    page.get_by_role("button", name="Ghép máy này").click()
    expect(page.locator(".foot")).to_contain_text("Bàn 2")
    server.kill()
    page.reload()
    expect(page.locator(".foot")).to_contain_text("Bàn 2")
    expect(page.get_by_role("heading")).to_contain_text("mời ông/bà chạm vào màn hình này")


SIZES = ((1280, 800), (1024, 600), (1920, 1080), (800, 1280), (390, 844))
NO_WORKER = "delete Navigator.prototype.serviceWorker"


def _faults_in_all_forms(page: Page) -> list[str]:
    """Return what is wrong with a screen in both languages and with larger letters."""
    is_phone = page.evaluate("innerWidth < 600")
    found = find_barriers(page, "kiosk without the server")
    for what in ("easy", "language", "easy"):
        found += find_faults(page, may_scroll=is_phone)
        page.evaluate("what => document.querySelector(`[data-do=${what}]`).click()", what)
    found += find_faults(page, may_scroll=is_phone)
    page.evaluate("document.querySelector('[data-do=language]').click()")
    return found


@pytest.mark.slow
def test_the_screens_without_the_server_fit_and_are_for_everybody(
    ward_now: Office, tabs: Tabs
) -> None:
    tabs.allow("ERR_FAILED")
    kiosk = KioskAtDesk(ward_now, tabs)
    found: dict[str, list[str]] = {}
    for allows in (False, True):
        if allows:
            _allow_unlinked(ward_now)
        for size in SIZES:
            page = kiosk.open(size=size, has_own_time=True, script=NO_WORKER)
            page.locator(".wait .row5").wait_for()
            rest(page)
            found[f"plain {size}"] = _faults_in_all_forms(page)
            cut_off(page, "**/kiosk/screen*")
            # The notice comes before the screen that goes with it.
            page.locator("[data-do=begin]" if allows else ".resting").wait_for()
            rest(page)
            found[f"cut {size} {allows}"] = _faults_in_all_forms(page)
            if allows:
                page.locator(".wait h1").click()
                page.locator(".keys").wait_for()
                rest(page)
                found[f"unlinked {size}"] = _faults_in_all_forms(page)
            page.context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}
