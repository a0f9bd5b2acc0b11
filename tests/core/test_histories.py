"""Figures over random histories agree with a naive count of the rows, however they are laid out."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from satisfaction import clock, counting, rollups
from satisfaction.database import db, reading, unit_of_work
from satisfaction.figures import CountQuery, CountRow, Figures
from satisfaction.models import Rating, Scale
from satisfaction.periods import Period, iso_week
from satisfaction.recording import Recorder, Tap
from satisfaction.terms import Dimension, RecordingResult
from tests.conftest import Office
from tests.core.histories import (
    DAYS,
    FIRST_DAY,
    NOW,
    TODAY,
    Fact,
    Plan,
    Sums,
    World,
    add_up,
    live,
    plans,
    plant,
    read_rows,
    sum_of,
)
from tests.making import finished_visit, tap

WHOLE = Period(FIRST_DAY, TODAY + timedelta(days=1))
OLD_QUARTER = Period(FIRST_DAY, date(2026, 1, 1))
NEW_QUARTER = Period(date(2026, 1, 1), TODAY + timedelta(days=1))
quickly = settings(
    print_blob=True,
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _keys(world: World) -> dict[Dimension, Callable[[Fact], str]]:
    """Return along each dimension the key of the line on which a row has to be counted."""
    procedures = {one.id: one.national_code for one in world.procedures}
    return {
        Dimension.TOTAL: lambda _fact: "",
        Dimension.DESK: lambda fact: str(fact.desk_id),
        Dimension.UNIT: lambda fact: world.codes[fact.unit_id],
        Dimension.PROCEDURE: lambda fact: procedures.get(fact.procedure_id or 0, "unknown"),
        Dimension.SECTOR: lambda fact: world.sectors.get(fact.procedure_id or 0, "unknown"),
        Dimension.CHANNEL: lambda fact: fact.channel.value,
        Dimension.SOURCE: lambda fact: fact.source.value if fact.source else "",
        Dimension.DAY: lambda fact: fact.day.isoformat(),
        Dimension.WEEK: lambda fact: iso_week(fact.day),
        Dimension.MONTH: lambda fact: f"{fact.day:%Y-%m}",
    }


def _count(unit_id: int, period: Period, by: Dimension) -> Figures:
    with reading() as session:
        return counting.count(session, CountQuery(unit_id=unit_id, period=period, by=by))


def _as_sums(row: CountRow, scales: dict[str, int]) -> Sums:
    return Sums(
        finished=row.finished_visits or 0,
        rated=row.rated_visits or 0,
        levels=Counter(
            {
                (scales[level.scale], level.position): level.count
                for level in row.levels
                if level.count
            }
        ),
        unlinked=row.unlinked,
        voided=row.voided,
    )


def _scales() -> dict[str, int]:
    with reading() as session:
        return {f"{one.code}-{one.version}": one.id for one in session.scalars(select(Scale))}


def _compare(
    world: World, facts: list[Fact], periods: Sequence[Period], along: Iterable[Dimension]
) -> None:
    """Compare the figures of both roots and of a ward with the naive count."""
    keys, scales = _keys(world), _scales()
    assert set(keys) == set(Dimension)
    for root in world.units[:3]:
        for period in periods:
            ours = add_up(facts, world, root.id, period)
            for by in along:
                key = keys[by]
                figures = _count(root.id, period, by)
                assert _as_sums(figures.total, scales) == sum_of(ours), (root.id, period, by)
                if by is Dimension.SOURCE:
                    lines = [fact for fact in ours if fact.source is not None]
                else:
                    lines = ours
                expected = {
                    name: sum_of([fact for fact in lines if key(fact) == name])
                    for name in {key(fact) for fact in lines}
                }
                found = {row.key: _as_sums(row, scales) for row in figures.rows}
                assert found == expected, (root.id, period, by)


def _rebuild_all() -> None:
    with reading() as session:
        days = rollups.list_stale_days(session)
    for day in days:
        with unit_of_work() as session:
            rollups.rebuild_day(session, day)


@quickly
@given(plan=plans)
def test_figures_agree_with_the_rows_along_everything_live_and_rebuilt(
    app: Flask, plan: Plan
) -> None:
    with clock.replaced(NOW):
        world = plant(plan)
        live(world, plan)
        facts = read_rows(world)
        event(f"{len(facts) // 5 * 5} rows or more")
        _compare(world, facts, [WHOLE], Dimension)
        _compare(world, facts, [OLD_QUARTER, NEW_QUARTER], [Dimension.DAY])
        _rebuild_all()
        _compare(world, facts, [WHOLE], Dimension)


@quickly
@given(plan=plans, cuts=st.sets(st.integers(1, DAYS - 1), max_size=3))
def test_a_period_is_the_sum_of_any_periods_it_is_cut_into(
    app: Flask, plan: Plan, cuts: set[int]
) -> None:
    with clock.replaced(NOW):
        world = plant(plan)
        live(world, plan)
        scales = _scales()
        edges = [WHOLE.first_day + timedelta(days=n) for n in sorted({0, *cuts, DAYS})]
        for root in world.units[:2]:
            whole = _as_sums(_count(root.id, WHOLE, Dimension.TOTAL).total, scales)
            parts = [
                _as_sums(_count(root.id, Period(*edge), Dimension.TOTAL).total, scales)
                for edge in pairwise(edges)
            ]
            levels: Counter[tuple[int, int]] = Counter()
            for part in parts:
                levels += part.levels
            assert levels == whole.levels
            for name in ("finished", "rated", "unlinked", "voided"):
                assert sum(getattr(part, name) for part in parts) == getattr(whole, name)


chains = st.lists(
    st.tuples(st.integers(1, 5), st.none() | st.integers(1, 5)), min_size=1, max_size=8
)


@quickly
@given(chains=chains, sizes=st.lists(st.integers(1, 6), min_size=1), order=st.randoms())
def test_any_interleaving_of_batches_leaves_each_rating_once(
    app: Flask,
    ward_over_days: Office,
    chains: list[tuple[int, int | None]],
    sizes: list[int],
    order: random.Random,
) -> None:
    """Each visit counts with the citizen's last answer, whatever came first, again or together."""
    ward = ward_over_days
    with clock.replaced(NOW):
        before = _levels(ward)
        taps = [one for chain in chains for one in _chain(ward, chain)]
        queue = taps + [order.choice(taps) for _ in range(order.randint(0, 2 * len(taps)))]
        order.shuffle(queue)
        answers = _deliver(queue, sizes)
        expected = Counter(first if last is None else last for first, last in chains)
        assert _levels(ward) - before == expected
        with reading() as session:
            wanted = {one.rating_id for one in taps}
            kept = session.scalars(select(Rating.id).where(Rating.id.in_(wanted))).all()
        assert len(kept) == len(set(kept))
        for one in taps:
            results = [result for name, result in answers if name == one.rating_id]
            assert results.count(RecordingResult.RECORDED) == (one.rating_id in kept)
            overtaken = one.supersedes is None and one.rating_id not in kept
            again = RecordingResult.ALREADY_RATED if overtaken else RecordingResult.KNOWN
            assert set(results) <= {RecordingResult.RECORDED, again}
        later = _deliver(queue, [len(queue)])
        assert RecordingResult.RECORDED not in {result for _, result in later}
        assert _levels(ward) - before == expected


@pytest.fixture
def ward_over_days(app: Flask) -> Office:
    """Return an office that stays for all examples."""
    from tests.conftest import make_office

    with clock.replaced(NOW), unit_of_work() as session:
        return make_office(session)


def _chain(ward: Office, chain: tuple[int, int | None]) -> list[Tap]:
    first_level, last_level = chain
    visit = finished_visit(ward.desks[0], at=NOW - timedelta(hours=1))
    first = tap(ward, visit, level=first_level, tapped_at=NOW - timedelta(minutes=50))
    if last_level is None:
        return [first]
    at = first.tapped_at + timedelta(seconds=30)
    return [
        first,
        tap(ward, visit, level=last_level, tapped_at=at, supersedes=first.rating_id),
    ]


def _deliver(queue: list[Tap], sizes: list[int]) -> list[tuple[object, RecordingResult]]:
    recorders = (Recorder(db.engine), Recorder(db.engine))
    answers: list[tuple[object, RecordingResult]] = []
    start = turn = 0
    while start < len(queue):
        size = sizes[turn % len(sizes)]
        outcomes = recorders[turn % 2].record_batch(queue[start : start + size])
        answers += [(outcome.rating_id, outcome.result) for outcome in outcomes]
        start, turn = start + size, turn + 1
    return answers


def _levels(ward: Office) -> Counter[int]:
    total = _count(ward.unit.id, WHOLE, Dimension.TOTAL).total
    return Counter({level.position: level.count for level in total.levels if level.count})


def test_the_naive_count_itself_counts(app: Flask, ward_over_days: Office) -> None:
    """A count that always said nought would agree with figures that always do."""
    with clock.replaced(NOW):
        one = _chain(ward_over_days, (5, None))
        _deliver(one, [1])
        world = World([ward_over_days.unit], {}, [], [], {}, [])
        sums = sum_of(add_up(read_rows(world), world, ward_over_days.unit.id, WHOLE))
    scale = ward_over_days.configuration.scale_id
    assert sums == Sums(finished=1, rated=1, levels=Counter({(scale, 5): 1}))
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Rating)) == 1
