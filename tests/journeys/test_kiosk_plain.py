"""The kiosk in a browser that runs no JavaScript: plain forms, each sent as often as it likes."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.kiosks import Counted, KioskAtDesk

pytestmark = pytest.mark.journey


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return the kiosk of the first desk."""
    return KioskAtDesk(ward_now, tabs)


@pytest.fixture
def page(kiosk: KioskAtDesk) -> Page:
    """Return the page of a browser without JavaScript, with a question on it."""
    kiosk.serve()
    return kiosk.open(javascript=False)


def test_a_citizen_rates_says_why_and_is_thanked(kiosk: KioskAtDesk, page: Page) -> None:
    page.get_by_role("button", name="Rất không hài lòng").click()
    expect(page.get_by_role("heading")).to_have_text("Điều gì nên làm tốt hơn?")
    page.get_by_role("checkbox", name="Chờ lâu").check()
    page.get_by_role("button", name="Gửi").click()
    expect(page.get_by_role("heading")).to_have_text("Cảm ơn ông/bà!")
    expect(page.get_by_text("Phiếu 047")).to_be_visible()
    assert [(given.level, given.reasons) for given in kiosk.counted()] == [(1, ("wait",))]
    page.goto("/kiosk/")
    expect(page.get_by_role("heading")).to_contain_text("mời ông/bà chạm")


def test_a_page_without_javascript_looks_again_by_itself(kiosk: KioskAtDesk) -> None:
    page = kiosk.open(javascript=False)
    expect(page.get_by_role("heading")).to_contain_text("mời ông/bà chạm")
    kiosk.serve()
    expect(page.get_by_role("heading")).to_contain_text("thế nào?", timeout=9_000)


def test_english_and_large_letters_need_no_javascript(kiosk: KioskAtDesk, page: Page) -> None:
    page.get_by_text("English").click()
    page.get_by_role("button", name="Larger text").click()
    expect(page.locator("body.easy")).to_be_visible()
    page.get_by_role("button", name="Satisfied", exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("Thank you!")
    expect(page.locator("body.easy")).to_be_visible()
    page.get_by_text("Tiếng Việt").click()
    expect(page.get_by_role("heading")).to_have_text("Cảm ơn ông/bà!")
    assert kiosk.counted()[0].language == "en"


def test_a_slip_is_corrected_without_javascript(kiosk: KioskAtDesk, page: Page) -> None:
    page.get_by_role("button", name="Hài lòng", exact=True).click()
    page.get_by_text("Chạm nhầm? Đánh giá lại").click()
    page.get_by_role("button", name="Rất hài lòng").click()
    expect(page.get_by_role("heading")).to_have_text("Cảm ơn ông/bà!")
    assert [(given.level, given.is_superseded) for given in kiosk.counted()] == [
        (4, True),
        (5, False),
    ]


def test_declining_needs_no_javascript(kiosk: KioskAtDesk, page: Page) -> None:
    page.get_by_role("button", name="Không đánh giá").click()
    expect(page.get_by_role("heading")).to_contain_text("mời ông/bà chạm")
    assert kiosk.counted() == []


def test_an_upright_device_says_so_when_it_is_enrolled(kiosk: KioskAtDesk) -> None:
    visit = kiosk.serve()
    page = kiosk.tabs.open(
        f"/kiosk/enrol/{kiosk.ward.tokens[0]}?layout=stack", size=(800, 1280), javascript=False
    )
    keys = page.locator(".key")
    assert keys.first.inner_text().replace("\N{NO-BREAK SPACE}", " ") == "Rất hài lòng"
    keys.first.click()
    expect(page.get_by_role("heading")).to_have_text("Cảm ơn ông/bà!")
    assert kiosk.counted() == [Counted(5, visit.id, "vi", "stack", None, False, ())]
