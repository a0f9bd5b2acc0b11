"""Hours, reasons and what is narrowed by a procedure: exact, and the same live and rebuilt."""

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import func, select, update

from satisfaction import clock, counting, recording, rollups
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery, HourCount, ReasonCounts
from satisfaction.models import DailyHourCount, DailyReasonCount, Rating
from satisfaction.periods import Period, month_period
from satisfaction.taps import ReasonsGiven
from satisfaction.terms import Channel, Dimension, Leaning
from tests.conftest import Office, make_office
from tests.core.histories import (
    FIRST_DAY,
    NOW,
    TODAY,
    Fact,
    Plan,
    World,
    add_up,
    live,
    plans,
    plant,
    read_rows,
)
from tests.making import finished_visit, rated_visit, tap

MARCH = month_period(date(2026, 3, 1))
WHOLE = Period(FIRST_DAY, TODAY + timedelta(days=1))
MONDAY = datetime(2026, 3, 9, 1, 30, tzinfo=UTC)
quickly = settings(
    print_blob=True,
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _rebuild_all() -> None:
    with clock.replaced(clock.now() + timedelta(days=1)):
        with reading() as session:
            days = rollups.list_stale_days(session)
        for day in days:
            with unit_of_work() as session:
                rollups.rebuild_day(session, day)


def _hours(query: CountQuery) -> tuple[HourCount, ...]:
    with reading() as session:
        return counting.count_hours(session, query)


def _reasons(query: CountQuery, *, with_allegations: bool = False) -> ReasonCounts:
    with reading() as session:
        return counting.count_reasons(session, query, with_allegations=with_allegations)


def _by_code(counts: ReasonCounts) -> dict[str, int]:
    return {row.code: row.count for row in counts.rows}


def _queries(world: World) -> Iterator[tuple[CountQuery, list[Fact]]]:
    """Return questions with every filter, and the facts that answer each of them."""
    facts = read_rows(world)
    for root in world.units[:3]:
        ours = [one for one in add_up(facts, world, root.id, WHOLE) if one.is_answer]
        desk, procedure = world.desks[0].id, world.procedures[1].id
        yield CountQuery(unit_id=root.id, period=WHOLE), ours
        yield (
            CountQuery(unit_id=root.id, period=WHOLE, desk_id=desk),
            [one for one in ours if one.desk_id == desk],
        )
        yield (
            CountQuery(unit_id=root.id, period=WHOLE, channel=Channel.ONLINE),
            [one for one in ours if one.channel is Channel.ONLINE],
        )
        yield (
            CountQuery(unit_id=root.id, period=WHOLE, procedure_id=procedure),
            [one for one in ours if one.procedure_id == procedure],
        )


def _compare(world: World) -> None:
    for query, facts in _queries(world):
        places = Counter((one.day.weekday(), one.hour) for one in facts)
        content = [one for one in facts if one.leaning is Leaning.SATISFIED]
        satisfied = Counter((one.day.weekday(), one.hour) for one in content)
        assert {(one.weekday, one.hour): (one.satisfied, one.answers) for one in _hours(query)} == {
            place: (satisfied[place], amount) for place, amount in places.items()
        }
        low = [one for one in facts if one.leaning is not Leaning.SATISFIED]
        every = Counter(code for one in low for code in one.reasons)
        seen = _reasons(query, with_allegations=True)
        assert (_by_code(seen), seen.reasoned) == (every, sum(bool(one.reasons) for one in low))
        seen = _reasons(query)
        openly = {code: amount for code, amount in every.items() if code != "fee"}
        assert _by_code(seen) == openly
        assert seen.reasoned == sum(bool(one.reasons - {"fee"}) for one in low)
        with reading() as session:
            figures = counting.count(session, query)
        assert figures.total.answers == len(facts)
        assert figures.total.satisfied == len(content)


@quickly
@given(plan=plans)
def test_every_part_agrees_with_the_rows_and_with_the_count_live_and_rebuilt(
    app: Flask, plan: Plan
) -> None:
    with clock.replaced(NOW):
        world = plant(plan)
        live(world, plan)
        _compare(world)
        _rebuild_all()
        _compare(world)


@pytest.fixture(autouse=True)
def noise(app: Flask, now: datetime) -> None:
    """Plant another unit's low answers with reasons, which must never be counted here."""
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    for hour in range(4):
        _give(rated_visit(other, 1, at=MONDAY + timedelta(hours=hour)), "wait", "fee")


def _give(rating_id: uuid.UUID, *reasons: str) -> None:
    with unit_of_work() as session:
        kiosk_id = session.scalar(select(Rating.kiosk_id).where(Rating.id == rating_id))
        given = ReasonsGiven(rating_id=rating_id, kiosk_id=kiosk_id, reasons=reasons)
        recording.record_reasons(session, given)


def test_the_hour_is_that_of_the_corrected_time(ward: Office) -> None:
    """A fast clock's time is never later than the moment at which the rating arrived."""
    minute, hour_ms = timedelta(minutes=1), 3_600_000
    taps = {(0, 0): 8, (29, 299_000): 8, (0, hour_ms): 9, (0, -hour_ms): 7, (33, 59 * 60_000): 9}
    for minutes, offset_ms in taps:
        visit = finished_visit(ward.desks[0], at=MONDAY - timedelta(hours=4))
        given = tap(ward, visit, tapped_at=MONDAY + minutes * minute, clock_offset_ms=offset_ms)
        with clock.replaced(MONDAY + 88 * minute), unit_of_work() as session:
            recording.record_rating(session, given)
    query = CountQuery(unit_id=ward.unit.id, period=MARCH)
    for _ in ("live", "rebuilt"):
        found = {(one.weekday, one.hour): one.answers for one in _hours(query)}
        assert found == {(0, hour): amount for hour, amount in Counter(taps.values()).items()}
        _rebuild_all()


def test_praise_is_no_reason_for_dissatisfaction(ward: Office) -> None:
    _give(rated_visit(ward, 5, at=MONDAY), "wait")
    _give(rated_visit(ward, 3, at=MONDAY), "manner")
    query = CountQuery(unit_id=ward.unit.id, period=MARCH)
    for _ in ("live", "rebuilt"):
        assert _by_code(_reasons(query)) == {"manner": 1}
        _rebuild_all()


def test_who_may_see_no_allegation_cannot_derive_one(ward: Office) -> None:
    """An answer that gave nothing but an allegation looks like one that gave no reason."""
    _give(rated_visit(ward, 1, at=MONDAY), "wait", "fee")
    silent = rated_visit(ward, 1, at=MONDAY)
    query = CountQuery(unit_id=ward.unit.id, period=MARCH)
    before = _reasons(query)
    _give(silent, "fee")
    for _ in ("live", "rebuilt"):
        assert _reasons(query) == before
        seen = _reasons(query, with_allegations=True)
        assert (_by_code(seen), seen.reasoned) == ({"wait": 1, "fee": 2}, 2)
        _rebuild_all()


def test_reasons_that_come_after_the_day_is_stored_are_counted(ward: Office) -> None:
    rating = rated_visit(ward, 1, at=MONDAY)
    _rebuild_all()
    _give(rating, "late")
    query = CountQuery(unit_id=ward.unit.id, period=MARCH)
    assert _by_code(_reasons(query)) == {"late": 1}
    with reading() as session:
        assert rollups.list_stale_days(session) == [date(2026, 3, 9)]
    _rebuild_all()
    assert _by_code(_reasons(query)) == {"late": 1}


def test_what_is_stored_is_what_is_read(ward: Office) -> None:
    """Else the stored counts would prove nothing and save nothing."""
    _give(rated_visit(ward, 1, at=MONDAY), "late")
    _rebuild_all()
    with unit_of_work() as session:
        session.execute(update(DailyHourCount).values(dissatisfied=7))
        session.execute(update(DailyReasonCount).values(given=5))
    query = CountQuery(unit_id=ward.unit.id, period=MARCH)
    assert [one.answers for one in _hours(query)] == [7]
    assert _by_code(_reasons(query)) == {"late": 5}


def test_the_day_of_the_stored_hours_can_be_narrowed_by_a_procedure(ward: Office) -> None:
    rated_visit(ward, 1, at=MONDAY, procedure_id=ward.procedures[0].id)
    rated_visit(ward, 5, at=MONDAY)
    _rebuild_all()
    query = CountQuery(
        unit_id=ward.unit.id, period=MARCH, procedure_id=ward.procedures[0].id, by=Dimension.DAY
    )
    assert [(one.satisfied, one.answers) for one in _hours(query)] == [(0, 1)]
    with reading() as session:
        assert counting.count(session, query).total.answers == 1
        assert session.scalar(select(func.count()).select_from(DailyHourCount)) == 5
