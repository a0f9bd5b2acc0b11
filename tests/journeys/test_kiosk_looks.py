"""Every screen of the kiosk at every size of the design, in both languages: nothing is clipped."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from satisfaction import clock, visits
from satisfaction.database import unit_of_work
from satisfaction.models import Configuration
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.kiosks import DEAD_MS, KioskAtDesk, key, rest
from tests.journeys.looking import find_faults

pytestmark = pytest.mark.journey

SIZES = (
    (1280, 800),
    (1280, 720),
    (1366, 768),
    (1024, 600),
    (1024, 768),
    (1920, 1080),
    (800, 1280),
    (768, 1024),
    (1080, 1920),
)
PHONE = (390, 844)


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return a kiosk whose office tells what it has changed."""
    with unit_of_work() as session:
        shown = session.get(Configuration, ward_now.configuration.id)
        assert shown is not None
        shown.we_changed_vi = "từ 01/10, Bàn 6 mở thêm buổi sáng để giảm chờ chứng thực."
        shown.we_changed_en = "since 1 October, Desk 6 opens in the morning to shorten the wait."
    return KioskAtDesk(ward_now, tabs)


def _assert_fits(page: Page, screen: str) -> None:
    """Look at a screen at every size, in both languages, with usual and with large letters."""
    found: dict[str, Any] = {}
    for language in ("vi", "en"):
        for size in ("usual", "easy"):
            for window in (*SIZES, PHONE):
                page.set_viewport_size({"width": window[0], "height": window[1]})
                faults = find_faults(page, may_scroll=window == PHONE)
                if faults:
                    found[f"{screen} {window} {language} {size}"] = faults
            page.evaluate("document.querySelector('[data-do=easy]').click()")
        assert page.evaluate("document.documentElement.lang") == language
        page.evaluate("document.querySelector('[data-do=language]').click()")
    assert found == {}


@pytest.fixture
def page(kiosk: KioskAtDesk) -> Page:
    """Return the page with a clock of its own."""
    return kiosk.open(has_own_time=True)


def test_the_waiting_screen_fits_everywhere(kiosk: KioskAtDesk, page: Page) -> None:
    with unit_of_work() as session:
        visits.open_visit(session, visits.NewVisit(desk_id=kiosk.desk.id, ticket_number="047"))
    page.get_by_text("đang phục vụ phiếu 047").wait_for()
    rest(page)
    _assert_fits(page, "wait")


def test_the_question_and_what_follows_fit_everywhere(kiosk: KioskAtDesk, page: Page) -> None:
    kiosk.serve()
    page.locator(".keys").wait_for()
    rest(page)
    _assert_fits(page, "rate")
    key(page, 2).click()
    page.locator(".reasons").wait_for()
    rest(page)
    _assert_fits(page, "reasons")
    page.clock.pause_at(clock.now() + timedelta(seconds=2))
    page.locator("[data-do=send]").click()
    page.clock.run_for(DEAD_MS)
    _assert_fits(page, "thanks")


def test_the_notice_of_being_offline_leaves_room_everywhere(kiosk: KioskAtDesk, page: Page) -> None:
    kiosk.tabs.allow("ERR_FAILED")
    kiosk.serve()
    page.locator(".keys").wait_for()
    page.route("**/kiosk/screen*", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.clock.run_for(3_000)
    page.clock.run_for(6_000)
    page.locator(".notice").wait_for()
    for window in (*SIZES, PHONE):
        page.set_viewport_size({"width": window[0], "height": window[1]})
        assert find_faults(page, may_scroll=window == PHONE) == [], window


def test_whether_somebody_is_there_is_asked_within_every_window(
    kiosk: KioskAtDesk, page: Page
) -> None:
    kiosk.serve()
    page.locator(".keys").wait_for()
    page.clock.fast_forward("01:31")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    for window in (*SIZES, PHONE):
        page.set_viewport_size({"width": window[0], "height": window[1]})
        assert find_faults(page, may_scroll=window == PHONE, within="dialog") == [], window


def test_the_paused_screen_fits_everywhere(tabs: Tabs) -> None:
    tabs.allow("401")
    page = tabs.context().new_page()
    page.goto("/kiosk/")
    for window in (*SIZES, PHONE):
        page.set_viewport_size({"width": window[0], "height": window[1]})
        assert find_faults(page, may_scroll=window == PHONE) == [], window
