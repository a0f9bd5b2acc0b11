"""A kiosk before a server that can be stopped, and what it takes to count what was tapped there."""

import os
from collections import Counter
from dataclasses import dataclass, field

from playwright.sync_api import Page
from sqlalchemy import select

from satisfaction.database import db, reading
from satisfaction.models import Rating, Refusal, Visit
from tests.conftest import Office
from tests.faults.serving import Product
from tests.faults.wire import Wire
from tests.journeys.devices import until
from tests.journeys.kiosks import KioskAtDesk, rest
from tests.journeys.queues import fill_queue, look_at_store, make_ratings, plant_visits

IS_LONG = os.environ.get("FAULTS") == "long"
ROUNDS = 10 if IS_LONG else 1
QUEUED = 2_000 if IS_LONG else 150
# A busy machine may take long; only what never comes is a fault.
LONGEST_SECONDS = 120


@dataclass
class Stand:
    """A kiosk before a server that can be stopped, and every visit that somebody rated there."""

    kiosk: KioskAtDesk
    product: Product
    wire: Wire
    rated: list[str] = field(default_factory=list)

    @property
    def ward(self) -> Office:
        """Return the office."""
        return self.kiosk.ward

    def meet(self, page: Page) -> None:
        """Serve a citizen and wait until the question stands there."""
        visit = self.kiosk.serve()
        self.rated.append(str(visit.token))
        page.locator(".keys").wait_for()
        rest(page)

    def queue(self, page: Page, amount: int) -> None:
        """Let that many citizens tap while the queue is not looked at by anybody else."""
        visits = plant_visits(self.ward, amount)
        fill_queue(page, make_ratings(self.ward, visits))
        self.rated += visits

    def wait_for_delivery(self, page: Page) -> None:
        """Wait until the device has nothing left to tell."""
        until(page, lambda: len(counted()) >= len(self.rated), seconds=LONGEST_SECONDS)
        until(page, lambda: look_at_store(page)["items"] == [], seconds=LONGEST_SECONDS)

    def say(self, fault: str) -> None:
        """Print and check that what was tapped is what is counted."""
        times = counted()
        lost = len(set(self.rated) - times.keys())
        doubled = sum(times.values()) - len(times)
        total = sum(times.values())
        print(
            f"\nFAULT {fault} ({db.engine.dialect.name}): tapped {len(self.rated)} = "
            f"counted {total}, lost {lost}, doubled {doubled}"
        )
        assert (lost, doubled, total) == (0, 0, len(self.rated))
        with reading() as session:
            assert session.scalars(select(Refusal)).all() == []


def counted() -> Counter[str]:
    """Return how often each visit is counted."""
    with reading() as session:
        visits = session.scalars(select(Visit.token).join(Rating, Rating.visit_id == Visit.id))
        return Counter(str(visit) for visit in visits)


def start_waiting(stand: Stand) -> Page:
    """Open the kiosk's page in a fresh browser, with nobody to ask yet."""
    page = stand.kiosk.open()
    page.locator(".wait").wait_for()
    return page
