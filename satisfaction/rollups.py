"""Rebuild the daily counts of a closed day from its ratings and visits. Never increments.

Time: a day may be rebuilt any number of times, and late; ratings that arrive afterwards mark it,
and a marked day is counted live until it is rebuilt again.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.counting import CHANNEL, POSITIONS, STANDING, finished_visits, standing_ratings
from satisfaction.database import LocalDay
from satisfaction.days import hold_day_alone
from satisfaction.errors import InvalidPeriodError
from satisfaction.models import (
    CountedDay,
    DailyCount,
    DailyVisitCount,
    Level,
    Rating,
    Visit,
)

_UPSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
# Made once: building these statements takes as long as running them for a quiet day.
_DAY = bindparam("day", type_=LocalDay)
_RATINGS = standing_ratings(
    Rating.unit_id,
    Rating.desk_id,
    Level.scale_id,
    CHANNEL.label("channel"),
    Rating.source,
    STANDING.label("standing"),
    Level.position,
).where(Rating.local_day == _DAY)
_VISITS = finished_visits(Visit.unit_id, Visit.desk_id, Visit.channel).where(
    Visit.closed_day == _DAY
)


def rebuild_day(session: Session, day: date) -> None:
    """Store the counts of a closed day anew.

    Writes: daily_count and daily_visit_count of the day; its mark is taken away.
    Raises: InvalidPeriodError for today or a day to come, which are counted live.
    """
    if day >= clock.today():
        raise InvalidPeriodError(day=day)
    hold_day_alone(session.connection(), day)
    session.execute(delete(DailyCount).where(DailyCount.local_day == day))
    session.execute(delete(DailyVisitCount).where(DailyVisitCount.local_day == day))
    if ratings := _rating_rows(session, day):
        session.execute(insert(DailyCount), ratings)
    if visits := _visit_rows(session, day):
        session.execute(insert(DailyVisitCount), visits)
    upsert = _UPSERT[session.get_bind().dialect.name](CountedDay)
    state = {"local_day": day, "rebuilt_at": clock.now(), "marked_at": None}
    session.execute(
        upsert.values(state).on_conflict_do_update(index_elements=["local_day"], set_=state)
    )


def _rating_rows(session: Session, day: date) -> list[dict[str, Any]]:
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for found in session.execute(_RATINGS, {"day": day}):
        *place, position, amount = found
        row = rows.setdefault(
            tuple(place),
            dict(
                zip(
                    ("unit_id", "desk_id", "scale_id", "channel", "source", "standing"),
                    place,
                    strict=True,
                ),
                local_day=day,
                **{f"level_{n}": 0 for n in POSITIONS},
            ),
        )
        row[f"level_{position}"] += amount
    return list(rows.values())


def _visit_rows(session: Session, day: date) -> list[dict[str, Any]]:
    found = session.execute(_VISITS, {"day": day}).mappings()
    return [{**row, "local_day": day} for row in map(dict, found)]


def list_stale_days(session: Session, *, most: int = 4000) -> Sequence[date]:
    """Return closed days that have no stored counts or are marked, oldest first."""
    first = session.scalar(select(func.min(Rating.local_day)))
    first_visit = session.scalar(select(func.min(Visit.closed_day)))
    days = [day for day in (first, first_visit) if day is not None]
    if not days:
        return []
    current = set(
        session.scalars(
            select(CountedDay.local_day).where(
                CountedDay.marked_at.is_(None), CountedDay.rebuilt_at.is_not(None)
            )
        )
    )
    today, start = clock.today(), min(days)
    span = (start + timedelta(days=n) for n in range((today - start).days))
    return [day for day in span if day not in current][:most]
