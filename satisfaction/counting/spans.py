"""Which days of a question are stored and which are counted live, as conditions of a statement.

Refuses to count: it only says where to look.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from satisfaction.database import read_once
from satisfaction.models import CountedDay
from satisfaction.office import Segment
from satisfaction.periods import Period

MOST_RUNS = 50
Part = tuple[Period, frozenset[int]]


@dataclass(frozen=True)
class Stored:
    """Runs of days whose counts are stored, and the version of these counts.

    Nothing about the stored counts of these days has changed while the version is the same.
    """

    parts: tuple[Part, ...] = ()
    version: int = 0

    def __bool__(self) -> bool:
        return bool(self.parts)


def split(session: Session, segments: Sequence[Segment]) -> tuple[Stored, list[Part]]:
    """Divide each segment into runs of days that are stored and runs that are counted live."""
    whole = tuple(segments)
    return read_once(session, (split, whole), lambda: _split(session, whole))


def _split(session: Session, segments: Sequence[Segment]) -> tuple[Stored, list[Part]]:
    stored: list[Part] = []
    live: list[Part] = []
    whole = Period(segments[0].period.first_day, segments[-1].period.end_day)
    closed = read_once(session, (_split, whole), lambda: _read_closed(session, whole))
    for segment in segments:
        for period, is_closed in _runs(segment.period, closed):
            (stored if is_closed else live).append((period, segment.unit_ids))
    return Stored(tuple(stored), hash(tuple(closed.items()))), live


def _read_closed(session: Session, period: Period) -> dict[date, datetime]:
    """Return the days of a period whose counts are stored and still true, and since when."""
    rows = session.execute(
        select(CountedDay.local_day, CountedDay.rebuilt_at)
        .where(
            CountedDay.local_day >= period.first_day,
            CountedDay.local_day < period.end_day,
            CountedDay.rebuilt_at.is_not(None),
            CountedDay.marked_at.is_(None),
        )
        .order_by(CountedDay.local_day)
    )
    return {row.local_day: row.rebuilt_at for row in rows}


def _runs(period: Period, closed: Container[date]) -> Iterable[tuple[Period, bool]]:
    first, state = period.first_day, period.first_day in closed
    for day in period.days():
        if (day in closed) != state:
            yield Period(first, day), state
            first, state = day, not state
    yield Period(first, period.end_day), state


def within(parts: Sequence[Part], *, day: Any, unit: Any) -> ColumnElement[bool]:
    """Return the condition of lying in one of these parts.

    Each set of units stands in it once, because engines limit how many values a statement has.
    """
    return _within(tuple(parts), day, unit)


@lru_cache(maxsize=128)
def _within(parts: tuple[Part, ...], day: Any, unit: Any) -> ColumnElement[bool]:
    """Make the condition; a page asks for the same one many times, so the latest are kept."""
    periods: dict[frozenset[int], list[Period]] = {}
    for period, unit_ids in parts:
        periods.setdefault(unit_ids, []).append(period)
    return or_(
        *[
            and_(unit.in_(sorted(unit_ids)), _on_days(day, runs))
            for unit_ids, runs in periods.items()
        ]
    )


def _on_days(day: Any, runs: Sequence[Period]) -> ColumnElement[bool]:
    """Return the condition of lying in one of these runs; many runs would nest too deeply."""
    if len(runs) <= MOST_RUNS:
        return or_(*[and_(day >= run.first_day, day < run.end_day) for run in runs])
    return cast(ColumnElement[bool], day.in_([one for run in runs for one in run.days()]))
