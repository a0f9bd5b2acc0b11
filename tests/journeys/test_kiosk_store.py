"""The device's store: promised, evictable, emptied, or shut. What a kiosk can keep it asks for."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from satisfaction import fleet
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Heartbeat, KioskEvent
from satisfaction.terms import KioskEventKind, Role
from tests.admin.officers import make_officer, signed_in
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.devices import NO_SERVER, Device, until
from tests.journeys.kiosks import KioskAtDesk, key, rest, wait_until_drawn
from tests.journeys.queues import look_at_store

pytestmark = pytest.mark.journey
LOOSE = "bộ nhớ có thể bị xóa"
# Counts how often the page asks the browser for the promise, and leaves the answer to the browser.
COUNTS = """if (isSecureContext && location.protocol !== "about:") {
  const { persist } = StorageManager.prototype;
  window.asked = 0;
  StorageManager.prototype.persist = function () {
    window.asked += 1;
    return persist.call(this);
  };
}"""


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return the kiosk of the first desk."""
    return KioskAtDesk(ward_now, tabs)


@pytest.fixture
def device(browser: Browser, address: str, tmp_path: Path) -> Iterator[Device]:
    """Return a device with a profile of its own on the disk."""
    made = Device(browser, tmp_path / "profile", address)
    yield made
    made.close()
    assert [one for one in made.complaints if not re.search(NO_SERVER, one)] == []


def _tap(page: Page, level: int) -> None:
    page.locator(".keys").wait_for()
    rest(page)
    key(page, level).click()
    page.locator(".thanks").wait_for()


def _promise(context: BrowserContext, page: Page, address: str) -> None:
    """Have the browser promise this address to keep its store, as the kiosk's policy does."""
    browser = context.new_cdp_session(page)
    target = browser.send("Target.getTargetInfo")["targetInfo"]
    promise = {"permission": {"name": "persistent-storage"}, "setting": "granted"}
    where = {"origin": address, "browserContextId": target["browserContextId"]}
    browser.send("Browser.setPermission", promise | where)


def test_a_store_that_may_be_emptied_is_told_at_the_foot_and_on_the_fleet_page(
    app: Flask, kiosk: KioskAtDesk
) -> None:
    page = kiosk.open()
    expect(page.locator(".foot")).to_contain_text(f"Bàn 1 · {LOOSE}")
    rest(page)
    page.get_by_text("English").click()
    expect(page.locator(".foot")).to_contain_text("Desk 1 · storage may be cleared")
    until(page, lambda: _beat() is not None)
    make_officer("tuan", Role.ADMINISTRATOR, unit=kiosk.ward.unit)
    seen = signed_in(app, "tuan").get("/admin/fleet").text
    row = re.search(rf'data-kiosk="{kiosk.ward.kiosks[0].id}".*?</tr>', seen, re.DOTALL)
    assert row is not None
    assert LOOSE in row[0]
    assert "lượt chưa gửi có thể mất" in seen


def _beat() -> Heartbeat | None:
    with reading() as session:
        return session.scalars(select(Heartbeat)).one_or_none()


def test_a_lobby_kiosk_tells_it_too(kiosk: KioskAtDesk) -> None:
    with unit_of_work() as session:
        token = fleet.enrol_lobby_kiosk(session, kiosk.ward.unit, name="Sảnh").token
    page = kiosk.open(token=token)
    expect(page.locator(".foot")).to_contain_text("Bộ nhớ có thể bị xóa")


def test_a_store_that_may_be_emptied_keeps_what_is_touched_without_the_server(
    kiosk: KioskAtDesk,
) -> None:
    kiosk.tabs.allow("ERR_FAILED")
    visit = kiosk.serve()
    page = kiosk.open()
    page.locator(".keys").wait_for()
    page.route("**/kiosk/**", lambda route: route.abort())
    page.get_by_text("Máy đang mất mạng.").wait_for()
    _tap(page, 5)
    assert len(look_at_store(page)["items"]) == 1
    page.unroute("**/kiosk/**")
    until(page, lambda: [given.visit_id for given in kiosk.counted()] == [visit.id])


def test_the_promise_is_asked_for_at_each_start_and_then_nothing_is_said(
    kiosk: KioskAtDesk,
) -> None:
    page = kiosk.open(script=COUNTS)
    expect(page.locator(".foot")).to_contain_text(LOOSE)
    assert page.evaluate("asked") == 1
    _promise(page.context, page, kiosk.tabs.address)
    page.reload()
    page.locator(".wait").wait_for()
    rest(page)
    expect(page.locator(".foot")).to_contain_text("Bàn 1")
    expect(page.locator(".foot")).not_to_contain_text(LOOSE)
    assert page.evaluate("asked") == 1
    until(page, lambda: (beat := _beat()) is not None and beat.is_storage_kept)


def test_a_store_that_cannot_be_opened_is_told_and_no_touch_is_taken(
    kiosk: KioskAtDesk, device: Device, tmp_path: Path
) -> None:
    page = device.enrol(kiosk.ward.tokens[0])
    device.close()
    (store,) = (tmp_path / "profile").rglob("IndexedDB")
    aside = store.rename(tmp_path / "aside")
    store.write_bytes(b"no folder")
    visit = kiosk.serve()
    page = device.start()
    expect(page.get_by_role("heading")).to_have_text("Màn hình đang tạm nghỉ")
    expect(page.get_by_text("máy không lưu được ý kiến vào bộ nhớ")).to_be_visible()
    page.wait_for_timeout(3_000)
    assert page.locator(".key").count() == 0
    device.close()
    store.unlink()
    aside.rename(store)
    page = device.start()
    wait_until_drawn(page)
    _tap(page, 4)
    until(page, lambda: [given.visit_id for given in kiosk.counted()] == [visit.id])


def test_a_store_that_was_emptied_is_told_and_keeps_the_next_touch(kiosk: KioskAtDesk) -> None:
    kiosk.tabs.allow("ERR_FAILED")
    page = kiosk.open()
    page.locator(".wait").wait_for()
    until(page, lambda: _beat() is not None)
    page.route("**/kiosk/{ratings,sync}", lambda route: route.abort())
    kiosk.serve("046")
    _tap(page, 4)
    (lost,) = look_at_store(page)["items"]
    browser = page.context.new_cdp_session(page)
    where = {"origin": kiosk.tabs.address, "storageTypes": "indexeddb"}
    browser.send("Storage.clearDataForOrigin", where)
    visit = kiosk.serve("047")
    page.locator(".ticket").get_by_text("047").wait_for()
    _tap(page, 5)
    (kept,) = look_at_store(page)["items"]
    assert (kept["counter"], kept["epoch"] == lost["epoch"]) == (1, False)
    page.unroute("**/kiosk/{ratings,sync}")
    until(page, lambda: [given.visit_id for given in kiosk.counted()] == [visit.id])
    page.reload()
    until(page, lambda: _events() == [KioskEventKind.STORE_CLEARED])


def _events() -> list[KioskEventKind]:
    with reading() as session:
        return list(session.scalars(select(KioskEvent.kind)))
