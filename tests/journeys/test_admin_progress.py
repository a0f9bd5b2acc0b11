"""Long work says that it goes on: a list being read, a file being made."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

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


# A minute of the page's passes in a second, and what its note says is kept while an answer is due.
QUICKLY = """
  const [began, now, later, often] = [Date.now(), Date.now, setTimeout, setInterval];
  Date.now = () => began + (now() - began) * 60;
  setTimeout = (deed, ms, ...rest) => later(deed, ms / 60, ...rest);
  setInterval = (deed, ms, ...rest) => often(deed, ms / 60, ...rest);
  window.told = [];
  often(() => {
    const note = document.querySelector(".working");
    if (note) told.push(note.textContent);
  }, 20);
"""


def _open_quickly(tabs: Tabs, path: str) -> Page:
    page = tabs.open(path, size=(1366, 768))
    page.add_init_script(QUICKLY)
    sign_in(page, "quantri")
    return page


@pytest.mark.parametrize("path", ["/admin/reports", "/admin/overview", "/admin/counts"])
def test_a_file_that_is_made_says_so_until_it_comes(
    administrator: Office, tabs: Tabs, path: str
) -> None:
    page = _open_quickly(tabs, path)

    def answer_late(route: Route) -> None:
        time.sleep(0.7)
        route.continue_()

    page.route("**/*asked=*", answer_late)
    with page.expect_download() as coming:
        page.get_by_role("link", name="Tải CSV").first.click()
    assert coming.value.suggested_filename.endswith(".csv")
    expect(page.locator(".working")).to_have_count(0)
    told = page.evaluate("() => told.at(-1)")
    assert re.fullmatch(r"Đang làm tệp. Trình duyệt báo khi tải xong.[3-9]\d s", told)
    assert not [one for one in page.context.cookies() if "asked" in str(one.get("name"))]


def test_a_file_that_does_not_come_is_told_of(administrator: Office, tabs: Tabs) -> None:
    page = _open_quickly(tabs, "/admin/reports")
    page.route("**/*asked=*", lambda route: route.fulfill(status=204))
    page.get_by_role("link", name="Tải CSV").first.click()
    expect(page.get_by_text("Chưa thấy tệp. Bấm tải lần nữa.")).to_be_visible()
    expect(page.locator(".working progress")).to_have_count(0)
    assert "Đang làm tệp" in page.evaluate("() => told[1]")
