"""What a device keeps of what it delivered: a week long it gives it back, then it cannot (R23)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from satisfaction import clock
from satisfaction.database import reading
from satisfaction.models import Heartbeat
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.devices import until
from tests.journeys.kiosks import KioskAtDesk, key, rest
from tests.journeys.queues import look_at_store, stored_ratings
from tests.journeys.test_kiosk_delivery import Restored, engine_file

__all__ = ["engine_file"]
pytestmark = pytest.mark.journey
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


class _Ahead:
    """The time of the server and of the page, put ahead together."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._gone = timedelta()

    def now(self) -> datetime:
        """Return the server's time."""
        return datetime.now(UTC) + self._gone

    def go(self, gone: timedelta) -> None:
        """Let time pass, as for a device whose lid was shut; then wait until it has been heard."""
        self._gone += gone
        self._page.clock.fast_forward(round(gone.total_seconds() * 1000))
        since = self.now() - HOUR / 2
        until(self._page, lambda: (beat := _beat()) is not None and beat.at > since)


def _beat() -> Heartbeat | None:
    with reading() as session:
        return session.scalars(select(Heartbeat).order_by(Heartbeat.at.desc())).first()


def _deliver_one(kiosk: KioskAtDesk, page: Page) -> str:
    """Have a citizen tap, and the page deliver it; return its name."""
    page.locator(".keys").wait_for()
    rest(page)
    key(page, 2).click()
    until(page, lambda: [len(one) for one in look_at_store(page).values()] == [0, 1])
    (name,) = stored_ratings()
    return name


def test_a_server_restored_within_a_week_gets_it_back(
    ward_now: Office, tabs: Tabs, engine_file: Path
) -> None:
    kiosk = KioskAtDesk(ward_now, tabs)
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    ahead = _Ahead(page)
    with clock.replaced(ahead.now):
        with Restored(engine_file):
            name = _deliver_one(kiosk, page)
            ahead.go(timedelta(days=6))
            ahead.go(WEEK - timedelta(days=6) - HOUR)
            # A page that slept that long may be loading itself anew.
            until(page, lambda: [one["id"] for one in look_at_store(page)["kept"]] == [name])
        assert stored_ratings() == {}
        page.clock.fast_forward(120_000)
        until(page, lambda: stored_ratings() == {name: 1})
        until(page, lambda: look_at_store(page)["items"] == [])
        ahead.go(HOUR)
    beat = _beat()
    assert beat is not None
    assert (beat.next_counter, beat.missing) == (2, 0)


def test_after_more_than_a_week_it_is_forgotten(
    ward_now: Office, tabs: Tabs, engine_file: Path
) -> None:
    kiosk = KioskAtDesk(ward_now, tabs)
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    ahead = _Ahead(page)
    with clock.replaced(ahead.now):
        with Restored(engine_file):
            _deliver_one(kiosk, page)
            ahead.go(WEEK + HOUR)
            until(page, lambda: look_at_store(page) == {"items": [], "kept": []})
        ahead.go(HOUR)
        until(page, lambda: (beat := _beat()) is not None and beat.missing == 1)
        page.clock.fast_forward(120_000)
        page.wait_for_timeout(1_000)
        assert stored_ratings() == {}
        until(page, lambda: look_at_store(page) == {"items": [], "kept": []})
