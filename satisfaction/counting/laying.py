"""Lay the figures of a question out along a dimension: by desk, by day, by procedure.

Refuses a figure without its denominator.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.counting.kept import read_stored
from satisfaction.counting.lines import BY_PROCEDURE, Line, find_lines
from satisfaction.counting.selecting import (
    IS_ANSWER,
    IS_MARKED,
    POSITIONS,
    STANDING,
    finished_visits,
    standing_ratings,
)
from satisfaction.counting.sources import RATINGS, Source
from satisfaction.counting.spans import Part, Stored, split, within
from satisfaction.counting.tallies import Tallies, Tally
from satisfaction.database import read_once
from satisfaction.figures import CountQuery, CountRow, Figures, LevelCount
from satisfaction.models import (
    DailyCount,
    DailyProcedureCount,
    DailyProcedureVisitCount,
    DailyVisitCount,
    Level,
    Rating,
    Scale,
    Visit,
)
from satisfaction.office import get_unit, name_of, segments_under
from satisfaction.periods import iso_week
from satisfaction.terms import Dimension, Standing


def count(session: Session, query: CountQuery, *, with_apart: bool = True) -> Figures:
    """Return the figures that answer a question, exact at this moment.

    Shape: one row for each line that has visits or ratings, in reading order, and their total.
    What is said apart, marked and assisted answers, is nought where it is not asked for.
    Raises: UnitNotFoundError.
    """
    segments = segments_under(session, query.unit_id, query.period)
    tallies: Tallies = {}
    stored, live = split(session, segments)
    _count_stored(session, query, stored, tallies)
    _count_live(session, query, live, tallies)
    if with_apart:
        whole = [(part.period, part.unit_ids) for part in segments]
        _count_apart(session, query, whole, tallies)
    return _as_figures(session, query, tallies)


_VISITS = Source(Visit, Visit.channel, Visit.procedure_id)
_DAILY = (
    Source(DailyCount, DailyCount.channel, source=DailyCount.source),
    Source(DailyVisitCount, DailyVisitCount.channel),
)
_DAILY_BY_PROCEDURE = (
    Source(
        DailyProcedureCount,
        DailyProcedureCount.channel,
        DailyProcedureCount.procedure_key,
        DailyProcedureCount.source,
    ),
    Source(
        DailyProcedureVisitCount,
        DailyProcedureVisitCount.channel,
        DailyProcedureVisitCount.procedure_key,
    ),
)


def _count_live(
    session: Session, query: CountQuery, parts: Sequence[Part], tallies: Tallies
) -> None:
    """Count from ratings and visits themselves."""
    if not parts:
        return
    ratings = _live_ratings(query.by).where(
        within(parts, day=Rating.local_day, unit=Rating.unit_id), *RATINGS.filters(query)
    )
    for row in session.execute(ratings):
        tally = tallies.setdefault(_key(query.by, row.key), Tally())
        tally.add((row.scale_id, row.position), row.amount, standing=Standing(row.standing))
    visits = _live_visits(query.by).where(
        within(parts, day=Visit.closed_day, unit=Visit.unit_id), *_VISITS.filters(query)
    )
    _add_visits(query.by, session.execute(visits), tallies)


# Made once for each dimension: that takes longer than to run them for a quiet day.
@cache
def _live_ratings(by: Dimension) -> Select[Any]:
    key = _key_column(by, RATINGS).label("key")
    return standing_ratings(key, Level.scale_id, Level.position, STANDING.label("standing"))


@cache
def _live_visits(by: Dimension) -> Select[Any]:
    return finished_visits(_visit_key(by, _VISITS).label("key"))


def _count_stored(session: Session, query: CountQuery, stored: Stored, tallies: Tallies) -> None:
    """Count from the daily counts; those by procedure are larger, and read where they must be."""
    if not stored:
        return
    by_procedure = query.by in BY_PROCEDURE or query.procedure_id is not None
    counts, visit_counts = _DAILY_BY_PROCEDURE if by_procedure else _DAILY
    for row in read_stored(
        session,
        ("answers", query, stored),
        lambda: _stored_ratings(query, counts, stored.parts),
    ):
        tally = tallies.setdefault(_key(query.by, row.key), Tally())
        for position, amount in zip(POSITIONS, row[3:], strict=True):
            if amount:
                tally.add((row.scale_id, position), int(amount), standing=row.standing)
    visits = read_stored(
        session,
        ("visits", query, stored),
        lambda: _stored_visits(query, visit_counts, stored.parts),
    )
    _add_visits(query.by, visits, tallies)


def _stored_ratings(query: CountQuery, counts: Source, parts: Sequence[Part]) -> Select[Any]:
    key, model = _key_column(query.by, counts), counts.model
    sums = [func.sum(getattr(model, f"level_{n}")).label(f"level_{n}") for n in POSITIONS]
    return (
        select(key.label("key"), model.scale_id, model.standing, *sums)
        .where(within(parts, day=model.local_day, unit=model.unit_id), *counts.filters(query))
        .group_by(key, model.scale_id, model.standing)
    )


def _stored_visits(query: CountQuery, counts: Source, parts: Sequence[Part]) -> Select[Any]:
    key, model = _visit_key(query.by, counts), counts.model
    return (
        select(
            key.label("key"),
            func.sum(model.finished).label("finished"),
            func.sum(model.rated).label("rated"),
        )
        .where(within(parts, day=model.local_day, unit=model.unit_id), *counts.filters(query))
        .group_by(key)
    )


def _count_apart(
    session: Session, query: CountQuery, parts: Sequence[Part], tallies: Tallies
) -> None:
    """Count the answers that are said apart, which are few, from the ratings, for every day."""
    key = _key_column(query.by, RATINGS).label("key")
    answers = standing_ratings(key).where(
        *IS_ANSWER,
        within(parts, day=Rating.local_day, unit=Rating.unit_id),
        *RATINGS.filters(query),
    )
    for row in session.execute(answers.where(IS_MARKED)):
        tallies.setdefault(_key(query.by, row.key), Tally()).marked += row.amount
    for row in session.execute(answers.where(Rating.is_assisted)):
        tallies.setdefault(_key(query.by, row.key), Tally()).assisted += row.amount


def _add_visits(by: Dimension, rows: Iterable[Any], tallies: Tallies) -> None:
    """Add finished visits to their lines; along the source they have none but the total."""
    for row in rows:
        key = None if by is Dimension.SOURCE else _key(by, row.key)
        tally = tallies.setdefault(key, Tally())
        tally.finished += int(row.finished)
        tally.rated += int(row.rated)


def _key_column(by: Dimension, source: Source) -> Any:
    """Return the column along which ratings are grouped."""
    model = source.model
    if by in _DAYS:
        return model.local_day
    if by in BY_PROCEDURE:
        return source.procedure
    if by is Dimension.CHANNEL:
        return source.channel
    return {Dimension.DESK: model.desk_id, Dimension.SOURCE: model.source}.get(by, model.unit_id)


def _visit_key(by: Dimension, source: Source) -> Any:
    """Return the column along which finished visits are grouped."""
    model = source.model
    if by in _DAYS:
        return Visit.closed_day if model is Visit else model.local_day
    if by in BY_PROCEDURE:
        return source.procedure
    if by is Dimension.CHANNEL:
        return source.channel
    return model.desk_id if by is Dimension.DESK else model.unit_id


_DAYS = {Dimension.DAY, Dimension.WEEK, Dimension.MONTH}


def _key(by: Dimension, value: Any) -> Any:
    """Return the line to which a grouped value belongs; visits without a procedure have none."""
    if by is Dimension.TOTAL:
        return ""
    if by is Dimension.WEEK:
        return iso_week(value)
    if by is Dimension.MONTH:
        return f"{value:%Y-%m}"
    return value or None if by in BY_PROCEDURE else value


def _as_figures(session: Session, query: CountQuery, tallies: Tallies) -> Figures:
    unit = get_unit(session, query.unit_id)
    name = name_of(unit, query.period.last_day)
    levels = read_once(session, _levels, lambda: _levels(session))
    whole = Tally()
    for tally in tallies.values():
        whole.merge(tally)
    by_source = query.by is Dimension.SOURCE
    if by_source:
        tallies.pop(None, None)
    lines = find_lines(session, query, tallies)
    gathered: dict[Line, Tally] = {}
    for key, tally in tallies.items():
        gathered.setdefault(lines[key], Tally()).merge(tally)
    has_visits = query.source is None
    return Figures(
        query=query,
        unit_code=name.code,
        unit_name=name.name,
        is_demonstration=unit.is_demonstration,
        counted_at=clock.now(),
        rows=tuple(
            _as_row(line, gathered[line], levels, has_visits=has_visits and not by_source)
            for line in sorted(gathered, key=lambda line: line.order)
        ),
        total=_as_row(Line("", ""), whole, levels, has_visits=has_visits),
    )


_Levels = dict[int, list[LevelCount]]


def _levels(session: Session) -> _Levels:
    """Return every scale's levels with a count of nought."""
    found: _Levels = {}
    for scale in session.scalars(select(Scale)):
        found[scale.id] = [
            LevelCount(
                scale=f"{scale.code}-{scale.version}",
                position=level.position,
                label_vi=level.label_vi,
                label_en=level.label_en,
                leaning=level.leaning,
                face=level.face,
                count=0,
            )
            for level in scale.levels
        ]
    return found


def _as_row(line: Line, tally: Tally, levels: _Levels, *, has_visits: bool) -> CountRow:
    scales = sorted({scale_id for scale_id, _ in tally.levels})
    return CountRow(
        key=line.key,
        label=line.label,
        detail=line.detail,
        finished_visits=tally.finished if has_visits else None,
        rated_visits=tally.rated if has_visits else None,
        levels=tuple(
            level.counted(tally.levels.get((scale_id, level.position), 0))
            for scale_id in scales
            for level in levels[scale_id]
        ),
        unlinked=tally.unlinked,
        voided=tally.voided,
        marked=tally.marked,
        assisted=tally.assisted,
    )
