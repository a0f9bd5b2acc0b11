"""Ratings that are to be looked at: marked after the fact, kept, and counted as before."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import calendars, clock, counting, marking, recording, rollups, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery, Figures
from satisfaction.marking import Hours, no_hours
from satisfaction.models import RatingMark
from satisfaction.periods import Period, day_period
from satisfaction.terms import Dimension, Mark, RatingSource
from tests.conftest import Office
from tests.making import finished_visit, tap


def _rate(ward: Office, at: datetime, *, after: float, desk: int = 0) -> None:
    """Finish a visit and rate it so many seconds later."""
    visit = finished_visit(ward.desks[desk], at=at)
    tapped_at = at + timedelta(seconds=after)
    with clock.replaced(tapped_at), unit_of_work() as session:
        recording.record_rating(session, tap(ward, visit, desk=desk, tapped_at=tapped_at))


def _mark(hours: Hours = no_hours) -> int:
    with unit_of_work() as session:
        return marking.mark_day(session, clock.today(), hours=hours)


def _marks() -> list[Mark]:
    with reading() as session:
        return list(session.scalars(select(RatingMark.mark)))


def _count(ward: Office, by: Dimension = Dimension.DESK) -> Figures:
    period = Period(clock.today(), clock.today() + timedelta(days=1))
    with reading() as session:
        return counting.count(session, CountQuery(unit_id=ward.unit.id, period=period, by=by))


@pytest.mark.parametrize(
    ("waits", "marked"),
    [
        ([1, 1, 1], 3),
        ([1, 1], 0),
        ([1, 1, 3, 1, 1], 0),
        ([3, 2, 0, 1.5, 1, 3], 4),
    ],
)
def test_three_visits_in_a_row_rated_at_once_are_marked(
    ward: Office, now: datetime, waits: list[float], marked: int
) -> None:
    for place, after in enumerate(waits):
        _rate(ward, now + timedelta(minutes=5 * place), after=after)
    assert _mark() == marked
    assert _marks() == [Mark.TOO_QUICK] * marked


def test_a_visit_that_nobody_rated_ends_the_row(ward: Office, now: datetime) -> None:
    for place in range(4):
        at = now + timedelta(minutes=5 * place)
        if place == 2:
            finished_visit(ward.desks[0], at=at)
        else:
            _rate(ward, at, after=1)
    assert _mark() == 0


def test_two_desks_are_no_row(ward: Office, now: datetime) -> None:
    for place in range(4):
        _rate(ward, now + timedelta(minutes=5 * place), after=1, desk=place % 2)
    assert _mark() == 0


@pytest.mark.parametrize(("amount", "marked"), [(9, 0), (10, 10), (12, 12)])
def test_a_burst_is_ten_ratings_within_a_minute(
    ward: Office, now: datetime, amount: int, marked: int
) -> None:
    for place in range(amount):
        _rate(ward, now + timedelta(seconds=5 * place), after=3)
    assert _mark() == marked
    assert set(_marks()) <= {Mark.BURST}


def test_hours_mark_only_where_a_unit_has_them(ward: Office, now: datetime) -> None:
    _rate(ward, now, after=10)
    assert _mark() == 0
    assert _mark(lambda _unit_id, at: at < now) == 1
    assert _marks() == [Mark.OUTSIDE_HOURS]


def test_ratings_outside_of_the_hours_of_the_office_are_marked_and_still_count(
    ward: Office, now: datetime
) -> None:
    with unit_of_work() as session:
        week = calendars.Week((calendars.read_spans("8:00-9:30, 14:00-16:00"),) * 7)
        calendars.set_week(session, ward.unit.id, week=week, from_day=clock.today())
    for minutes in (-5, 29, 30, 120, 300, 420):
        _rate(ward, now + timedelta(minutes=minutes), after=10)
    with reading() as session:
        calendar = calendars.read_calendar(session, day_period(clock.today()))
    assert _mark(calendar.is_open) == 3
    assert _marks() == [Mark.OUTSIDE_HOURS] * 3
    total = _count(ward).total
    assert (total.answers, total.marked) == (6, 3)


def test_a_link_that_is_opened_at_home_in_the_evening_is_not_outside_of_hours(
    ward: Office, now: datetime
) -> None:
    visit = finished_visit(ward.desks[0], at=now)
    with unit_of_work() as session:
        given = tap(ward, visit, source=RatingSource.LINK, kiosk_id=None, device_counter=None)
        recording.record_rating(session, given)
    assert _mark(lambda _unit_id, _at: False) == 0


def test_marking_twice_and_late_adds_only_what_is_new(ward: Office, now: datetime) -> None:
    for place in range(3):
        _rate(ward, now + timedelta(minutes=5 * place), after=1)
    assert (_mark(), _mark()) == (3, 0)
    _rate(ward, now + timedelta(minutes=15), after=1)
    assert _mark() == 1


@pytest.mark.parametrize("by", [Dimension.DESK, Dimension.PROCEDURE, Dimension.SOURCE])
def test_marked_answers_still_count_and_are_shown_on_both_paths(
    app: Flask, ward: Office, now: datetime, by: Dimension
) -> None:
    for place in range(4):
        _rate(ward, now + timedelta(minutes=5 * place), after=1 if place < 3 else 30)
    before = _count(ward, by)
    _mark()
    live = _count(ward, by)
    assert (before.total.marked, live.total.marked) == (0, 3)
    assert (live.total.answers, [row.marked for row in live.rows]) == (4, [3])
    assert live.total.levels == before.total.levels
    with clock.replaced(now + timedelta(days=1)), unit_of_work() as session:
        rollups.rebuild_day(session, clock.local_day(now))
    assert _count(ward, by).rows == live.rows


@pytest.mark.parametrize("by", [Dimension.DESK, Dimension.PROCEDURE, Dimension.SOURCE])
def test_assisted_answers_count_and_are_said_apart_on_both_paths(
    ward: Office, now: datetime, by: Dimension
) -> None:
    for place in range(3):
        visit = finished_visit(ward.desks[0], at=now)
        with unit_of_work() as session:
            if place < 2:
                visits.keep_assisted(session, visit.id)
            recording.record_rating(session, tap(ward, visit))
    live = _count(ward, by)
    assert (live.total.answers, live.total.assisted) == (3, 2)
    assert [row.assisted for row in live.rows] == [2]
    with clock.replaced(now + timedelta(days=1)), unit_of_work() as session:
        rollups.rebuild_day(session, clock.local_day(now))
    assert _count(ward, by).rows == live.rows


def test_a_voided_or_corrected_answer_is_not_counted_as_assisted(
    ward: Office, now: datetime
) -> None:
    visit = finished_visit(ward.desks[0], at=now)
    first = tap(ward, visit, level=1)
    with unit_of_work() as session:
        visits.keep_assisted(session, visit.id)
        recording.record_rating(session, first)
        again = tap(ward, visit, level=5, supersedes=first.rating_id)
        recording.record_rating(session, again)
    assert _count(ward).total.assisted == 1
    with unit_of_work() as session:
        recording.void_rating(session, again.rating_id, account_id=None, explanation="thử")
    assert _count(ward).total.assisted == 0
