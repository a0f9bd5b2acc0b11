"""Paper slips, cards of desks and links for citizens in a real browser, and on paper."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from satisfaction import opinions
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Rating
from satisfaction.terms import RatingSource, Role
from tests.admin.officers import make_officer
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.looking import find_faults
from tests.journeys.officers import sign_in
from tests.making import finished_visit

pytestmark = pytest.mark.journey
RULES = {
    "runOnly": {
        "type": "tag",
        "values": [
            *("wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa"),
            *("best-practice", "EN-301-549"),
        ],
    }
}
WINDOWS = ((1366, 768), (720, 900), (1920, 1080))


@pytest.fixture
def ward_today(app: Flask, ward_now: Office) -> Office:
    """Return the office with an administrator, in the browser's own time."""
    make_officer("quantri", Role.ADMINISTRATOR, unit=ward_now.unit)
    with unit_of_work() as session:
        change_configuration(session, ward_now.unit, Changes(allows_unlinked=True))
    return ward_now


def _faults(page: Page) -> dict[str, Any]:
    """Return what axe finds and what does not fit, at every size."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    faults: dict[str, Any] = {fault["id"]: fault["nodes"][0]["html"][:120] for fault in found}
    for window in WINDOWS:
        page.set_viewport_size({"width": window[0], "height": window[1]})
        if wrong := find_faults(page, may_scroll=True, within="main"):
            faults[str(window)] = wrong
    return faults


def test_slips_are_entered_one_after_another_without_a_mouse(
    ward_today: Office, tabs: Tabs, tmp_path: Path
) -> None:
    for ticket in ("047", "048"):
        finished_visit(ward_today.desks[0], ticket_number=ticket)
    page = tabs.open("/admin/paper", size=(1366, 768))
    sign_in(page, "quantri")
    assert _faults(page) == {}
    page.locator("select[name=desk]").select_option(label="Bàn 1")
    page.get_by_role("button", name="Chọn").click()
    page.get_by_role("heading", name="Phiếu tiếp theo").wait_for()
    assert _faults(page) == {}
    page.screenshot(path=tmp_path / "paper.png", full_page=True)
    for ticket, level in (("047", "Rất hài lòng"), ("048", "Không hài lòng")):
        page.get_by_role("radio", name=level, exact=True).focus()
        page.keyboard.press("Space")
        page.get_by_label("Số phiếu").fill(ticket)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").get_by_text("Đã ghi phiếu")).to_be_visible()
    expect(page.get_by_text("Đã ghi 2 phiếu giấy")).to_be_visible()
    page.get_by_role("radio", name="Hài lòng", exact=True).check()
    page.get_by_label("Số phiếu").fill("047")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").get_by_text("Lượt này đã được đánh giá")).to_be_visible()
    expect(page.get_by_label("Số phiếu")).to_have_value("047")
    tabs.allow("status of 422")
    with reading() as session:
        sources = session.scalars(select(Rating.source)).all()
    assert list(sources) == [RatingSource.PAPER] * 2


def test_a_card_is_made_and_printed_on_one_page(
    ward_today: Office, tabs: Tabs, tmp_path: Path
) -> None:
    page = tabs.open("/admin/cards", size=(1366, 768))
    sign_in(page, "quantri")
    assert _faults(page) == {}
    page.get_by_role("button", name="Tạo thẻ Bàn 1").click()
    page.get_by_role("heading", name="Thẻ của Bàn 1").wait_for()
    assert _faults(page) == {}
    page.screenshot(path=tmp_path / "card.png", full_page=True)
    page.emulate_media(media="print")
    assert not page.locator("header.top").is_visible()
    assert not page.locator("h1").is_visible()
    width = page.locator(".symbol svg").evaluate("svg => svg.getBoundingClientRect().width")
    assert width >= 26 / 25.4 * 96, "at least 26 mm, its margin included"
    printed = page.pdf(format="A6", print_background=True)
    assert printed.count(b"/Type /Page\n") == 1
    with reading() as session:
        word = opinions.list_cards(session, {ward_today.unit.id})[0].card
    assert word is not None
    phone = tabs.open(f"/Q/{word.word}", size=(390, 844))
    expect(phone.get_by_role("button", name="Rất hài lòng")).to_be_visible()


def test_a_link_is_printed_at_the_desk_and_opened_by_phone(
    ward_today: Office, tabs: Tabs, tmp_path: Path
) -> None:
    finished_visit(ward_today.desks[0], ticket_number="047")
    page = tabs.open("/admin/desk", size=(1366, 768))
    sign_in(page, "quantri")
    page.get_by_role("button", name="Bàn 1").click()
    assert _faults(page) == {}
    page.screenshot(path=tmp_path / "desk.png", full_page=True)
    page.get_by_role("button", name="In mã 047").click()
    page.get_by_role("heading", name="Mã mời đánh giá").wait_for()
    assert _faults(page) == {}
    page.screenshot(path=tmp_path / "receipt.png", full_page=True)
    page.emulate_media(media="print")
    assert page.locator(".receipt").is_visible()
    assert not page.locator("header.top").is_visible()
    side = page.locator(".symbol svg").evaluate("svg => svg.getBoundingClientRect().width")
    assert side >= 26 / 25.4 * 96
    address = page.locator(".handout .how b").inner_text()
    phone = tabs.open(address.removeprefix(tabs.address), size=(390, 844))
    phone.get_by_role("button", name="Bình thường").click()
    phone.get_by_role("heading", name="Điều gì nên làm tốt hơn?").wait_for()
    with reading() as session:
        assert session.scalars(select(Rating.source)).one() is RatingSource.QR
