"""Long work says that it goes on: a list being read, a file being made."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from satisfaction.terms import Role
from tests.admin.officers import make_officer
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.officers import sign_in

pytestmark = pytest.mark.journey
HEADINGS, LINES = "Mã hồ sơ;Kênh;Ngày tiếp nhận", 5_000


@pytest.fixture
def administrator(app: Flask, ward_now: Office) -> Office:
    """Return the office with an administrator."""
    make_officer("quantri", Role.ADMINISTRATOR, unit=ward_now.unit)
    return ward_now


def test_a_list_that_is_read_says_so_until_the_answer_comes(
    administrator: Office, tabs: Tabs, tmp_path: Path
) -> None:
    page = tabs.open("/admin/dossiers", size=(1366, 768))
    sign_in(page, "quantri")
    listed = tmp_path / "list.csv"
    rows = [f"H26.14-260305-{n:05};Trực tiếp;05/03/2026" for n in range(LINES)]
    listed.write_text("\n".join([HEADINGS, *rows]), encoding="utf-8")
    page.locator("input[type=file]").set_input_files(listed)
    assert _told_while(page, "Xem thử", then="Xem thử, chưa ghi gì") == [
        "Đang gửi và đọc tệp. Danh sách dài mất vài chục giây.",
        1,
    ]
    told = _told_while(page, "Nhập", then="Đã nhập xong")
    assert told == ["Đang nhập 5.000 dòng. Đừng đóng trang này.", 1]


def _told_while(page: Page, name: str, *, then: str) -> Any:
    """Press a button, and return what the page last told while the answer was awaited."""
    page.evaluate(
        """() => addEventListener("pagehide", () => {
             const note = document.querySelector("[role=status].working");
             const said = [note.querySelector("span").textContent,
                           note.querySelectorAll("progress[aria-label]").length];
             sessionStorage.setItem("told", JSON.stringify(said));
           })"""
    )
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text(then)).to_be_visible()
    return page.evaluate("() => JSON.parse(sessionStorage.getItem('told'))")


def test_a_file_that_is_made_says_so(administrator: Office, tabs: Tabs) -> None:
    page = tabs.open("/admin/reports", size=(1366, 768))
    sign_in(page, "quantri")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Tải CSV").first.click()
        expect(page.get_by_role("status").filter(has_text="Đang làm tệp")).to_be_visible()
    assert coming.value.suggested_filename.endswith(".csv")
