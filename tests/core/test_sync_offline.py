"""Visits that an officer opened while the server was away, as a desk's kiosk delivers them."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from satisfaction import accounts, clock, counting, sync
from satisfaction.database import reading, unit_of_work
from satisfaction.dockets import DeskPass, read_docket, read_pass, write_pass
from satisfaction.fleet import Device
from satisfaction.models import Account, Desk, Grant, Rating, Refusal, Visit
from satisfaction.offline_visits import Served, make_pass
from satisfaction.periods import day_period
from satisfaction.sync import Delivery, OutcomeItem, RatingItem, SyncItem
from satisfaction.terms import Outcome, RecordingResult, Role
from tests.conftest import Office
from tests.making import finished_visit, tap

KEY = "k" * 48
RECORDED, KNOWN = RecordingResult.RECORDED, RecordingResult.KNOWN
REFUSED = RecordingResult.REFUSED


@pytest.fixture
def given(ward: Office, now: datetime) -> DeskPass:
    """Return the pass of an officer who opened the desk's page an hour ago."""
    with clock.replaced(now - timedelta(hours=1)), unit_of_work() as session:
        account = accounts.create_account(
            session, "lan", display_name="Lan", password="A long password of 1"
        )
        accounts.grant_role(
            session, account, Role.DESK_OFFICER, unit=ward.unit, from_day=clock.today()
        )
        return make_pass(session, account.id, ward.desks[0].id)


def _served(given: DeskPass, **fields: Any) -> Served:
    values: dict[str, Any] = {
        "desk_pass": given,
        "opened_at": clock.now() - timedelta(minutes=10),
        "closed_at": clock.now() - timedelta(minutes=2),
    }
    return Served(**(values | fields))


def _rating(ward: Office, served: Served, visit: uuid.UUID | None = None) -> RatingItem:
    offset_ms = served.clock_offset_ms
    at = clock.now() - timedelta(milliseconds=offset_ms or 0)
    given = tap(ward, tapped_at=at, clock_offset_ms=offset_ms)
    tapped = replace(given, visit=visit or uuid.uuid4())
    return RatingItem(tapped.rating_id, tapped, served)


def _deliver(ward: Office, *items: SyncItem, desk: int = 0) -> list[RecordingResult]:
    device = Device(ward.kiosks[desk].id, ward.desks[desk].id, ward.unit.id)
    with unit_of_work() as session:
        answers = sync.accept_delivery(session, Delivery(device, clock.now(), items))
    return [answer.result for answer in answers]


def _visits() -> list[Visit]:
    with reading() as session:
        return list(session.scalars(select(Visit).order_by(Visit.id)))


def _amounts() -> tuple[int, int, int]:
    with reading() as session:
        visits, ratings, refusals = (
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Visit, Rating, Refusal)
        )
    return visits, ratings, refusals


def test_a_pass_comes_back_as_it_was_and_is_no_docket(given: DeskPass, now: datetime) -> None:
    word = write_pass(given, KEY)
    assert read_pass(word, KEY) == given
    assert read_docket(word, KEY) is None
    assert read_pass(word, "another" * 8) is None
    assert given.until_at == clock.end_of_day(clock.local_day(now))


def test_a_visit_of_the_officer_is_made_and_rated_once(
    ward: Office, given: DeskPass, now: datetime
) -> None:
    served = _served(given, procedure=ward.procedures[0].national_code)
    item = _rating(ward, served)
    assert _deliver(ward, item, item) == [RECORDED, KNOWN]
    assert _deliver(ward, item) == [KNOWN]
    (visit,) = _visits()
    assert (visit.token, visit.desk_id) == (item.tap.visit, ward.desks[0].id)
    assert (visit.opened_by_id, visit.procedure_id) == (given.account_id, ward.procedures[0].id)
    assert (visit.opened_at, visit.closed_at) == (served.opened_at, served.closed_at)
    assert (visit.is_offline, visit.is_restored, visit.outcome) == (True, False, Outcome.RATED)
    with reading() as session:
        told = counting.count_served(session, {ward.unit.id}, day_period(clock.local_day(now)))
    assert (told[visit.desk_id].finished, told[visit.desk_id].rated) == (1, 1)


def test_a_visit_that_nobody_rated_counts_as_asked_and_a_later_rating_outweighs_it(
    ward: Office, given: DeskPass
) -> None:
    served, name = _served(given), uuid.uuid4()
    unanswered = OutcomeItem(uuid.uuid4(), name, Outcome.TIMED_OUT, None, served)
    assert _deliver(ward, unanswered) == [RECORDED]
    assert [visit.outcome for visit in _visits()] == [Outcome.TIMED_OUT]
    assert _deliver(ward, _rating(ward, served, name)) == [RECORDED]
    assert [(visit.token, visit.outcome) for visit in _visits()] == [(name, Outcome.RATED)]


def test_a_clock_that_is_off_is_corrected_for_the_visit_too(
    ward: Office, given: DeskPass, now: datetime
) -> None:
    """The machine is three hours slow, as the delivery or the kiosk's page has measured."""
    slow = timedelta(hours=3)
    served = _served(
        given,
        opened_at=now - slow - timedelta(minutes=10),
        closed_at=now - slow,
        clock_offset_ms=int(slow.total_seconds() * 1000),
    )
    assert _deliver(ward, _rating(ward, served)) == [RECORDED]
    assert [visit.closed_at for visit in _visits()] == [now]
    lost = replace(served, clock_offset_ms=int(timedelta(hours=30).total_seconds() * 1000))
    assert _deliver(ward, _rating(ward, lost)) == [REFUSED]


@pytest.mark.parametrize(
    "change",
    [
        lambda ward, served: replace(
            served, desk_pass=replace(served.desk_pass, desk_id=ward.desks[1].id)
        ),
        lambda ward, served: replace(served, desk_pass=replace(served.desk_pass, unit_id=999)),
        lambda ward, served: replace(served, desk_pass=replace(served.desk_pass, account_id=999)),
        lambda ward, served: replace(served, opened_at=served.opened_at - timedelta(hours=2)),
        lambda ward, served: replace(served, opened_at=served.closed_at + timedelta(seconds=1)),
        lambda ward, served: replace(served, closed_at=clock.now() + timedelta(minutes=6)),
        lambda ward, served: replace(
            served,
            desk_pass=replace(served.desk_pass, until_at=served.closed_at - timedelta(seconds=1)),
        ),
    ],
)
def test_a_visit_that_its_pass_does_not_cover_is_refused_and_kept(
    ward: Office, given: DeskPass, change: Callable[[Office, Served], Served]
) -> None:
    served = change(ward, _served(given))
    assert _deliver(ward, _rating(ward, served)) == [REFUSED]
    skipped = OutcomeItem(uuid.uuid4(), uuid.uuid4(), Outcome.SKIPPED, None, served)
    assert _deliver(ward, skipped) == [REFUSED]
    assert _amounts() == (0, 0, 2)


def test_a_pass_is_worth_nothing_at_another_desk(ward: Office, given: DeskPass) -> None:
    tapped = replace(tap(ward, desk=1), visit=uuid.uuid4())
    item = RatingItem(tapped.rating_id, tapped, _served(given))
    assert _deliver(ward, item, desk=1) == [REFUSED]
    assert _amounts() == (0, 0, 1)


def test_whoever_may_not_serve_there_any_more_opens_nothing(
    ward: Office, given: DeskPass, now: datetime
) -> None:
    with unit_of_work() as session:
        session.execute(update(Account).values(disabled_at=now - timedelta(minutes=5)))
    assert _deliver(ward, _rating(ward, _served(given))) == [REFUSED]
    with unit_of_work() as session:
        session.execute(update(Account).values(disabled_at=now))
    assert _deliver(ward, _rating(ward, _served(given))) == [RECORDED]
    with unit_of_work() as session:
        session.execute(update(Account).values(disabled_at=None))
        day = clock.local_day(now)
        session.execute(update(Grant).values(from_day=day - timedelta(days=9), until_day=day))
    assert _deliver(ward, _rating(ward, _served(given))) == [REFUSED]


def test_a_retired_desk_gets_no_visit(ward: Office, given: DeskPass, now: datetime) -> None:
    with unit_of_work() as session:
        session.execute(update(Desk).values(until_day=clock.local_day(now)))
    assert _deliver(ward, _rating(ward, _served(given))) == [REFUSED]
    assert _amounts()[:2] == (0, 0)


def test_an_officers_word_changes_no_visit_that_the_server_knows(
    ward: Office, given: DeskPass
) -> None:
    visit = finished_visit(ward.desks[0])
    with unit_of_work() as session:
        session.execute(update(Visit).values(closed_at=None, closed_day=None))
    assert _deliver(ward, _rating(ward, _served(given), visit.token)) == [REFUSED]
    (found,) = _visits()
    assert (found.closed_at, found.is_offline) == (None, False)
