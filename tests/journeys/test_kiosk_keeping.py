"""A citizen is thanked for what is written down, and for nothing else."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Office
from tests.journeys.browsing import Tabs, threaded_server
from tests.journeys.devices import until
from tests.journeys.kiosks import KioskAtDesk, key, rest
from tests.journeys.queues import HOLD, look_at_store

pytestmark = pytest.mark.journey
LONGER_THAN_A_PRESS_MS = 2_000
RELEASE = "window.isHeld = false"


@pytest.fixture
def kiosk(app: Flask, browser: Browser, ward_now: Office) -> Iterator[KioskAtDesk]:
    """Return a kiosk at its desk."""
    with threaded_server(app) as address:
        tabs = Tabs(browser, address)
        yield KioskAtDesk(ward_now, tabs)
        tabs.close()
    assert tabs.unexpected() == []


def _tap_while_writing_is_held(kiosk: KioskAtDesk) -> Page:
    kiosk.serve()
    page = kiosk.open()
    page.locator(".keys").wait_for()
    rest(page)
    page.evaluate(HOLD)
    key(page, 5).click()
    return page


def test_nobody_is_thanked_before_the_answer_is_written(kiosk: KioskAtDesk) -> None:
    page = _tap_while_writing_is_held(kiosk)
    page.wait_for_timeout(LONGER_THAN_A_PRESS_MS)
    assert page.evaluate("window.held") == 1
    expect(page.locator(".keys")).to_be_visible()
    assert page.locator(".thanks, .reasons").count() == 0
    assert kiosk.counted() == []
    page.evaluate(RELEASE)
    page.locator(".thanks").wait_for()
    until(page, lambda: [given.level for given in kiosk.counted()] == [5])


def test_a_store_that_hangs_is_given_up_and_the_question_put_again(kiosk: KioskAtDesk) -> None:
    page = _tap_while_writing_is_held(kiosk)
    until(page, lambda: page.evaluate("window.held === undefined"))
    assert page.locator(".thanks").count() == 0
    page.locator(".keys").wait_for()
    assert look_at_store(page)["items"] == []
    assert kiosk.counted() == []
    rest(page)
    key(page, 4).click()
    page.locator(".thanks").wait_for()
    until(page, lambda: [given.level for given in kiosk.counted()] == [4])
