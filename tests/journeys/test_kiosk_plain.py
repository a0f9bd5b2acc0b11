"""The kiosk in a browser that runs no JavaScript: plain forms, each sent as often as it likes."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Office
from tests.journeys.auditing import find_barriers
from tests.journeys.browsing import Tabs
from tests.journeys.kiosks import Counted, KioskAtDesk
from tests.journeys.looking import find_faults

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
    page.get_by_role("checkbox", name="Chờ lâu").click()
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


def test_time_can_be_had_without_javascript(kiosk: KioskAtDesk, page: Page) -> None:
    """Where the page cannot notice touches, it asks again and again whether somebody is there."""
    page.goto("/kiosk/?lang=en&easy=1")
    assert _goes_on(page) == (90, "/kiosk/stay?lang=en&easy=1")
    for _ in range(2):
        page.goto("/kiosk/stay?lang=en&easy=1")
        expect(page.get_by_role("heading")).to_have_text("Are you still there?")
        expect(page.get_by_text("This screen closes in 20 seconds.")).to_be_visible()
        assert _goes_on(page) == (20, "/kiosk/")
        page.get_by_role("link", name="I am here").click()
        expect(page.get_by_role("heading")).to_contain_text("How was the service")
        expect(page.locator("body.easy")).to_be_visible()
    page.get_by_role("button", name="Very dissatisfied").click()
    seconds, address = _goes_on(page)
    assert seconds == 60
    page.goto(address)
    page.get_by_role("link", name="I am here").click()
    page.get_by_role("checkbox", name="Long wait").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading")).to_have_text("Thank you!")
    assert [(given.level, given.reasons) for given in kiosk.counted()] == [(1, ("wait",))]


def test_what_is_ticked_stays_ticked_wherever_the_page_goes(kiosk: KioskAtDesk, page: Page) -> None:
    page.get_by_role("button", name="Rất không hài lòng").click()
    _expect_ticked(page)
    for name in ("Chờ lâu", "Ý khác", "Thái độ phục vụ"):
        page.get_by_role("checkbox", name=name).click()
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
    expect(page.get_by_role("checkbox", name="Thái độ phục vụ")).to_be_focused()
    page.keyboard.press("Space")
    _expect_ticked(page, "Chờ lâu", "Ý khác")
    for _ in range(2):
        page.goto(_goes_on(page)[1])
        expect(page.get_by_role("heading")).to_have_text("Ông/bà còn đó không?")
        page.get_by_role("button", name="Chữ to").click()
        page.wait_for_url("**easy=*")
        page.get_by_role("link", name="Tôi còn đây").click()
        _expect_ticked(page, "Chờ lâu", "Ý khác")
    page.get_by_text("English").click()
    _expect_ticked(page, "Long wait", "Something else")
    assert find_faults(page) == []
    # axe is a program itself, so it looks at the same page in a browser that runs programs.
    looked_at = kiosk.open()
    looked_at.goto(page.url)
    assert find_barriers(looked_at, "kiosk, plain reasons") == []
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading")).to_have_text("Thank you!")
    assert [(given.level, given.reasons) for given in kiosk.counted()] == [(1, ("wait", "other"))]


def _expect_ticked(page: Page, *names: str) -> None:
    """Wait until these reasons are ticked and no others, as they are drawn and as they are read."""
    read = page.get_by_role("checkbox", checked=True)
    expect(page.locator(".reason:has(:checked) > span:first-of-type")).to_have_text(list(names))
    expect(read).to_have_count(len(names))
    for place, name in enumerate(names):
        expect(read.nth(place)).to_have_accessible_name(name)


def test_the_end_of_a_correction_is_told_without_javascript(kiosk: KioskAtDesk, page: Page) -> None:
    page.get_by_role("button", name="Hài lòng", exact=True).click()
    page.get_by_text("Chạm nhầm? Đánh giá lại").click()
    expect(page.locator(".trust")).to_have_text(re.compile("^Còn 1[01][0-9] giây để đổi"))
    page.get_by_text("English").click()
    expect(page.locator(".trust")).to_have_text(re.compile("^1[01][0-9] seconds left to change"))
    seconds, address = _goes_on(page)
    assert 100 <= seconds < 120
    page.goto(address)
    expect(page.get_by_text("Your earlier rating stands.")).to_be_visible()
    expect(page.get_by_text("Rate again")).to_have_count(0)
    assert [given.level for given in kiosk.counted()] == [4]


def _goes_on(page: Page) -> tuple[int, str]:
    """Return after how many seconds the page leaves by itself, and where it goes."""
    told = page.locator("noscript meta[http-equiv=refresh]").get_attribute("content")
    assert told is not None
    seconds, address = told.split(";url=")
    return int(seconds), address
