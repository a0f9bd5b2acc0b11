"""The kiosk's page lives without its server: reloaded, slow, killed, started again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from satisfaction.config import Settings
from tests.conftest import Office
from tests.journeys.browsing import ROOT, GunicornServer, Tabs
from tests.journeys.devices import NO_SERVER, Device, kept, until, wait_until_kept
from tests.journeys.kiosks import KioskAtDesk, key, rest

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
    return len(list((ROOT / "static" / "audio").glob("*/*.ogg")))


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
    assert page.evaluate(PLAYED, kept(page)["hailong-audio"][0]) > 0.5
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
    page.get_by_text("Máy đang mất mạng.").wait_for()
    assert kiosk.counted() == []
    server.start()
    until(page, kiosk.counted)
    assert [(given.level, given.visit_id) for given in kiosk.counted()] == [(2, first.id)]
