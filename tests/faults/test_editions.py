"""Kiosks that run the page of another edition than the server's, forth and back (R15).

What stands for the edition before is the same program with another page and the database's
revision before: history may be shallow where the tests run, and holds no release to start. A page
only ever speaks to the server over the interface, so what is tried is that either side takes what
the other says, and that what was queued during the change is neither lost nor doubled.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade
from playwright.sync_api import Browser, Page

from satisfaction.config import Settings
from satisfaction.database import db, unit_of_work
from tests.conftest import Office, make_office
from tests.faults.serving import ROOT, environment_of
from tests.journeys.browsing import GunicornServer, Tabs
from tests.journeys.devices import NO_SERVER, until, wait_until_kept
from tests.journeys.kiosks import KioskAtDesk, key, rest
from tests.journeys.queues import (
    fill_queue,
    look_at_store,
    make_ratings,
    plant_visits,
    stored_ratings,
)
from tests.journeys.test_kiosk_updates import second

__all__ = ["second"]
pytestmark = pytest.mark.journey
IS_LONG = os.environ.get("FAULTS") == "long"
QUEUED = 400 if IS_LONG else 40
ROUNDS = 5 if IS_LONG else 1


@pytest.fixture
def ward_now(app: Flask) -> Office:
    """Return the office under test in the time of the browser."""
    with unit_of_work() as session:
        return make_office(session)


@pytest.fixture
def server(app: Flask, ward_now: Office) -> Iterator[GunicornServer]:
    """Return the product as it is served, over the database of the test."""
    served = GunicornServer(app.config["SETTINGS"])
    served.start()
    yield served
    served.kill()


@pytest.fixture
def kiosk(browser: Browser, server: GunicornServer, ward_now: Office) -> Iterator[KioskAtDesk]:
    """Return a kiosk of that server."""
    tabs = Tabs(browser, server.address)
    tabs.allow(NO_SERVER)
    yield KioskAtDesk(ward_now, tabs)
    tabs.close()
    assert tabs.unexpected() == []


@dataclass
class _Stand:
    """A kiosk and the server before it, whose edition can be changed."""

    kiosk: KioskAtDesk
    server: GunicornServer
    settings: Settings


def _is_second(page: Page) -> bool:
    return page.locator("html[data-edition=second]").count() == 1


def _upgrade(settings: Settings) -> None:
    """Step the database back and have the product bring it up, while nobody serves."""
    db.engine.dispose()
    downgrade(revision="-1")
    db.engine.dispose()
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "database", "prepare"]
    subprocess.run(words, cwd=ROOT, env=environment_of(settings), check=True, capture_output=True)


def _rate_across(stand: _Stand, page: Page, root: Path) -> set[str]:
    """Change the server's edition under a question; queue meanwhile, and answer it afterwards.

    Returns: the ratings that the page queued while nobody served.
    """
    kiosk, server = stand.kiosk, stand.server
    kiosk.serve()
    page.locator(".keys").wait_for()
    rest(page)
    was_second = _is_second(page)
    ratings = make_ratings(kiosk.ward, plant_visits(kiosk.ward, QUEUED))
    server.kill()
    fill_queue(page, ratings)
    if not was_second:
        _upgrade(stand.settings)
    server.root = root
    server.start()
    names = {rating["id"] for rating in ratings}
    until(page, lambda: stored_ratings().keys() >= names)
    assert _is_second(page) is was_second
    key(page, 4).click()
    until(page, lambda: _is_second(page) is not was_second, seconds=90)
    page.locator(".wait").wait_for()
    until(page, lambda: look_at_store(page)["items"] == [])
    return names


def test_a_page_of_either_edition_is_served_by_the_other(
    app: Flask, kiosk: KioskAtDesk, server: GunicornServer, second: Path
) -> None:
    page = kiosk.open(service_workers="allow")
    wait_until_kept(page)
    stand = _Stand(kiosk, server, app.config["SETTINGS"])
    names: set[str] = set()
    for _ in range(ROUNDS):
        for root in (second, ROOT):
            names |= _rate_across(stand, page, root)
    kept = stored_ratings()
    assert names <= kept.keys()
    assert len(kept) == len(names) + 2 * ROUNDS
    assert set(kept.values()) == {1}
    print(
        f"\nR15 ({db.engine.dialect.name}): {2 * ROUNDS} changes of edition under an open page,"
        f" {len(kept)} ratings of pages of the other edition, 0 lost, 0 doubled"
    )
