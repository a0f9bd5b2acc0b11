"""Every screen of the kiosk at every size of the design, in both languages: nothing is clipped.

Pictures of what was looked at lie under build/screens afterwards.
"""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.conftest import Office
from tests.journeys.auditing import IS_LONG
from tests.journeys.browsing import ROOT, Tabs
from tests.journeys.kiosks import KioskAtDesk, rest
from tests.journeys.looking import find_faults
from tests.journeys.screens import HELPERS, PHONE, SIZES, LobbyWalk, Walk, tell_what_changed

pytestmark = pytest.mark.journey
PICTURES = ROOT / "build" / "screens"
PICTURED = {"": ((1280, 800), (800, 1280), (1920, 1080), PHONE), "easy": ((1280, 800),)}
PICTURED["lower"] = ((1920, 1080), (1080, 1920))


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return a kiosk whose office tells what it has changed."""
    kiosk = KioskAtDesk(ward_now, tabs)
    tell_what_changed(kiosk)
    return kiosk


def _look(page: Page, name: str, language: str = "vi", helper: str = "") -> dict[str, Any]:
    """Look at a screen in every window; keep pictures of some, in the long form of all."""
    found: dict[str, Any] = {}
    PICTURES.mkdir(parents=True, exist_ok=True)
    within = "dialog" if page.locator("dialog").count() else "body"
    for window in (*SIZES, PHONE):
        page.set_viewport_size({"width": window[0], "height": window[1]})
        faults = find_faults(page, may_scroll=window == PHONE, within=within)
        if faults:
            found[f"{name} {window} {language} {helper}"] = faults
        if IS_LONG or (language == "vi" and window in PICTURED[helper]):
            words = "-en" if language == "en" else ""
            _picture(page, f"{name}-{window[0]}x{window[1]}{words}{helper and '-'}{helper}")
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


def _picture(page: Page, name: str) -> None:
    page.screenshot(path=Path(PICTURES / f"{name}.png"), animations="disabled")


@pytest.mark.parametrize("helper", HELPERS)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_screen_fits_everywhere(kiosk: KioskAtDesk, language: str, helper: str) -> None:
    kiosk.tabs.allow("ERR_FAILED")
    found: dict[str, Any] = {}
    walk = Walk(kiosk, language, helper)
    for name in walk.at_a_desk():
        found |= _look(walk.page, name, language, helper)
    in_lobby = LobbyWalk(kiosk, language, helper)
    for name in in_lobby.in_the_lobby():
        found |= _look(in_lobby.page, name, language, helper)
    assert found == {}


def test_the_paused_screen_fits_everywhere(tabs: Tabs) -> None:
    tabs.allow("401")
    page = tabs.context().new_page()
    page.goto("/kiosk/")
    assert _look(page, "paused") == {}


def test_a_ticket_rated_before_is_said_to_be_so_everywhere(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    page.goto("/kiosk/thanks")
    page.get_by_text("Phiếu này đã được đánh giá.").wait_for()
    assert _look(page, "repeated") == {}


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1080, 1920)])
def test_lowered_keys_lie_within_reach_until_the_next_citizen(
    kiosk: KioskAtDesk, size: tuple[int, int]
) -> None:
    kiosk.serve()
    page = kiosk.open(size=size)
    page.locator(".keys").wait_for()
    rest(page)
    page.get_by_role("button", name="Hạ thấp").click()
    assert _highest(page, ".key") >= 0.55 * size[1]
    page.locator(".key[value='1']").click()
    page.locator(".reasons").wait_for()
    rest(page)
    assert _highest(page, ".reason, .acts button") >= 0.55 * size[1]
    page.locator("[data-do=pass]").click()
    page.locator(".thanks").wait_for()
    kiosk.serve("048")
    page.locator(".keys").wait_for(timeout=20_000)
    assert _highest(page, ".key") < 0.5 * size[1]
    assert page.locator("[data-do=lower]").get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
def test_the_lowered_pad_lies_within_reach_too(kiosk: KioskAtDesk, size: tuple[int, int]) -> None:
    walk = LobbyWalk(kiosk, helper="lower")
    walk.page.set_viewport_size({"width": size[0], "height": size[1]})
    next(walk.in_the_lobby())
    assert _highest(walk.page, ".digit") >= 0.55 * size[1]


def test_small_screens_have_no_need_to_lower_their_keys(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(size=(1280, 800))
    page.locator(".keys").wait_for()
    assert not page.locator("[data-do=lower]").is_visible()


def _highest(page: Page, parts: str) -> float:
    highest: float = page.evaluate(
        """parts => Math.min(...[...document.querySelectorAll(parts)]
             .map(part => part.getBoundingClientRect().top))""",
        parts,
    )
    return highest
