"""The kiosk for everybody: axe finds nothing on any screen, in either language and letter size."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.kiosks import KioskAtDesk, key, rest

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


def _faults(page: Page) -> list[str]:
    """Return what axe finds, each with the element it found it on."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [f"{fault['id']}: {node['html'][:90]}" for fault in found for node in fault["nodes"]]


def _assert_for_everybody(page: Page, screen: str) -> None:
    """Ask axe in both languages, and once with large letters."""
    faults = {f"{screen} vi": _faults(page)}
    page.evaluate("document.querySelector('[data-do=easy]').click()")
    faults[f"{screen} vi easy"] = _faults(page)
    page.evaluate("document.querySelector('[data-do=easy]').click()")
    page.evaluate("document.querySelector('[data-do=language]').click()")
    faults[f"{screen} en"] = _faults(page)
    page.evaluate("document.querySelector('[data-do=language]').click()")
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return the kiosk of the first desk."""
    return KioskAtDesk(ward_now, tabs)


def test_axe_finds_nothing_on_any_screen(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    rest(page)
    _assert_for_everybody(page, "wait")
    kiosk.serve()
    page.locator(".keys").wait_for()
    rest(page)
    _assert_for_everybody(page, "rate")
    key(page, 2).click()
    page.locator(".reasons").wait_for()
    rest(page)
    page.get_by_role("checkbox").first.check()
    _assert_for_everybody(page, "reasons")
    page.locator("[data-do=send]").click()
    page.locator(".thanks").wait_for()
    rest(page)
    _assert_for_everybody(page, "thanks")


def test_axe_finds_nothing_on_notices(kiosk: KioskAtDesk) -> None:
    kiosk.tabs.allow("ERR_FAILED|401")
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    page.locator(".keys").wait_for()
    page.route("**/kiosk/screen*", lambda route: route.abort())
    page.clock.run_for(3_000)
    page.wait_for_timeout(100)
    page.clock.run_for(6_000)
    page.locator(".notice").wait_for()
    assert _faults(page) == []
    page.clock.fast_forward("01:31")
    page.get_by_role("dialog").wait_for()
    assert _faults(page) == []
    paused = kiosk.tabs.context().new_page()
    paused.goto("/kiosk/")
    assert _faults(paused) == []


def test_what_is_touched_is_large_enough(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    for size in ((1280, 800), (1024, 600), (800, 1280), (390, 844)):
        page = kiosk.open(size=size)
        page.locator(".keys").wait_for()
        boxes = page.locator("button, a").evaluate_all(
            """parts => parts.filter(part => part.checkVisibility()).map(part => {
                 const box = part.getBoundingClientRect();
                 return [part.textContent.trim(), box.width, box.height];
               })"""
        )
        assert [box for box in boxes if min(box[1:]) < 44] == []
        page.context.close()


def test_a_screen_that_appears_is_read_from_its_heading(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    kiosk.serve()
    page.locator(".keys").wait_for()
    expect(page.get_by_role("heading")).to_be_focused()
    page.keyboard.press("Tab")
    expect(key(page, 1)).to_be_focused()


def test_nothing_moves_for_those_who_want_none_of_it(kiosk: KioskAtDesk) -> None:
    page = kiosk.open(reduced_motion="reduce")
    page.locator(".wait").wait_for()
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize(("width", "letters"), [(320, "100%"), (390, "200%")])
def test_the_phone_never_scrolls_sideways(kiosk: KioskAtDesk, width: int, letters: str) -> None:
    kiosk.serve()
    page = kiosk.open(size=(width, 640))
    page.locator(".keys").wait_for()
    page.evaluate("letters => { document.documentElement.style.fontSize = letters }", letters)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
