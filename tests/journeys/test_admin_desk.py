"""The officer's desk in a real browser, beside the citizen's kiosk."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from satisfaction import clock, recording, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.terms import Role
from tests.admin.officers import make_officer
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.officers import sign_in
from tests.making import tap

pytestmark = pytest.mark.journey


@pytest.fixture
def ward_today(app: Flask, ward_now: Office) -> Office:
    """Return the office with an officer at its desks, in the browser's own time."""
    make_officer("lan", Role.DESK_OFFICER, unit=ward_now.unit)
    return ward_now


def _choose_desk(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", name="Mở lượt phục vụ")).to_be_visible()


def test_a_scanned_code_opens_a_visit_and_ending_it_asks_the_citizen(
    ward_today: Office, tabs: Tabs
) -> None:
    page = tabs.open("/admin/desk")
    sign_in(page, "lan")
    _choose_desk(page, "Bàn 1")
    expect(page.get_by_label("Mã hồ sơ")).to_be_focused()
    page.keyboard.type("h26.14-240823-0001")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Đang phục vụ")).to_be_visible()
    expect(page.get_by_text("H26.14-240823-0001")).to_be_visible()
    page.get_by_role("button", name="Kết thúc, mời đánh giá").click()
    expect(page.get_by_role("status").get_by_text("Đã kết thúc")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="H26.14-240823-0001")
    expect(row.get_by_text("chưa đánh giá")).to_be_visible()
    with reading() as session:
        visit = visits.list_recent_visits(session, ward_today.desks[0].id)[0]
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward_today, visit, level=2))
    expect(row.get_by_text("đã đánh giá", exact=True)).to_be_visible()
    assert "hài lòng" not in page.locator("main").inner_text().lower()


def test_a_reader_that_sends_enter_twice_opens_one_visit(ward_today: Office, tabs: Tabs) -> None:
    page = tabs.open("/admin/desk")
    sign_in(page, "lan")
    _choose_desk(page, "Bàn 1")
    page.get_by_label("Mã hồ sơ").evaluate(
        """input => {
            input.value = "H26.14-240823-0002";
            input.form.requestSubmit();
            input.form.requestSubmit();
        }"""
    )
    expect(page.get_by_role("heading", name="Đang phục vụ")).to_be_visible()
    expect(page.get_by_text("đang phục vụ một lượt")).to_have_count(0)


def test_what_is_being_typed_survives_the_list_that_refreshes(
    ward_today: Office, tabs: Tabs
) -> None:
    page = tabs.open("/admin/desk")
    sign_in(page, "lan")
    _choose_desk(page, "Bàn 1")
    with unit_of_work() as session:
        opened = visits.open_visit(session, visits.NewVisit(desk_id=ward_today.desks[0].id))
        visit = visits.close_visit(session, opened.id)
    expect(page.get_by_text("chưa đánh giá", exact=True)).to_be_visible()
    page.get_by_label("Mã hồ sơ").fill("H26.14-24")
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward_today, visit))
    expect(page.get_by_text("đã đánh giá", exact=True)).to_be_visible()
    expect(page.get_by_label("Mã hồ sơ")).to_have_value("H26.14-24")
    expect(page.get_by_label("Mã hồ sơ")).to_be_focused()
    said = f"Lượt xong lúc {clock.local_time(visit.closed_at or clock.now()):%H:%M}: đã đánh giá"
    assert page.locator("#said").inner_text() == said


def test_a_procedure_is_found_without_its_marks(ward_today: Office, tabs: Tabs) -> None:
    page = tabs.open("/admin/desk")
    sign_in(page, "lan")
    _choose_desk(page, "Bàn 2")
    page.get_by_label("Tìm thủ tục").fill("CHU KY")
    expect(page.get_by_label("Thủ tục", exact=True)).to_have_value(str(ward_today.procedures[1].id))
    page.get_by_label("Tìm thủ tục").fill("")
    assert page.get_by_label("Thủ tục", exact=True).locator("option").count() == 3
    page.get_by_label("Số phiếu").fill("047")
    page.get_by_role("button", name="Bắt đầu phục vụ").click()
    expect(page.get_by_text("Chứng thực chữ ký")).to_be_visible()


def test_the_desk_page_works_without_javascript(ward_today: Office, tabs: Tabs) -> None:
    page = tabs.open("/admin/desk", javascript=False)
    sign_in(page, "lan")
    _choose_desk(page, "Bàn 1")
    expect(page.get_by_label("Tìm thủ tục")).to_be_hidden()
    page.get_by_label("Số phiếu").fill("047")
    page.get_by_label("Số phiếu").press("Enter")
    page.get_by_role("button", name="Kết thúc, mời đánh giá").click()
    expect(page.get_by_text("chưa đánh giá", exact=True)).to_be_visible()
    page.get_by_role("link", name="Xem mới").click()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    page.goto("/admin/desk")
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()


def test_an_officer_who_left_is_sent_to_the_form_by_the_page_itself(
    ward_today: Office, tabs: Tabs
) -> None:
    tabs.allow("401")
    context = tabs.context()
    page = context.new_page()
    page.goto("/admin/desk")
    sign_in(page, "lan")
    _choose_desk(page, "Bàn 1")
    other = context.new_page()
    other.goto("/admin/desk")
    other.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    sign_in(page, "lan")
    expect(page.get_by_role("heading", name="Quầy phục vụ")).to_be_visible()
