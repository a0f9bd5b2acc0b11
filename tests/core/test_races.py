"""What happens at the same moment: each thing once, and no figure that misses one."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from satisfaction import clock, counting, recording, rollups, visits
from satisfaction.database import db, reading, unit_of_work
from satisfaction.errors import DeskBusyError, VisitClosedError
from satisfaction.figures import CountQuery, CountRow
from satisfaction.models import AuditEntry, CountedDay, Rating, RatingReason, Visit
from satisfaction.periods import day_period
from satisfaction.recording import ReasonsGiven, Recorder, RecordingOutcome, Tap
from satisfaction.terms import AuditAction, Outcome, RecordingResult
from satisfaction.visits import NewVisit
from tests.conftest import NOW, Office
from tests.core.together import run_together
from tests.making import finished_visit, rated_visit, tap

YESTERDAY = clock.local_day(NOW) - timedelta(days=1)
MIDNIGHT = clock.start_of_day(clock.local_day(NOW))


def _total(ward: Office, day: date) -> CountRow:
    with reading() as session:
        query = CountQuery(unit_id=ward.unit.id, period=day_period(day))
        return counting.count(session, query).total


def test_a_desk_opens_one_visit_however_many_ask_at_once(app: Flask, ward: Office) -> None:
    def open_one() -> int:
        with unit_of_work() as session:
            return visits.open_visit(session, NewVisit(desk_id=ward.desks[0].id)).id

    ends = run_together(app, [open_one] * 8)
    assert Counter(map(type, ends)) == {int: 1, DeskBusyError: 7}


def test_a_visit_is_finished_once_and_its_question_stays_put(app: Flask, ward: Office) -> None:
    for _ in range(5):
        with unit_of_work() as session:
            visit = visits.open_visit(session, NewVisit(desk_id=ward.desks[0].id))

        def close_one(visit_id: int = visit.id) -> int:
            with unit_of_work() as session:
                return visits.close_visit(session, visit_id).id

        ends = run_together(app, [close_one] * 6)
        assert Counter(map(type, ends)) == {int: 1, VisitClosedError: 5}
        with reading() as session:
            assert session.get_one(Visit, visit.id).outcome is None


def test_opening_a_visit_keeps_no_rating_of_the_desk_waiting(app: Flask, ward: Office) -> None:
    """On SQLite writers queue anyway; on PostgreSQL the desk's key must stay free."""
    given = tap(ward, finished_visit(ward.desks[0]))
    stored = threading.Event()

    def rate() -> None:
        with app.app_context():
            Recorder(db.engine).record(given)
            stored.set()

    with unit_of_work() as session:
        visits.open_visit(session, NewVisit(desk_id=ward.desks[0].id))
        rater = threading.Thread(target=rate)
        rater.start()
        is_free = stored.wait(30 if db.engine.dialect.name == "postgresql" else 0.1)
    rater.join(120)
    assert is_free is (db.engine.dialect.name == "postgresql")
    assert stored.is_set()


def test_a_rating_outweighs_a_question_that_ends_at_the_same_moment(
    app: Flask, ward: Office
) -> None:
    recorder = Recorder(db.engine)
    for _ in range(8):
        visit = finished_visit(ward.desks[0])
        given = tap(ward, visit)

        def rate(one: Tap = given) -> object:
            return recorder.record(one)

        def skip(of: Visit = visit) -> object:
            with unit_of_work() as session:
                return visits.end_question(
                    session, of.token, desk_id=of.desk_id, outcome=Outcome.SKIPPED
                )

        def next_visit(of: Visit = visit) -> object:
            with unit_of_work() as session:
                opened = visits.open_visit(session, NewVisit(desk_id=of.desk_id))
                return visits.close_visit(session, opened.id)

        ends = run_together(app, [rate, skip, next_visit])
        assert not any(isinstance(end, Exception) for end in ends), ends
        with reading() as session:
            assert session.get_one(Visit, visit.id).outcome is Outcome.RATED
    assert _total(ward, clock.today()).rated_visits == 8


def test_batches_of_the_same_ratings_in_any_order_store_each_once(app: Flask, ward: Office) -> None:
    given = [
        tap(ward, finished_visit(ward.desks[number % 2]), desk=number % 2) for number in range(12)
    ]
    recorders = (Recorder(db.engine), Recorder(db.engine))
    turned = [given[number:] + given[:number] for number in range(8)]
    orders = turned + [list(reversed(order)) for order in turned]

    def deliver(number: int) -> list[RecordingResult]:
        outcomes = recorders[number % 2].record_batch(orders[number])
        return [outcome.result for outcome in outcomes]

    ends = run_together(app, [partial(deliver, number) for number in range(16)])
    results = Counter(result for end in ends if isinstance(end, list) for result in end)
    assert results == {RecordingResult.RECORDED: 12, RecordingResult.KNOWN: 15 * 12}
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Rating)) == 12


def test_two_corrections_at_once_leave_one(app: Flask, ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    first = tap(ward, visit, level=1)
    recorder = Recorder(db.engine)
    recorder.record(first)
    others = [tap(ward, visit, level=n, supersedes=first.rating_id) for n in (2, 3, 4, 5)]
    ends = run_together(app, [partial(Recorder(db.engine).record, one) for one in others])
    results = [end.result for end in ends if isinstance(end, RecordingOutcome)]
    assert Counter(results) == {RecordingResult.RECORDED: 1, RecordingResult.ALREADY_RATED: 3}
    assert _total(ward, clock.today()).answers == 1


def test_reasons_delivered_twice_at_once_are_those_of_one(app: Flask, ward: Office) -> None:
    given = tap(ward, finished_visit(ward.desks[0]), level=1)
    Recorder(db.engine).record(given)

    def give(*codes: str) -> RecordingResult:
        with unit_of_work() as session:
            reasons = ReasonsGiven(
                rating_id=given.rating_id, kiosk_id=given.kiosk_id, reasons=codes
            )
            return recording.record_reasons(session, reasons).result

    works = [lambda: give("wait", "late"), lambda: give("fee", "place")] * 3
    ends = run_together(app, works)
    assert Counter(ends) == {RecordingResult.RECORDED: 1, RecordingResult.KNOWN: 5}
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(RatingReason)) == 2


def test_a_rating_is_voided_once(app: Flask, ward: Office) -> None:
    voided = rated_visit(ward, 5, at=clock.now())

    def void() -> object:
        with unit_of_work() as session:
            return recording.void_rating(session, voided, account_id=None, explanation="thử máy")

    assert run_together(app, [void] * 6) == [voided] * 6
    with reading() as session:
        deeds = select(func.count()).where(AuditEntry.action == AuditAction.RATING_VOIDED)
        assert session.scalar(deeds) == 1
    assert (_total(ward, clock.today()).voided, _total(ward, clock.today()).answers) == (1, 0)


def test_a_rebuild_never_misses_a_rating_that_is_being_stored(app: Flask, ward: Office) -> None:
    """Late ratings of yesterday come in while yesterday is rebuilt again and again."""
    at = clock.start_of_day(YESTERDAY) + timedelta(hours=3)
    given = [
        replace(tap(ward, finished_visit(ward.desks[n % 2], at=at), desk=n % 2), tapped_at=at)
        for n in range(24)
    ]
    stored: list[int] = []
    is_over = threading.Event()

    def write(part: int) -> int:
        recorder = Recorder(db.engine)
        for one in given[part::4]:
            assert recorder.record(one).result is RecordingResult.RECORDED
            stored.append(1)
        return part

    def rebuild() -> int:
        rounds = 0
        while not is_over.wait(0.001):
            with unit_of_work() as session:
                rollups.rebuild_day(session, YESTERDAY)
            rounds += 1
        return rounds

    def look() -> int:
        looks = 0
        while not is_over.is_set():
            least = len(stored)
            assert _total(ward, YESTERDAY).answers >= least
            looks += 1
            if least == len(given):
                is_over.set()
        return looks

    ends = run_together(app, [*[partial(write, n) for n in range(4)], rebuild, look])
    assert ends[:4] == [0, 1, 2, 3]
    assert all(isinstance(end, int) and end > 0 for end in ends[4:]), ends
    total = _total(ward, YESTERDAY)
    assert (total.answers, total.rated_visits, total.finished_visits) == (24, 24, 24)
    with unit_of_work() as session:
        rollups.rebuild_day(session, YESTERDAY)
    assert _total(ward, YESTERDAY) == total


def test_a_rebuild_waits_for_a_late_rating_of_its_day(app: Flask, ward: Office) -> None:
    at = clock.start_of_day(YESTERDAY) + timedelta(hours=3)
    late = tap(ward, finished_visit(ward.desks[0], at=at), tapped_at=at)
    rebuilt = threading.Event()

    def rebuild() -> None:
        with app.app_context(), unit_of_work() as session:
            rollups.rebuild_day(session, YESTERDAY)
        rebuilt.set()

    rebuilder = threading.Thread(target=rebuild)
    with unit_of_work() as session:
        recording.record_rating(session, late)
        rebuilder.start()
        assert not rebuilt.wait(0.3)
    rebuilder.join(120)
    assert rebuilt.is_set()
    assert _marked() == []
    assert _total(ward, YESTERDAY).answers == 1


class _OwnClocks:
    """A clock that each thread can set for itself."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self) -> datetime:
        at: datetime = getattr(self._local, "at", NOW)
        return at

    def set(self, at: datetime) -> None:
        self._local.at = at


@pytest.fixture
def clocks() -> Iterator[_OwnClocks]:
    """Let each thread live at its own time."""
    own = _OwnClocks()
    with clock.replaced(own):
        yield own


def test_a_visit_finished_over_midnight_is_in_the_day_s_rebuilt_counts(
    app: Flask, ward: Office, clocks: _OwnClocks
) -> None:
    """The rebuild of the day waits for the visit that is still being stored."""
    rebuilt = threading.Event()

    def rebuild() -> None:
        with app.app_context():
            clocks.set(MIDNIGHT + timedelta(milliseconds=1))
            with unit_of_work() as session:
                rollups.rebuild_day(session, YESTERDAY)
            rebuilt.set()

    rebuilder = threading.Thread(target=rebuild)
    clocks.set(MIDNIGHT - timedelta(milliseconds=1))
    with unit_of_work() as session:
        opened = visits.open_visit(session, NewVisit(desk_id=ward.desks[0].id))
        visits.close_visit(session, opened.id)
        rebuilder.start()
        assert not rebuilt.wait(0.3)
    rebuilder.join(120)
    clocks.set(NOW)
    assert rebuilt.is_set()
    assert not _marked()
    assert _total(ward, YESTERDAY).finished_visits == 1


def test_a_visit_stored_just_after_the_day_was_rebuilt_has_it_counted_live(
    ward: Office, clocks: _OwnClocks
) -> None:
    clocks.set(MIDNIGHT + timedelta(milliseconds=1))
    with unit_of_work() as session:
        rollups.rebuild_day(session, YESTERDAY)
    clocks.set(MIDNIGHT - timedelta(milliseconds=1))
    finished_visit(ward.desks[0])
    clocks.set(NOW)
    assert _marked() == [YESTERDAY]
    assert _total(ward, YESTERDAY).finished_visits == 1


def _marked() -> list[date]:
    with reading() as session:
        marked = select(CountedDay.local_day).where(CountedDay.marked_at.is_not(None))
        return list(session.scalars(marked))


def test_two_rebuilds_of_one_day_at_once_count_it_once(app: Flask, ward: Office) -> None:
    at = datetime(2026, 3, 9, 3, 0, tzinfo=UTC)
    for level in (1, 5, 5):
        rated_visit(ward, level, at=at)

    def rebuild() -> Session:
        with unit_of_work() as session:
            rollups.rebuild_day(session, YESTERDAY)
            return session

    ends = run_together(app, [rebuild] * 6)
    assert not any(isinstance(end, Exception) for end in ends), ends
    total = _total(ward, YESTERDAY)
    assert (total.answers, total.satisfied, total.finished_visits) == (3, 2, 3)
