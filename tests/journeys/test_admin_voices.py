"""Voices and cases in a real browser: swaps, keyboard, two officers, widths, accessibility."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from satisfaction import clock
from satisfaction.terms import Role
from tests.admin.officers import make_officer
from tests.admin.voicing import plant_case
from tests.conftest import Office
from tests.core.voicing import speak
from tests.journeys.browsing import Tabs
from tests.journeys.officers import sign_in

pytestmark = pytest.mark.journey
WIDTHS = (720, 900, 1024, 1366, 1920)
HOSTILE = "<script>window.isBroken = true</script> " + "dài" * 100 + " \u202eabc 🎉"
RULES = ("wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@pytest.fixture
def heard(app: Flask, ward_now: Office) -> Office:
    """Return an office with voices of yesterday, a case, and two officers who answer."""
    make_officer("hanh", Role.SUPERVISOR, unit=ward_now.unit)
    make_officer("binh", Role.HEAD, unit=ward_now.unit)
    at = clock.now() - timedelta(days=1)
    said = ("Chờ hơn một tiếng", "Hướng dẫn chưa rõ", HOSTILE)
    for level, words in enumerate(said, start=1):
        procedure = ward_now.procedures[0].id
        speak(ward_now, level, at=at, reasons=("wait",), words=words, procedure_id=procedure)
    speak(ward_now, 1, at=at, desk=1, reasons=("fee",), words="Bị đòi thêm tiền")
    plant_case(ward_now, speak(ward_now, 2, at=at, desk=1, words="Phải quay lại ba lần"))
    return ward_now


def _open(tabs: Tabs, path: str, name: str = "hanh", **options: object) -> Page:
    page = tabs.open(path, **options)
    sign_in(page, name)
    return page


def test_a_voice_is_found_ticked_and_handed_on_by_keyboard_alone(heard: Office, tabs: Tabs) -> None:
    page = _open(tabs, "/admin/voices")
    expect(page.locator("tr[data-voice]")).to_have_count(5)
    page.get_by_label("Tìm trong lời").focus()
    page.keyboard.type("huong dan")
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-voice]")).to_have_count(1)
    assert "q=huong+dan" in page.url
    expect(page.locator("#said")).to_have_text(re.compile("1 ý kiến"))
    page.get_by_label("Chọn tất cả").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-checks-count]")).to_have_text("(1)")
    page.get_by_label("Giao cho").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Giao cho").locator("option:checked")).to_have_text("Cán bộ hanh")
    page.get_by_role("button", name="Giao xử lý").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("giao cho Cán bộ hanh")).to_be_visible()
    page.get_by_label("Tình trạng").select_option(label="Đã xử lý")
    page.get_by_label("Ghi chú, điều đã làm").fill("Đã dán tờ hướng dẫn ở bàn")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã dán tờ hướng dẫn ở bàn")).to_be_visible()
    page.goto("/admin/voices?state=done")
    expect(page.locator("tr[data-voice]")).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("heading", name="Xử lý", exact=True)).to_be_visible()


def test_focus_stays_on_what_was_used_when_a_list_is_narrowed(heard: Office, tabs: Tabs) -> None:
    page = _open(tabs, "/admin/voices")
    worst = page.get_by_role("checkbox", name="Mức 1")
    worst.focus()
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("level=1"))
    expect(page.locator("tr[data-voice]")).to_have_count(2)
    expect(worst).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="Mức 2")).to_be_focused()
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("level=1%2C2|level=1&level=2|level=1,2"))
    expect(page.get_by_role("checkbox", name="Mức 2")).to_be_focused()
    for control, word in (
        (page.get_by_role("link", name="Tháng này"), "period=this-month"),
        (page.get_by_role("button", name="Tìm"), "period=this-month"),
        (page.get_by_role("button", name="Lọc"), "period=this-month"),
        (page.get_by_role("button", name="Xem", exact=True), "from="),
    ):
        control.focus()
        with page.expect_response(re.compile("/admin/voices")):
            page.keyboard.press("Enter")
        page.wait_for_url(re.compile(word))
        expect(control).to_be_focused()
    page.goto("/admin/cases")
    for control, key in (
        (page.get_by_label("Loại"), "ArrowDown"),
        (page.get_by_role("button", name="Lọc"), "Enter"),
    ):
        control.focus()
        with page.expect_response(re.compile("/admin/cases")):
            page.keyboard.press(key)
        page.wait_for_url(re.compile("kind=voice"))
        expect(control).to_be_focused()


def test_two_officers_at_one_case_lose_nothing(heard: Office, tabs: Tabs) -> None:
    tabs.allow("409")
    first, second = (_open(tabs, "/admin/cases", name) for name in ("hanh", "binh"))
    for page in (first, second):
        page.locator("tr[data-case] th a").first.click()
    first.get_by_label("Ghi chú, điều đã làm").fill("Hạnh đang xem")
    first.get_by_role("button", name="Lưu", exact=True).click()
    expect(first.get_by_text("Hạnh đang xem")).to_be_visible()
    second.get_by_label("Ghi chú, điều đã làm").fill("Bình gõ dở")
    second.get_by_role("button", name="Lưu", exact=True).click()
    expect(second.get_by_role("alert").get_by_text("Có người vừa thay đổi")).to_be_visible()
    expect(second.get_by_label("Ghi chú, điều đã làm")).to_have_value("Bình gõ dở")
    expect(second.get_by_text("Hạnh đang xem")).to_be_visible()


def test_a_citizens_words_run_nothing_and_turn_nothing(heard: Office, tabs: Tabs) -> None:
    page = _open(tabs, "/admin/voices?level=3")
    expect(page.get_by_text("<script>window.isBroken")).to_be_visible()
    assert page.evaluate("window.isBroken") is None
    assert page.evaluate("getComputedStyle(document.querySelector('bdi')).unicodeBidi") == "isolate"
    page.set_viewport_size({"width": 720, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 720


def test_the_pages_work_without_javascript(heard: Office, tabs: Tabs) -> None:
    page = _open(tabs, "/admin/voices", javascript=False)
    page.get_by_label("Bàn").select_option(label="Bàn 2")
    page.get_by_role("button", name="Lọc").click()
    expect(page.locator("tr[data-voice]")).to_have_count(2)
    page.locator("tr[data-voice] input").first.check()
    page.get_by_role("button", name="Giao xử lý").click()
    page.goto("/admin/cases")
    page.locator("#only").select_option(label="Quá hạn")
    page.get_by_role("button", name="Lọc").click()
    expect(page.get_by_text("Không có việc nào khớp")).to_be_visible()


@pytest.mark.parametrize("width", [720, 1440])
def test_axe_has_no_finding_and_no_width_scrolls_sideways(
    heard: Office, tabs: Tabs, tmp_path: Path, width: int
) -> None:
    page = _open(tabs, "/admin/voices", "binh", size=(width, 900))
    voice = page.locator("tr[data-voice] th a").first.get_attribute("href")
    page.goto("/admin/cases")
    case = page.locator("tr[data-case] th a").first.get_attribute("href")
    for path in ("/admin/voices", "/admin/voices?q=zzz", "/admin/cases", voice, case):
        page.goto(str(path))
        found = Axe().run(page, options={"runOnly": [*RULES]})
        assert found.violations_count == 0, found.generate_report()
        for wide in WIDTHS:
            page.set_viewport_size({"width": wide, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= wide, (path, wide)
        page.set_viewport_size({"width": width, "height": 900})
    picture = page.screenshot(path=tmp_path / "case.png", full_page=True)
    assert len(picture) > 20_000


def test_print_leaves_out_what_can_only_be_clicked(heard: Office, tabs: Tabs) -> None:
    page = _open(tabs, "/admin/voices")
    page.emulate_media(media="print")
    for hidden in ("nav.nav", ".filters", ".together", ".tick"):
        assert all(not one.is_visible() for one in page.locator(hidden).all()), hidden
    expect(page.get_by_text("Chờ hơn một tiếng")).to_be_visible()
