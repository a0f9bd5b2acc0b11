"""The pages that anybody may open besides the kiosk's: pairing a device, and the public figures."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.conftest import Office
from tests.journeys.auditing import IS_LONG, find_barriers
from tests.journeys.browsing import Tabs
from tests.journeys.screens import PHONE, SIZES
from tests.making import rated_visit

pytestmark = pytest.mark.journey
ALL = (*SIZES, PHONE, (320, 568))
WINDOWS = ALL if IS_LONG else ((1280, 800), PHONE)
UNIT = "00103"
JANUARY = datetime(2026, 1, 12, 3, 0, tzinfo=UTC)


def _look(page: Page, name: str) -> dict[str, list[str]]:
    """Ask axe in every window, and whether the page is wider than it."""
    found: dict[str, list[str]] = {}
    for width, height in WINDOWS:
        page.set_viewport_size({"width": width, "height": height})
        faults = find_barriers(page, name)
        if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
            faults.append("wider than the window")
        if faults:
            found[f"{name} {width}x{height}"] = faults
    return found


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_device_is_paired_by_everybody(tabs: Tabs, ward_now: Office, language: str) -> None:
    tabs.allow("status of 4")
    page = tabs.open(f"/kiosk/pair?lang={language}")
    found = _look(page, "pairing")
    page.locator("#code").fill("ABCDEFGH")
    page.locator(".b.main").click()
    page.get_by_role("alert").wait_for()
    assert page.locator("html").get_attribute("lang") == language
    assert found | _look(page, "pairing, refused") == {}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_public_figures_are_read_by_everybody(
    app: Flask, tabs: Tabs, ward: Office, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    published = app.config["SETTINGS"].model_copy(update={"published_units": UNIT})
    for number, level in enumerate((*[1] * 6, *[4] * 12, *[5] * 22)):
        rated_visit(ward, level, at=JANUARY + timedelta(minutes=number))
    monkeypatch.setitem(app.config, "SETTINGS", published)
    tabs.allow("status of 4")
    page = tabs.open(f"/so-lieu/?lang={language}")
    found = _look(page, "public figures, units")
    page.locator(f"a[href*='{UNIT}']").first.wait_for()
    page.goto(f"/so-lieu/{UNIT}?ky=2026-01&lang={language}")
    page.get_by_text("22").first.wait_for()
    found |= _look(page, "public figures")
    page.goto(f"/so-lieu/{UNIT}?ky=2999&lang={language}")
    assert found | _look(page, "public figures, a period to come") == {}
