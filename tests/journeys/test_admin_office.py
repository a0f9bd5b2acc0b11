"""The office's pages in a real browser: a merger, a mark on the device, every page by axe."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from satisfaction import catalogue, clock
from satisfaction.calendars import (
    NewSpecialDay,
    Week,
    read_spans,
    set_special_day,
    set_week,
)
from satisfaction.database import unit_of_work
from satisfaction.policies import Policy, set_policy
from satisfaction.terms import Role
from tests.admin.officers import make_officer
from tests.conftest import Office
from tests.core.test_emblems import picture
from tests.journeys.browsing import Tabs
from tests.journeys.kiosks import KioskAtDesk
from tests.journeys.officers import sign_in

pytestmark = pytest.mark.journey
RULES = ("wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDTHS = (720, 1280, 1920)


@pytest.fixture
def ruled(app: Flask, ward_now: Office) -> Office:
    """Return an office with who looks after all of it, and a whole catalogue."""
    make_officer("quantri", Role.SYSTEM_ADMINISTRATOR, unit=ward_now.unit)
    with unit_of_work() as session:
        catalogue.load_catalogue(session)
        week = Week((read_spans("07:30-11:30, 13:30-17:00"),) * 5 + ((), ()))
        set_week(session, ward_now.unit.id, week=week, from_day=clock.today())
        set_special_day(session, ward_now.unit.id, NewSpecialDay(clock.today(), "Ngày nghỉ bù"))
        set_policy(session, ward_now.unit.id, Policy(delay_days=1, kept_months=24))
    return ward_now


def _open(tabs: Tabs, path: str, **options: object) -> Page:
    page = tabs.open(path, **options)
    sign_in(page, "quantri")
    return page


def _keep_picture(page: Page, name: str) -> None:
    """Keep a picture where the caller wants pictures."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_every_page_of_the_office_can_be_used_by_everybody(ruled: Office, tabs: Tabs) -> None:
    page = _open(tabs, "/admin/units")
    for name, path in (
        ("units", "/admin/units"),
        ("unit", f"/admin/units/{ruled.unit.id}"),
        ("desks", "/admin/desks"),
        ("desk", f"/admin/desks/{ruled.desks[0].id}"),
        ("presentation", "/admin/presentation"),
        ("holidays", "/admin/holidays"),
        ("hours", "/admin/hours"),
        ("policies", "/admin/policies"),
        ("catalogue", "/admin/catalogue?q=khai"),
        ("procedure", f"/admin/catalogue/procedures/{ruled.procedures[0].id}"),
        ("files", "/admin/catalogue/files"),
        ("scales", "/admin/scales?from=five"),
    ):
        page.goto(path)
        found = Axe().run(page, options={"runOnly": list(RULES)})
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), (
                path,
                width,
            )
        _keep_picture(page, f"office-{name}")


def test_a_merger_is_entered_by_hand_without_a_program(ruled: Office, tabs: Tabs) -> None:
    page = _open(tabs, "/admin/units", javascript=False)
    today = clock.today()
    for code, name in (("00104", "Phường Hồ Tây"), ("00105", "Phường Mới")):
        page.goto("/admin/units")
        page.get_by_label("Mã đơn vị").fill(code)
        page.get_by_label("Tên đơn vị").fill(name)
        page.get_by_label("Từ ngày").fill((today - timedelta(days=30)).isoformat())
        page.get_by_role("button", name="Lập đơn vị").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.goto("/admin/units?q=ho%20tay")
    page.get_by_role("link", name="Phường Hồ Tây").click()
    ending = page.get_by_role("region", name="Sáp nhập, chia tách, giải thể")
    ending.get_by_label("Đơn vị nối tiếp").first.select_option(label="Phường Mới · 00105")
    ending.get_by_label("Chuyển sang đơn vị nối tiếp").select_option(label="Toàn bộ")
    ending.get_by_label("Không còn từ ngày").fill((today + timedelta(days=9)).isoformat())
    ending.get_by_label("Căn cứ pháp lý").fill("NQ 1656/NQ-UBTVQH15")
    ending.get_by_role("button", name="Kết thúc đơn vị").click()
    expect(page.get_by_role("heading", name="Được nối tiếp bởi")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Phường Mới")).to_be_visible()
    _keep_picture(page, "office-merged")


def test_the_offices_mark_reaches_the_device(ruled: Office, tabs: Tabs, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(picture(size=(300, 300), colour="green"))
    page = _open(tabs, "/admin/presentation")
    page.get_by_label("Biểu trưng của cơ quan").set_input_files(tmp_path / "logo.png")
    page.get_by_label("Tên cơ quan ở đầu màn hình").fill("Điểm phục vụ số 7")
    page.get_by_role("button", name="Lưu nội dung").click()
    expect(page.get_by_text("Đã lưu.")).to_be_visible()
    kiosk = KioskAtDesk(ruled, tabs).open()
    mark = kiosk.locator(".head .mark")
    expect(kiosk.locator(".head")).to_contain_text("Điểm phục vụ số 7")
    assert "/kiosk/marks/" in (mark.get_attribute("src") or "")
    assert mark.evaluate("image => image.complete && image.naturalWidth === 256")
    _keep_picture(kiosk, "office-mark-on-kiosk")
