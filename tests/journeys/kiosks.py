"""A kiosk on its desk, as the journeys see it: the page, the office behind it, what was counted."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from playwright.sync_api import Error, Locator, Page
from sqlalchemy import select

from satisfaction import clock, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Level, Rating, RatingReason, Reason, Visit
from tests.conftest import Office
from tests.journeys.browsing import Tabs

DEAD_MS = 600


@dataclass
class Counted:
    """One stored rating, with what a test asks of it."""

    level: int
    visit_id: int | None
    language: str
    layout: str
    device_counter: int | None
    is_superseded: bool
    reasons: tuple[str, ...]


class KioskAtDesk:
    """The first desk of an office, its officer's deeds and its kiosk's page."""

    def __init__(self, ward: Office, tabs: Tabs) -> None:
        self.ward = ward
        self.tabs = tabs
        self.desk = ward.desks[0]

    def open(
        self,
        *,
        script: str = "",
        has_own_time: bool = False,
        token: str = "",
        waits: bool = True,
        **options: Any,
    ) -> Page:
        """Enrol a fresh device, at the desk or where ``token`` says, and open its page.

        ``has_own_time`` gives the page a clock that the test can stop and put forward. With
        JavaScript the page's program has taken over by then, unless the test ``waits`` for nothing.
        """
        context = self.tabs.context(**options)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        if has_own_time:
            page.clock.install()
        page.goto(f"/kiosk/enrol/{token or self.ward.tokens[0]}")
        if waits and options.get("javascript", True):
            wait_until_drawn(page)
        return page

    def serve(self, ticket: str = "047", *, ago: timedelta = timedelta()) -> Visit:
        """Serve a citizen and finish, so that the question comes up."""
        with clock.replaced(clock.now() - ago), unit_of_work() as session:
            visit = visits.open_visit(
                session,
                visits.NewVisit(
                    desk_id=self.desk.id,
                    ticket_number=ticket,
                    procedure_id=self.ward.procedures[0].id,
                ),
            )
            return visits.close_visit(session, visit.id)

    def outcome(self, visit: Visit) -> str | None:
        """Return what became of a visit's question."""
        with reading() as session:
            outcome = visits.get_visit(session, visit.id).outcome
        return outcome.value if outcome else None

    def counted(self) -> list[Counted]:
        """Return all ratings in the order in which they arrived."""
        with reading() as session:
            superseded = set(session.scalars(select(Rating.supersedes_seq)))
            rows = session.execute(
                select(Rating, Level.position)
                .join(Level, Level.id == Rating.level_id)
                .order_by(Rating.seq)
            ).all()
            chosen = session.execute(
                select(RatingReason.rating_seq, Reason.code).join(Reason).order_by(Reason.id)
            ).all()
        return [
            Counted(
                level=position,
                visit_id=rating.visit_id,
                language=rating.language.value,
                layout=rating.layout.value,
                device_counter=rating.device_counter,
                is_superseded=rating.seq in superseded,
                reasons=tuple(code for seq, code in chosen if seq == rating.seq),
            )
            for rating, position in rows
        ]


def stop_clock(page: Page, *, ahead_seconds: float) -> None:
    """Stop the page's clock a moment later; again where a busy machine let that moment pass."""
    for tries_left in reversed(range(20)):
        moment = page.evaluate("Date.now()") / 1000 + ahead_seconds
        try:
            page.clock.pause_at(moment)
        except Error as problem:
            if not tries_left or "past" not in str(problem):
                raise
        else:
            return


def cut_off(page: Page, addresses: str) -> None:
    """Let nothing through to these addresses, and let the page's own time pass until it knows.

    In little steps, because the page takes a store for broken that has not answered within five
    seconds of its time.
    """
    page.route(addresses, lambda route: route.abort())
    for _ in range(300):
        page.clock.run_for(400)
        page.wait_for_timeout(100)
        if page.locator("body.is-offline").count():
            return
    raise AssertionError("the page does not notice")


def key(page: Page, level: int) -> Locator:
    """Return the key of a level."""
    return page.locator(f".key[value='{level}']")


def wait_until_drawn(page: Page) -> None:
    """Wait until the page's program has drawn its screen in place of the one that was sent.

    Before that the same parts stand there, but they are plain links and forms that lead to other
    pages, and they go away when the program draws its own.
    """
    page.locator("#screen h1:focus").wait_for()


def rest(page: Page) -> None:
    """Wait until a screen that has only just appeared takes touches."""
    page.locator("body:not(.is-fresh)").wait_for()
