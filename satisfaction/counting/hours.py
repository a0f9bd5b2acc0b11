"""When in the week people are satisfied: answers by the day and the hour in which they were given.

Refuses opinions without a visit and voided ratings, as every share does.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from satisfaction.counting.kept import read_stored
from satisfaction.counting.selecting import HOUR, IS_ANSWER, standing_ratings
from satisfaction.counting.sources import RATINGS, Source
from satisfaction.counting.spans import Part, Stored, split, within
from satisfaction.figures import CountQuery, HourCount
from satisfaction.models import DailyHourCount, Level, Rating
from satisfaction.office import segments_under
from satisfaction.terms import Leaning


def count_hours(session: Session, query: CountQuery) -> tuple[HourCount, ...]:
    """Return the answers of each weekday and hour that has any, Monday first.

    Time: by the office's wall clock. With a procedure or a source every day is counted live,
    because hours are not stored by these.
    Raises: UnitNotFoundError.
    """
    segments = segments_under(session, query.unit_id, query.period)
    stored, live = split(session, segments)
    if query.procedure_id is not None or query.source is not None:
        stored, live = Stored(), [(part.period, part.unit_ids) for part in segments]
    found: dict[tuple[int, int], list[int]] = {}
    for day, hour, leaning, amount in [
        *_count_stored(session, query, stored),
        *_count_live(session, query, live),
    ]:
        place = found.setdefault((day.weekday(), hour), [0, 0])
        place[0] += amount if leaning is Leaning.SATISFIED else 0
        place[1] += amount
    return tuple(HourCount(*place, *counts) for place, counts in sorted(found.items()))


def _count_stored(session: Session, query: CountQuery, stored: Stored) -> list[Any]:
    if not stored:
        return []
    rows = read_stored(
        session,
        ("hours", query, stored),
        lambda: _stored_hours(query, stored.parts),
    )
    return [
        (day, hour, leaning, int(amount))
        for day, hour, *amounts in rows
        for leaning, amount in zip((Leaning.SATISFIED, Leaning.NEUTRAL), amounts, strict=True)
    ]


def _stored_hours(query: CountQuery, parts: Sequence[Part]) -> Select[date, int, int, int]:
    model = DailyHourCount
    satisfied, others = func.sum(model.satisfied), func.sum(model.neutral + model.dissatisfied)
    return (
        select(model.local_day, model.hour, satisfied, others)
        .where(within(parts, day=model.local_day, unit=model.unit_id), *_HOURS.filters(query))
        .group_by(model.local_day, model.hour)
    )


def _count_live(session: Session, query: CountQuery, parts: Sequence[Part]) -> list[Any]:
    if not parts:
        return []
    rows = standing_ratings(Rating.local_day, HOUR.label("hour"), Level.leaning).where(
        *IS_ANSWER,
        within(parts, day=Rating.local_day, unit=Rating.unit_id),
        *RATINGS.filters(query),
    )
    return [tuple(row) for row in session.execute(rows)]


_HOURS = Source(DailyHourCount, DailyHourCount.channel)
