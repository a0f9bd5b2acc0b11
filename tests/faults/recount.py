"""What is stored after a fault: counted by plain reading, and compared with the product's figures.

Refuses to use anything of ``counting`` for its own side of the comparison.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import exists, func, select, text

from bench.history import COUNTS
from satisfaction import clock, counting, rollups
from satisfaction.database import db, reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import CountedDay, Desk, Level, Rating, RatingVoid, Visit
from satisfaction.periods import Period
from satisfaction.terms import Dimension, Outcome

DAYS_REBUILT = 12
Served = tuple[int, int]


def stored() -> Counter[str]:
    """Return how often each rating is there."""
    with reading() as session:
        return Counter(str(name) for name in session.scalars(select(Rating.id)))


def check_all() -> str:
    """Compare every figure with a recount, before and after the days are rebuilt; look for damage.

    Writes: the daily counts, as the nightly rebuild does. Returns: what was compared, to be said.
    """
    check_integrity()
    check_figures()
    days = _check_stored_days()
    _rebuild(_stale_days())
    compared = check_figures()
    check_integrity()
    return f"figures equal a recount ({compared} lines, {days} stored days rebuilt the same)"


def check_integrity() -> None:
    """Have the database look at itself, and see that no visit is half rated."""
    with reading() as session:
        if db.engine.dialect.name == "sqlite":
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        answered = exists().where(Rating.visit_id == Visit.id)
        is_rated = Visit.outcome == Outcome.RATED
        halves = select(func.count()).select_from(Visit)
        assert session.scalar(halves.where(is_rated, ~answered)) == 0
        without = (Visit.outcome.is_(None)) | (Visit.outcome != Outcome.RATED)
        assert session.scalar(halves.where(without, answered)) == 0


def check_figures() -> int:
    """Compare each desk's figures of each day, level by level and visit by visit.

    Returns: how many lines there were; none at all would prove nothing.
    """
    answers, visits = _recount_answers(), _recount_visits()
    days = {day for _, day, _ in answers} | {day for _, day in visits}
    assert days, "there is nothing to count"
    period = Period(min(days), max(*days, clock.today()) + timedelta(days=1))
    counted: Counter[tuple[int, str, int]] = Counter()
    served: dict[tuple[int, str], Served] = {}
    with reading() as session:
        for desk in session.scalars(select(Desk)).all():
            query = CountQuery(
                unit_id=desk.unit_id, period=period, by=Dimension.DAY, desk_id=desk.id
            )
            for row in counting.count(session, query).rows:
                for level in row.levels:
                    counted[desk.id, row.key, level.position] += level.count
                served[desk.id, row.key] = (row.finished_visits or 0, row.rated_visits or 0)
    assert +counted == Counter(
        {(desk, str(day), position): n for (desk, day, position), n in answers.items()}
    )
    wanted = {(desk, str(day)): both for (desk, day), both in visits.items()}
    assert {key: both for key, both in served.items() if any(both)} == wanted
    return len(served)


def _recount_answers() -> dict[tuple[int, date, int], int]:
    """Count, by desk, day and level, the linked ratings that nothing voided or replaced."""
    replaced = select(Rating.supersedes_seq).where(Rating.supersedes_seq.is_not(None))
    columns = (Rating.desk_id, Rating.local_day, Level.position)
    wanted = (
        select(*columns, func.count(Rating.seq))
        .join(Level, Level.id == Rating.level_id)
        .where(
            Rating.visit_id.is_not(None),
            Rating.seq.not_in(select(RatingVoid.rating_seq)),
            Rating.seq.not_in(replaced),
        )
        .group_by(*columns)
    )
    with reading() as session:
        rows = session.execute(wanted).all()
    return {(desk, day, position): n for desk, day, position, n in rows if day}


def _recount_visits() -> dict[tuple[int, date], Served]:
    """Count, by desk and day, the finished visits, and those that were rated."""
    columns = (Visit.desk_id, Visit.closed_day)
    finished = select(*columns, func.count(Visit.id)).where(Visit.closed_day.is_not(None))
    rated = finished.where(Visit.outcome == Outcome.RATED).group_by(*columns)
    with reading() as session:
        by_rated = {(desk, day): n for desk, day, n in session.execute(rated)}
        every = session.execute(finished.group_by(*columns)).all()
    return {(desk, day): (n, by_rated.get((desk, day), 0)) for desk, day, n in every if day}


def _check_stored_days() -> int:
    """Rebuild days whose counts are stored: not a row of any table may change."""
    with reading() as session:
        current = CountedDay.marked_at.is_(None), CountedDay.rebuilt_at.is_not(None)
        days = session.scalars(select(CountedDay.local_day).where(*current)).all()
    sample = sorted(days)[:: max(1, len(days) // DAYS_REBUILT)]
    for day in sample:
        before = _rows_of(day)
        _rebuild([day])
        assert _rows_of(day) == before, f"the stored counts of {day} were not those of its ratings"
    return len(sample)


def _rows_of(day: date) -> list[list[str]]:
    with reading() as session:
        return [
            sorted(
                str(row) for row in session.execute(select(table).where(table.c.local_day == day))
            )
            for table in (model.__table__ for model in COUNTS)
        ]


def _stale_days() -> Sequence[date]:
    with reading() as session:
        return rollups.list_stale_days(session)


def _rebuild(days: Sequence[date]) -> None:
    for day in days:
        with unit_of_work() as session:
            rollups.rebuild_day(session, day)
