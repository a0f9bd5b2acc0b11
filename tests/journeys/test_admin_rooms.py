"""Every room of the officers in a real browser: by axe, at every width, twice as large."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from satisfaction import catalogue
from satisfaction.database import unit_of_work
from satisfaction.terms import Role
from tests.admin.officers import make_officer
from tests.conftest import Office
from tests.journeys.auditing import IS_LONG, find_barriers
from tests.journeys.browsing import Tabs
from tests.journeys.officers import sign_in
from tests.making import rated_visit

pytestmark = pytest.mark.journey
# 360 is a page of 720 pixels that somebody made twice as large.
WIDTHS = (360, 720, 1280, 1920)
# What the short form looks at: English words are longer, so there the narrowest width tells most.
SHORT = {"vi": WIDTHS, "en": (360,)}
ASKED = (1280,)
CUT_OFF = """[...document.querySelectorAll('.snug')]
  .filter(one => one.scrollWidth > one.clientWidth)
  .map(one => one.getAttribute('aria-labelledby'))"""
OTHERWISE = {"/admin", "/admin/provider", "/admin/provider/answer"}


@pytest.fixture
def lived_in(app: Flask, ward_now: Office) -> Office:
    """Return an office with an officer who may do everything, and with answers in it."""
    with unit_of_work() as session:
        catalogue.load_catalogue(session)
    make_officer("quantri", *Role, unit=ward_now.unit)
    for level in (1, 2, 5):
        rated_visit(ward_now, level, at=ward_now.configuration.from_at)
    return ward_now


def _rooms(app: Flask) -> list[str]:
    """Return the pages of officers that need no number in their address."""
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set())
        and not rule.arguments
        and rule.rule.startswith("/admin")
        and rule.rule not in OTHERWISE
        and not rule.endpoint.endswith(("download", "template"))
    ]


def _look(page: Page, path: str, widths: Sequence[int]) -> list[str]:
    """Return what is wrong with a page for those who cannot see it well."""
    faults = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        if IS_LONG or width in ASKED:
            faults += [f"{path} {width} {one}" for one in find_barriers(page, path)]
        if not page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"):
            faults.append(f"{path} is wider than {width}")
        if width in ASKED and (cut := page.evaluate(CUT_OFF)):
            faults.append(f"{path} {width}: tables are cut off: {cut}")
    if folder := os.environ.get("PICTURES"):
        page.set_viewport_size({"width": 1280, "height": 900})
        name = path.strip("/").replace("/", "-")
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    return faults


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_room_can_be_used_by_everybody(
    app: Flask, lived_in: Office, tabs: Tabs, language: str
) -> None:
    page = tabs.open("/admin/sign-in")
    sign_in(page, "quantri")
    faults, seen = [], 0
    for path in _rooms(app):
        answer = page.goto(f"{path}?lang={language}")
        assert answer is not None
        if "text/html" in answer.headers.get("content-type", ""):
            seen += 1
            assert page.locator("html").get_attribute("lang") == language
            faults += _look(page, path, WIDTHS if IS_LONG else SHORT[language])
    assert not faults, "\n".join(faults)
    assert seen >= 20
