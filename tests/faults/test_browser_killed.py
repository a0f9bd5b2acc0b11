"""A real browser that is killed, started again without its server, or left without room.

Whoever was thanked is counted, once, and whoever was not thanked is asked again. The short form is
part of every run; ``make faults`` runs the long one.
"""

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.faults.stands import QUEUED, ROUNDS, Stand, counted, start_waiting
from tests.journeys.devices import Device, until
from tests.journeys.kiosks import key, rest, wait_until_drawn
from tests.journeys.queues import HOLD, look_at_store

pytestmark = pytest.mark.journey
LITTLE_BYTES = 2 * 2**20
# Fill what is left of the store, at last with less than an answer takes.
FILL = """async () => {
  const request = indexedDB.open("filling");
  request.onupgradeneeded = () =>
    request.result.createObjectStore("filling", { autoIncrement: true });
  const db = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result) });
  const put = (size) => new Promise((resolve) => {
    const transaction = db.transaction("filling", "readwrite");
    transaction.objectStore("filling").add(crypto.getRandomValues(new Uint8Array(size)));
    transaction.oncomplete = () => resolve(true);
    transaction.onabort = () => resolve(false);
  });
  for (let size = 32_768; size >= 256; size /= 2) while (await put(size));
  db.close();
}"""
EMPTY = """() => new Promise((resolve) => {
  indexedDB.deleteDatabase("filling").onsuccess = resolve;
})"""


def test_the_browser_starts_again_without_the_server(stand: Stand, device: Device) -> None:
    page = device.enrol(stand.ward.tokens[0])
    for _ in range(ROUNDS):
        stand.meet(page)
        stand.wire.is_down = True
        key(page, 4).click()
        page.locator(".thanks").wait_for()
        stand.queue(page, QUEUED)
        device.kill()
        page = device.start()
        page.locator("#screen h1").wait_for()
        assert len(look_at_store(page)["items"]) == QUEUED + 1
        stand.wire.is_down = False
        stand.wait_for_delivery(page)
    stand.say("browser killed and started again without the server")


def _wait_for_write(page: Page) -> None:
    until(page, lambda: page.evaluate("window.held === 1"))


def test_the_browser_is_killed_in_the_middle_of_a_write(stand: Stand, device: Device) -> None:
    page = device.enrol(stand.ward.tokens[0])
    for _ in range(ROUNDS):
        stand.meet(page)
        stand.wire.is_down = True
        stand.queue(page, 1)
        page.evaluate(HOLD)
        key(page, 5).click()
        _wait_for_write(page)
        device.kill()
        stand.wire.is_down = False
        page = device.start()
        wait_until_drawn(page)
        # Nobody was thanked, so the question stands there again.
        page.locator(".keys").wait_for()
        rest(page)
        key(page, 4).click()
        page.locator(".thanks").wait_for()
        stand.wait_for_delivery(page)
    stand.say("browser killed in the middle of a write, the question put again")


def test_the_browser_is_killed_with_a_full_queue(stand: Stand, device: Device) -> None:
    page = device.enrol(stand.ward.tokens[0])
    for _ in range(ROUNDS):
        stand.meet(page)
        stand.wire.is_down = True
        key(page, 3).click()
        page.locator(".reasons,.thanks").first.wait_for()
        stand.queue(page, QUEUED)
        device.kill()
        stand.wire.is_down = False
        page = device.start()
        page.locator("#screen h1").wait_for()
        until(page, lambda: len(counted()) > 0)
        device.kill()
        page = device.start()
        page.locator("#screen h1").wait_for()
        stand.wait_for_delivery(page)
    stand.say("browser killed while queued and while delivering")


def _limit(stand: Stand, page: Page, most_bytes: int) -> CDPSession:
    """Have the browser give the kiosk's address so much room and no more."""
    browser = page.context.new_cdp_session(page)
    quota = {"origin": stand.wire.address, "quotaSize": most_bytes}
    browser.send("Storage.overrideQuotaForOrigin", quota)
    return browser


def test_the_store_is_full(stand: Stand) -> None:
    page = start_waiting(stand)
    stand.wire.is_down = True
    stand.queue(page, QUEUED)
    _limit(stand, page, 1)
    stand.wire.is_down = False
    stand.wait_for_delivery(page)
    stand.meet(page)
    stand.wire.is_down = True
    key(page, 5).click()
    # The browser remembers for a while how much room there was: what it took, it keeps.
    page.locator(".thanks").wait_for()
    assert len(look_at_store(page)["items"]) == 1
    stand.wire.is_down = False
    stand.wait_for_delivery(page)
    stand.say("storage full with a queue in it")


def test_the_store_is_full_when_somebody_taps(stand: Stand) -> None:
    for _ in range(ROUNDS):
        page = stand.kiosk.tabs.context().new_page()
        _limit(stand, page, LITTLE_BYTES)
        page.goto(f"/kiosk/enrol/{stand.ward.tokens[0]}")
        stand.meet(page)
        stand.wire.is_down = True
        page.evaluate(FILL)
        key(page, 5).click()
        page.locator(".thanks,.resting").first.wait_for()
        assert page.locator(".thanks").count() == 0
        expect(page.locator(".staff").first).to_contain_text("máy không lưu được ý kiến")
        assert look_at_store(page)["items"] == []
        page.evaluate(EMPTY)
        stand.wire.is_down = False
        # Nobody was thanked, so the question stands there again.
        page.locator(".keys").wait_for()
        rest(page)
        key(page, 4).click()
        page.locator(".thanks").wait_for()
        stand.wait_for_delivery(page)
        page.context.close()
    stand.say("storage full when somebody taps, the question put again")
