"""The supervisor's counts in a real browser: swaps, history, print, widths, accessibility."""

import csv
import io
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from satisfaction import recording, visits
from satisfaction.database import unit_of_work
from satisfaction.models import Desk
from satisfaction.terms import Role
from tests.admin.officers import make_officer
from tests.conftest import Office, make_office
from tests.journeys.browsing import Tabs
from tests.journeys.officers import sign_in
from tests.making import tap

pytestmark = pytest.mark.journey
LEVELS = [1, 2, *[3] * 3, *[4] * 12, *[5] * 20]
WIDTHS = (720, 900, 1024, 1280, 1366, 1440, 1920)
PAGES = ("/admin/counts", "/admin/counts?by=day&period=this-month", "/admin/desk")


@pytest.fixture
def rated(app: Flask, ward_now: Office) -> Office:
    """Return an office with ratings of today and an officer with every right in it."""
    make_officer("hanh", Role.ADMINISTRATOR, unit=ward_now.unit)
    with unit_of_work() as session:
        desk = session.get_one(Desk, ward_now.desks[0].id)
        desk.detail = "Hướng dẫn, tiếp nhận hồ sơ đất đai, xây dựng và môi trường"
        make_office(session, "00091", "Phường Phú Thượng")
    _rate(ward_now, 0, LEVELS)
    _rate(ward_now, 1, [5] * 4)
    return ward_now


def _rate(ward: Office, desk: int, levels: list[int]) -> None:
    with unit_of_work() as session:
        for level in levels:
            new = visits.NewVisit(
                desk_id=ward.desks[desk].id, procedure_id=ward.procedures[desk].id
            )
            visit = visits.close_visit(session, visits.open_visit(session, new).id)
            recording.record_rating(session, tap(ward, visit, desk=desk, level=level))


def _open(tabs: Tabs, path: str = "/admin/counts", **options: object) -> Page:
    page = tabs.open(path, **options)
    sign_in(page, "hanh")
    return page


def _desk_filter(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Bàn")


def test_a_filter_swaps_the_figures_changes_the_address_and_back_brings_them_back(
    rated: Office, tabs: Tabs
) -> None:
    page = _open(tabs)
    page.evaluate("window.isStillTheSamePage = true")
    _desk_filter(page).select_option(label="Bàn 2")
    expect(page.locator("tr[data-key]")).to_have_count(4)
    assert page.url.endswith(f"/admin/counts?period=7-days&desk={rated.desks[1].id}")
    page.get_by_role("link", name="Thủ tục", exact=True).click()
    expect(page.get_by_role("heading", name="Theo thủ tục")).to_be_visible()
    assert page.url.endswith(f"/admin/counts?by=procedure&period=7-days&desk={rated.desks[1].id}")
    expect(page.locator("#said")).to_have_text(re.compile("4 lượt hài lòng trong 4 lượt"))
    assert page.evaluate("window.isStillTheSamePage") is True
    page.go_back()
    expect(page.get_by_role("heading", name="Theo bàn")).to_be_visible()
    expect(_desk_filter(page)).to_have_value(str(rated.desks[1].id))
    page.go_back()
    expect(_desk_filter(page)).to_have_value("")
    expect(page.locator("section.lead")).to_contain_text("41")
    page.go_forward()
    expect(_desk_filter(page)).to_have_value(str(rated.desks[1].id))
    page.reload()
    expect(_desk_filter(page)).to_have_value(str(rated.desks[1].id))


def test_focus_stays_on_the_filter_that_was_changed(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs)
    page.get_by_label("Kênh").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Kênh")).to_have_value("in_person")
    page.wait_for_url(re.compile("channel=in_person"))
    expect(page.get_by_label("Kênh")).to_be_focused()


def test_focus_stays_on_what_lays_out_and_sorts(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs)
    for name, word in (("Ngày", "by=day"), ("Bàn", "by=desk")):
        page.get_by_role("link", name=name, exact=True).first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(word))
        expect(page.locator(f"#by-{word.partition('=')[2]}")).to_be_focused()
    page.goto("/admin/overview?period=7-days")
    for word in ("sort=name", "sort=name&turned=yes"):
        page.locator("#sort-name").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(word))
        expect(page.locator("#sort-name")).to_be_focused()


def test_two_dates_are_asked_for(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs, "/admin/counts?by=day")
    page.get_by_label("Từ ngày").fill("2026-01-05")
    page.get_by_label("đến hết ngày").fill("2026-01-01")
    page.get_by_role("button", name="Xem").click()
    tabs.allow("400")
    expect(page.get_by_role("alert").get_by_text("Ngày cuối phải từ ngày đầu")).to_be_visible()
    page.get_by_label("Từ ngày").fill("2026-01-01")
    page.get_by_label("đến hết ngày").fill("2026-01-05")
    page.get_by_role("button", name="Xem").click()
    expect(page.get_by_text("Thứ Năm 01/01/2026 – Thứ Hai 05/01/2026")).to_be_visible()
    assert page.url.endswith("/admin/counts?by=desk&from=2026-01-01&to=2026-01-05")


def test_the_page_works_without_javascript(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs, javascript=False)
    expect(page.get_by_role("button", name="In")).to_be_hidden()
    _desk_filter(page).select_option(label="Bàn 2")
    page.get_by_role("button", name="Lọc").click()
    assert page.url.endswith(f"/admin/counts?period=7-days&desk={rated.desks[1].id}")
    page.get_by_role("link", name="Hôm nay").click()
    assert page.url.endswith(f"/admin/counts?period=today&desk={rated.desks[1].id}")
    expect(page.locator("tr[data-key]")).to_have_count(4)


def test_a_figure_grows_by_one_after_a_tap(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs, "/admin/counts?period=today")
    cell = page.locator(f"tr.slim[data-key='{rated.desks[0].id}'] td").last
    expect(cell).to_have_text(str(len(LEVELS)))
    _rate(rated, 0, [4])
    page.reload()
    expect(cell).to_have_text(str(len(LEVELS) + 1))


def test_a_failing_server_leaves_the_page_and_says_so(
    app: Flask, rated: Office, tabs: Tabs
) -> None:
    tabs.allow("500|ERR_FAILED|Failed to fetch")
    page = _open(tabs)
    page.route("**/admin/counts?*by=channel*", lambda route: route.fulfill(status=500, body="x"))
    page.get_by_role("link", name="Kênh", exact=True).click()
    expect(page.get_by_text("Chưa tải được số liệu. Thử lại.")).to_be_visible()
    expect(page.get_by_role("heading", name="Theo bàn")).to_be_visible()
    page.get_by_role("link", name="Nguồn đánh giá", exact=True).click()
    expect(page.get_by_role("heading", name="Theo nguồn đánh giá")).to_be_visible()
    expect(page.get_by_text("Chưa tải được số liệu. Thử lại.")).to_be_hidden()
    page.route("**/admin/counts?*by=unit*", lambda route: route.abort())
    page.get_by_role("link", name="Đơn vị", exact=True).click()
    expect(page.get_by_text("Chưa tải được số liệu. Thử lại.")).to_be_visible()


def test_the_file_that_is_downloaded_holds_the_numbers_of_the_page(
    rated: Office, tabs: Tabs
) -> None:
    page = _open(tabs, "/admin/counts?period=today")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Tải CSV").click()
    text = Path(coming.value.path()).read_bytes().decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert lines[-1]["Tổng lượt đánh giá"] == str(len(LEVELS) + 4)
    assert coming.value.suggested_filename.startswith("so-lieu_00103_")


def test_print_has_no_navigation_and_names_its_filters(rated: Office, tabs: Tabs) -> None:
    page = _open(tabs, f"/admin/counts?desk={rated.desks[0].id}")
    page.emulate_media(media="print")
    for hidden in ("nav.nav", ".who", ".filters", ".b", ".skip"):
        assert all(not one.is_visible() for one in page.locator(hidden).all()), hidden
    expect(page.get_by_text("Bàn: Bàn 1")).to_be_visible()
    expect(page.get_by_text("Số liệu đến")).to_be_visible()
    foot = page.locator("tfoot").first
    assert foot.evaluate("one => getComputedStyle(one).display") == "table-row-group"
    printed = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert boxes
    assert {(round(float(wide)), round(float(high))) for wide, high in boxes} == {(842, 595)}


@pytest.mark.parametrize("path", PAGES)
def test_no_width_scrolls_the_page_sideways(rated: Office, tabs: Tabs, path: str) -> None:
    page = _open(tabs, path)
    if path == "/admin/desk":
        page.get_by_role("button", name="Bàn 1").click()
        expect(page.get_by_role("heading", name="Mở lượt phục vụ")).to_be_visible()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("width", [720, 1440])
def test_axe_has_no_finding(rated: Office, tabs: Tabs, width: int) -> None:
    context = tabs.context(size=(width, 900))
    page = context.new_page()
    page.goto("/admin/sign-in")
    _assert_accessible(page)
    sign_in(page, "hanh")
    for path in (*PAGES, "/admin/counts?period=2024-Q1&channel=post", "/admin/nowhere"):
        if path == "/admin/nowhere":
            tabs.allow("404")
        page.goto(path)
        _assert_accessible(page)
    page.goto("/admin/desk")
    page.get_by_role("button", name="Bàn 1").click()
    _assert_accessible(page)
    page.get_by_label("Mã hồ sơ").fill("không theo mẫu")
    page.get_by_role("button", name="Bắt đầu phục vụ").click()
    _assert_accessible(page)
    page.get_by_role("button", name="Kết thúc, mời đánh giá").click()
    _assert_accessible(page)


def _assert_accessible(page: Page) -> None:
    """Ask axe for WCAG A, AA and AAA and for good practice, as the design wants it."""
    page.locator("h1").wait_for()
    found = Axe().run(page, options={"runOnly": [*_RULES, "best-practice"]})
    assert found.violations_count == 0, found.generate_report()


_RULES = ("wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa")


def test_an_injected_script_does_not_run(rated: Office, tabs: Tabs) -> None:
    tabs.allow("Content Security Policy|inline script")
    with unit_of_work() as session:
        desk = session.get_one(Desk, rated.desks[0].id)
        desk.name = "<script>window.isBroken = true</script>"
        desk.detail = "<img src=x onerror='window.isBroken = true'>"
    page = _open(tabs)
    expect(page.get_by_role("rowheader").get_by_text("<script>").first).to_be_visible()
    assert page.evaluate("window.isBroken") is None
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.isBroken = true";
            document.body.append(script);
        }"""
    )
    assert page.evaluate("window.isBroken") is None
