"""Stored daily counts: rebuilt from the rows, never incremented, and never believed too long."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from satisfaction import clock, counting, recording, rollups
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvalidPeriodError
from satisfaction.figures import CountQuery, CountRow
from satisfaction.models import CountedDay, DailyCount, DailyVisitCount
from satisfaction.periods import Period, year_period
from satisfaction.terms import Channel, Dimension
from tests.conftest import Office
from tests.making import finished_visit, rated_visit, tap

MONDAY = date(2026, 3, 9)
AT = datetime(2026, 3, 9, 3, 0, tzinfo=UTC)


def _rebuild(day: date = MONDAY) -> None:
    with unit_of_work() as session:
        rollups.rebuild_day(session, day)


def _total(ward: Office) -> CountRow:
    with reading() as session:
        query = CountQuery(unit_id=ward.unit.id, period=year_period(2026))
        return counting.count(session, query).total


@pytest.mark.parametrize("days", [0, 1, 30])
def test_today_and_days_to_come_are_never_stored(ward: Office, days: int) -> None:
    with pytest.raises(InvalidPeriodError):
        _rebuild(clock.today() + timedelta(days=days))


def test_a_stored_day_is_what_is_read(ward: Office) -> None:
    """Else the stored counts would prove nothing and save nothing."""
    rated_visit(ward, 5, at=AT)
    _rebuild()
    with unit_of_work() as session:
        session.execute(update(DailyCount).values(level_5=7))
    assert _total(ward).answers == 7
    _rebuild()
    assert _total(ward).answers == 1


def test_rebuilding_leaves_no_row_of_before(ward: Office) -> None:
    voided = rated_visit(ward, 5, at=AT)
    rated_visit(ward, 4, at=AT, desk=1, channel=Channel.ONLINE)
    _rebuild()
    with unit_of_work() as session:
        recording.void_rating(session, voided, account_id=None, explanation="thử")
    for _ in range(2):
        _rebuild()
        with reading() as session:
            rows = session.scalars(select(DailyCount)).all()
            visits = session.scalars(select(DailyVisitCount)).all()
        assert sorted((row.standing.value, row.level_4, row.level_5) for row in rows) == [
            ("linked", 1, 0),
            ("voided", 0, 1),
        ]
        assert [(row.finished, row.rated, row.skipped) for row in visits] == [(1, 1, 0)] * 2


def test_a_day_without_anything_is_stored_as_such(ward: Office) -> None:
    _rebuild()
    with reading() as session:
        assert session.get_one(CountedDay, MONDAY).marked_at is None
        assert session.scalar(select(func.count()).select_from(DailyCount)) == 0
    rated_visit(ward, 5, at=AT)
    assert _total(ward).answers == 1


def test_many_days_are_stored_as_each_by_itself(ward: Office) -> None:
    """Days on which nothing happened are stored too, and one that was stored falsely is mended."""
    sunday, tuesday = MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)
    rated_visit(ward, 5, at=AT)
    finished_visit(ward.desks[0], at=AT - timedelta(days=3))
    _rebuild(sunday)
    _rebuild()
    with unit_of_work() as session:
        session.execute(update(DailyCount).values(level_5=7, local_day=sunday))
        stale = list(Period(date(2026, 3, 6), tuesday).days())
        rollups.rebuild_days(session, stale)
        assert not rollups.list_stale_days(session)
        rows = session.scalars(select(CountedDay.local_day).order_by(CountedDay.local_day)).all()
    assert list(rows) == stale
    assert _total(ward).answers == 1
    with pytest.raises(InvalidPeriodError), unit_of_work() as session:
        rollups.rebuild_days(session, [MONDAY, tuesday])


def test_the_days_to_rebuild_are_those_missing_or_marked(ward: Office, now: datetime) -> None:
    with reading() as session:
        assert rollups.list_stale_days(session) == []
    finished_visit(ward.desks[0], at=AT - timedelta(days=3))
    rated_visit(ward, 5, at=AT)
    span = [MONDAY - timedelta(days=n) for n in (3, 2, 1, 0)]
    with reading() as session:
        assert rollups.list_stale_days(session) == span
        assert rollups.list_stale_days(session, most=2) == span[:2]
    for day in span:
        _rebuild(day)
    with reading() as session:
        assert rollups.list_stale_days(session) == []
    rated_visit(ward, 1, at=AT)
    rated_visit(ward, 1, at=now)
    with reading() as session:
        assert rollups.list_stale_days(session) == [MONDAY]
    with clock.replaced(now + timedelta(days=1)), reading() as session:
        assert rollups.list_stale_days(session) == [MONDAY, clock.local_day(now)]


def test_a_late_rating_of_a_stored_visit_s_day_changes_both_days(
    ward: Office, now: datetime
) -> None:
    visit = finished_visit(ward.desks[0], at=AT)
    _rebuild()
    with clock.replaced(now + timedelta(days=1)):
        _rebuild(clock.local_day(now))
        with unit_of_work() as session:
            recording.record_rating(session, tap(ward, visit, tapped_at=now))
        with reading() as session:
            assert rollups.list_stale_days(session) == [MONDAY, clock.local_day(now)]
        total = _total(ward)
        assert (total.answers, total.rated_visits, total.finished_visits) == (1, 1, 1)


@pytest.mark.parametrize("every", [2, 3])
def test_figures_over_years_of_alternately_stored_days_fit_into_one_statement(
    ward: Office, every: int
) -> None:
    first = date(2016, 1, 1)
    rated_visit(ward, 5, at=AT)
    with unit_of_work() as session:
        for offset in range(0, (clock.today() - first).days, every):
            day = first + timedelta(days=offset)
            session.add(CountedDay(local_day=day, rebuilt_at=clock.now()))
        rollups.rebuild_day(session, MONDAY)
    with reading() as session:
        period = Period(first, date(2027, 1, 1))
        query = CountQuery(unit_id=ward.unit.id, period=period, by=Dimension.DAY)
        figures = counting.count(session, query)
    assert [(row.key, row.answers) for row in figures.rows] == [("2026-03-09", 1)]
