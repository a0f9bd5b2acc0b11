"""One way out: figures are exact at every moment, and agree whichever way they are laid out."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from satisfaction import clock, counting, office, recording, rollups
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import UnitNotFoundError
from satisfaction.figures import CountQuery, CountRow, Figures
from satisfaction.models import Rating, RatingVoid
from satisfaction.periods import Period, month_period, quarter_period
from satisfaction.terms import Channel, Dimension, RatingSource
from tests.conftest import Office, make_office
from tests.making import finished_visit, rated_visit, tap

MARCH = month_period(date(2026, 3, 1))


def _count(ward: Office, by: Dimension = Dimension.TOTAL, period: Period = MARCH) -> Figures:
    with reading() as session:
        return counting.count(session, CountQuery(unit_id=ward.unit.id, period=period, by=by))


def _by_level(row: CountRow) -> list[int]:
    return [level.count for level in row.levels]


@pytest.fixture(autouse=True)
def noise(ward: Office) -> Office:
    """Plant another unit's ratings, which must never be counted here."""
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    for day in range(1, 10):
        rated_visit(other, 1, at=datetime(2026, 3, day, 3, 0, tzinfo=UTC))
    return other


def test_an_empty_period_has_no_share_rather_than_nought(ward: Office) -> None:
    total = _count(ward).total
    assert (total.answers, total.satisfied_share, total.participation) == (0, None, None)


def test_every_row_carries_numerator_denominator_and_participation(ward: Office) -> None:
    at = datetime(2026, 3, 9, 3, 0, tzinfo=UTC)
    for level in (1, 3, 4, 5, 5):
        rated_visit(ward, level, at=at)
    finished_visit(ward.desks[0], at=at)
    row = _count(ward, Dimension.DESK).rows[0]
    assert (row.finished_visits, row.rated_visits, row.answers) == (6, 5, 5)
    assert (row.satisfied, row.neutral, row.dissatisfied) == (3, 1, 1)
    assert row.satisfied_share == pytest.approx(0.6)
    assert row.participation == pytest.approx(5 / 6)
    assert _by_level(row) == [1, 0, 1, 1, 2]


def test_a_correction_counts_once_with_its_last_level(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    first = tap(ward, visit, level=1)
    with unit_of_work() as session:
        recording.record_rating(session, first)
        recording.record_rating(session, tap(ward, visit, level=5, supersedes=first.rating_id))
    assert _by_level(_count(ward).total) == [0, 0, 0, 0, 1]


def test_unlinked_and_voided_ratings_are_counted_apart(ward: Office) -> None:
    with unit_of_work() as session:
        open_office = office.configure_unit(
            session, ward.unit, scale=office.load_scales(session)["five"], allows_unlinked=True
        )
        recording.record_rating(session, tap(ward, None, configuration_id=open_office.id))
    rated_visit(ward, 5, at=clock.now())
    voided = rated_visit(ward, 5, at=clock.now())
    with unit_of_work() as session:
        seq = session.scalar(select(Rating.seq).where(Rating.id == voided))
        assert seq is not None
        session.add(RatingVoid(rating_seq=seq, voided_at=clock.now(), explanation="thử máy"))
    for _ in range(2):
        total = _count(ward).total
        assert (total.answers, total.unlinked, total.voided) == (1, 1, 1)
        _rebuild_all()


def _rebuild_all() -> None:
    with clock.replaced(clock.now() + timedelta(days=1)):
        with reading() as session:
            days = rollups.list_stale_days(session)
        for day in days:
            with unit_of_work() as session:
                rollups.rebuild_day(session, day)


def test_the_last_millisecond_of_a_quarter_is_in_it(ward: Office) -> None:
    midnight = clock.start_of_day(date(2026, 1, 1))
    with clock.replaced(midnight + timedelta(hours=1)):
        rated_visit(ward, 5, at=midnight - timedelta(milliseconds=1))
        rated_visit(ward, 1, at=midnight)
        before = _count(ward, period=quarter_period(2025, 4)).total
        after = _count(ward, period=quarter_period(2026, 1)).total
    assert _by_level(before) == [0, 0, 0, 0, 1]
    assert _by_level(after) == [1, 0, 0, 0, 0]


def test_a_rating_on_the_day_after_the_visit_counts_on_its_own_day(ward: Office) -> None:
    visit = finished_visit(ward.desks[0], at=clock.now() - timedelta(days=1))
    _rebuild_all()
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, visit, level=5))
    days = {row.key: row for row in _count(ward, Dimension.DAY).rows}
    assert (days["2026-03-09"].finished_visits, days["2026-03-09"].rated_visits) == (1, 1)
    assert (days["2026-03-09"].answers, days["2026-03-10"].answers) == (0, 1)


def test_a_visit_without_procedure_is_its_own_line(ward: Office) -> None:
    rated_visit(ward, 4, at=clock.now())
    rated_visit(ward, 4, at=clock.now(), procedure_id=ward.procedures[0].id)
    rows = _count(ward, Dimension.PROCEDURE).rows
    assert [(row.key, row.answers) for row in rows] == [("00103.0", 1), ("unknown", 1)]


def test_sums_along_every_dimension_agree_live_and_rebuilt(ward: Office) -> None:
    given: Counter[int] = Counter()
    for number in range(60):
        at = datetime(2026, 3, 1 + number % 9, 3, number, tzinfo=UTC)
        level = number * 7 % 5 + 1
        rated_visit(
            ward,
            level,
            at=at,
            desk=number % 2,
            procedure_id=ward.procedures[number % 2].id if number % 3 else None,
            channel=list(Channel)[number % 4],
        )
        given[level] += 1
    expected = [given[level] for level in range(1, 6)]
    for _ in ("live", "rebuilt"):
        for by in Dimension:
            figures = _count(ward, by)
            assert _by_level(figures.total) == expected, by
            assert figures.total.finished_visits == 60
            sums = [sum(levels) for levels in zip(*map(_by_level, figures.rows), strict=True)]
            assert sums == expected, by
        _rebuild_all()


def test_a_rebuilt_day_that_gets_a_late_rating_is_counted_live(ward: Office) -> None:
    yesterday = clock.now() - timedelta(days=1)
    rated_visit(ward, 5, at=yesterday)
    _rebuild_all()
    rated_visit(ward, 1, at=yesterday)
    assert _by_level(_count(ward).total) == [1, 0, 0, 0, 1]
    _rebuild_all()
    assert _by_level(_count(ward).total) == [1, 0, 0, 0, 1]


Filters = dict[str, Any]


def _varied(ward: Office) -> list[tuple[int, Filters]]:
    """Rate a dozen visits that differ in everything; return each level with what it was about."""
    given: list[tuple[int, Filters]] = []
    for number in range(12):
        about: Filters = {
            "desk_id": ward.desks[number % 2].id,
            "channel": list(Channel)[number % 3],
            "procedure_id": ward.procedures[number % 2].id if number % 4 else None,
        }
        source = list(RatingSource)[number % 4]
        at = datetime(2026, 3, 2 + number % 5, 3, number, tzinfo=UTC)
        visit = finished_visit(
            ward.desks[number % 2],
            at=at,
            channel=about["channel"],
            procedure_id=about["procedure_id"],
        )
        level = number % 5 + 1
        with clock.replaced(at), unit_of_work() as session:
            answer = tap(ward, visit, desk=number % 2, level=level, source=source)
            recording.record_rating(session, answer)
        given.append((level, about | {"source": source}))
    return given


@pytest.mark.parametrize("names", [("desk_id",), ("channel",), ("source",), ("procedure_id",)])
@pytest.mark.parametrize("others", [(), ("channel",), ("desk_id", "source")])
@pytest.mark.parametrize("is_stored", [False, True])
def test_a_filter_leaves_exactly_what_it_names(
    ward: Office, names: tuple[str, ...], others: tuple[str, ...], is_stored: bool
) -> None:
    given = _varied(ward)
    if is_stored:
        _rebuild_all()
    chosen = {name: given[3][1][name] for name in (*names, *others)}
    kept = [level for level, about in given if all(about[name] == chosen[name] for name in chosen)]
    assert 0 < len(kept) < len(given)
    for by in (Dimension.TOTAL, Dimension.DESK, Dimension.SOURCE, Dimension.DAY):
        with reading() as session:
            query = CountQuery(unit_id=ward.unit.id, period=MARCH, by=by, **chosen)
            figures = counting.count(session, query)
        assert _by_level(figures.total) == [kept.count(level) for level in range(1, 6)], by
        assert sum(row.answers for row in figures.rows) == len(kept)
        finished = None if "source" in chosen else len(kept)
        assert figures.total.finished_visits == finished


def test_an_unknown_unit_has_no_figures(ward: Office) -> None:
    with reading() as session, pytest.raises(UnitNotFoundError):
        counting.count(session, CountQuery(unit_id=4711, period=MARCH))


def test_a_clock_a_little_fast_makes_no_day_to_come(ward: Office) -> None:
    midnight = clock.start_of_day(date(2026, 3, 11))
    visit = finished_visit(ward.desks[0], at=midnight - timedelta(minutes=2))
    with clock.replaced(midnight - timedelta(minutes=1)), unit_of_work() as session:
        fast = tap(ward, visit, level=5, tapped_at=midnight + timedelta(minutes=1))
        recording.record_rating(session, fast)
    with clock.replaced(midnight + timedelta(hours=9)):
        days = {row.key: row.answers for row in _count(ward, Dimension.DAY).rows}
    assert days == {"2026-03-10": 1}


def test_two_scales_stand_side_by_side_and_share_no_level(ward: Office) -> None:
    with unit_of_work() as session:
        three = office.configure_unit(
            session, ward.unit, scale=office.load_scales(session)["three"]
        )
    rated_visit(ward, 2, at=clock.now())
    visit = finished_visit(ward.desks[0])
    with unit_of_work() as session:
        answer = tap(ward, visit, level=2, configuration_id=three.id, scale_id=three.scale_id)
        recording.record_rating(session, answer)
    for _ in ("live", "rebuilt"):
        total = _count(ward).total
        counts = {(level.scale, level.position): level.count for level in total.levels}
        assert (counts["five-1", 2], counts["three-1", 2], len(counts)) == (1, 1, 8)
        assert (total.satisfied, total.dissatisfied) == (1, 1)
        _rebuild_all()
