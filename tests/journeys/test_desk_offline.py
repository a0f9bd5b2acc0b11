"""A counter's machine with two screens, the desk and the kiosk, while the server is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from satisfaction.config import Settings
from satisfaction.database import reading
from satisfaction.models import Account, Rating, Visit
from satisfaction.terms import Outcome, Role
from tests.admin.officers import make_officer
from tests.conftest import Office
from tests.journeys.browsing import GunicornServer
from tests.journeys.devices import Device, until, wait_until_kept
from tests.journeys.kiosks import key, rest
from tests.journeys.officers import sign_in

pytestmark = pytest.mark.journey

IS_READY = """async () => Boolean((await navigator.serviceWorker.getRegistration())?.active)"""
KEPT = """async () => [
  await caches.has("hailong-desk"),
  (await indexedDB.databases()).some(({name}) => name === "hailong-desk"),
]"""
STORED = """() => new Promise((resolve) => {
  indexedDB.open("hailong-desk").onsuccess = ({target}) => {
    const db = target.result;
    db.transaction("kit").objectStore("kit").getAll().onsuccess = (event) => {
      db.close();
      resolve(event.target.result.map((one) => Object.keys(one).sort().join()));
    };
  };
})"""


@pytest.fixture
def server(app: Flask, ward_now: Office) -> Iterator[GunicornServer]:
    """Return the product as it is served, with an officer at its desks."""
    make_officer("lan", Role.DESK_OFFICER, unit=ward_now.unit)
    settings: Settings = app.config["SETTINGS"]
    served = GunicornServer(settings)
    served.start()
    yield served
    served.kill()


@pytest.fixture
def machine(browser: Browser, server: GunicornServer, tmp_path: Path) -> Iterator[Device]:
    """Return the counter's machine with one profile of the browser."""
    made = Device(browser, tmp_path / "profile", server.address)
    yield made
    made.close()


def _open_desk(machine: Device) -> Page:
    """Sign in, choose the desk, and wait until the machine keeps what it needs of it."""
    page = machine.start("/admin/desk")
    sign_in(page, "lan")
    page.get_by_role("button", name="Bàn 1").click()
    expect(page.get_by_role("heading", name="Mở lượt phục vụ")).to_be_visible()
    until(page, lambda: page.evaluate(IS_READY))
    return page


def _open_kiosk(page: Page, ward: Office) -> Page:
    kiosk = page.context.new_page()
    kiosk.goto(f"/kiosk/enrol/{ward.tokens[0]}")
    wait_until_kept(kiosk)
    return kiosk


def _begin(page: Page) -> None:
    page.goto("/admin/desk")
    expect(page.get_by_text("Máy chủ không trả lời.")).to_be_visible()
    page.get_by_label("Thủ tục").select_option(label="Chứng thực bản sao")
    page.get_by_role("button", name="Mở lượt tại máy này").click()


def _end(page: Page) -> None:
    page.get_by_role("button", name="Kết thúc, mời đánh giá").click()
    expect(page.get_by_text("Màn hình đang mời công dân đánh giá.")).to_be_visible()


def _visits() -> list[Visit]:
    with reading() as session:
        return list(session.scalars(select(Visit).order_by(Visit.closed_at)))


def _ratings() -> list[Rating]:
    with reading() as session:
        return list(session.scalars(select(Rating)))


def test_an_officer_serves_without_the_server_and_the_citizens_answer_counts_once(
    server: GunicornServer, machine: Device, ward_now: Office
) -> None:
    page = _open_desk(machine)
    kiosk = _open_kiosk(page, ward_now)
    assert set(page.evaluate(STORED)) <= {"box,iv", ""}
    server.kill()
    _begin(page)
    _end(page)
    expect(kiosk.locator(".keys")).to_be_visible()
    expect(kiosk.get_by_text("Chứng thực bản sao")).to_be_visible()
    rest(kiosk)
    key(kiosk, 5).click()
    kiosk.locator(".thanks").wait_for()
    row = page.get_by_role("row").filter(has_text="Chứng thực bản sao")
    expect(row.get_by_text("đã đánh giá", exact=True)).to_be_visible()
    _begin(page)
    _end(page)
    expect(page.get_by_text("chưa đánh giá", exact=True)).to_be_visible()
    assert "hài lòng" not in page.locator("main").inner_text().lower()
    server.start()
    until(page, lambda: len(_visits()) == 2 and _ratings())
    expect(page.get_by_text("Máy chủ trả lời bình thường.")).to_be_visible()
    rated, unrated = _visits()
    with reading() as session:
        officer = session.scalars(select(Account).where(Account.name == "lan")).one()
    for visit in (rated, unrated):
        assert (visit.desk_id, visit.opened_by_id) == (ward_now.desks[0].id, officer.id)
        assert (visit.is_offline, visit.procedure_id) == (True, ward_now.procedures[0].id)
    (rating,) = _ratings()
    assert (rating.visit_id, rating.desk_id) == (rated.id, rated.desk_id)
    assert (rated.outcome, unrated.outcome) == (Outcome.RATED, Outcome.TIMED_OUT)
    page.get_by_role("link", name="Về trang quầy").click()
    expect(page.get_by_text("mở khi mất máy chủ").first).to_be_visible()
    page.get_by_role("button", name="Đăng xuất").click()
    page.get_by_label("Mật khẩu").wait_for()
    until(page, lambda: page.evaluate(KEPT) == [False, False])


def test_the_desk_says_that_no_kiosk_is_on_this_machine_and_opens_nothing(
    server: GunicornServer, machine: Device, ward_now: Office
) -> None:
    page = _open_desk(machine)
    server.kill()
    _begin(page)
    expect(page.get_by_text("Không có màn hình đánh giá nào")).to_be_visible()
    expect(page.get_by_role("button", name="Kết thúc, mời đánh giá")).to_be_hidden()
    server.start()
    expect(page.get_by_role("button", name="Mở lượt tại máy này")).to_be_hidden()
    assert _visits() == []
