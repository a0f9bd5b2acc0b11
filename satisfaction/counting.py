"""The only source of figures. Screen, file, command and letter read them here.

Refuses a figure without its denominator, and never mixes linked, unlinked and voided ratings.
Days that are closed and unmarked come from ``daily_count``; today and marked days are counted
from the ratings themselves, so that figures are exact at every moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from satisfaction import clock
from satisfaction.figures import CountQuery, CountRow, Figures, LevelCount
from satisfaction.models import (
    CountedDay,
    DailyCount,
    DailyVisitCount,
    Desk,
    Level,
    Procedure,
    Rating,
    RatingMark,
    RatingVoid,
    Scale,
    Sector,
    Unit,
    Visit,
)
from satisfaction.models.scale import MOST_LEVELS
from satisfaction.office import Segment, get_unit, name_of, segments_under
from satisfaction.periods import Period, iso_week
from satisfaction.terms import Channel, Dimension, Outcome, Standing
from satisfaction.text import sort_key


@dataclass
class _Tally:
    """What is being added up for one line."""

    finished: int = 0
    rated: int = 0
    levels: dict[tuple[int, int], int] = field(default_factory=dict)
    unlinked: int = 0
    voided: int = 0
    marked: int = 0
    assisted: int = 0

    def merge(self, other: "_Tally") -> None:
        self.finished += other.finished
        self.rated += other.rated
        self.unlinked += other.unlinked
        self.voided += other.voided
        self.marked += other.marked
        self.assisted += other.assisted
        for place, amount in other.levels.items():
            self.levels[place] = self.levels.get(place, 0) + amount

    def add(self, scale_id: int, position: int, standing: Standing, count: int) -> None:
        if standing is Standing.UNLINKED:
            self.unlinked += count
        elif standing is Standing.VOIDED:
            self.voided += count
        elif count:
            place = (scale_id, position)
            self.levels[place] = self.levels.get(place, 0) + count


_Tallies = dict[Any, _Tally]
_superseder = aliased(Rating, name="superseder")
STANDING = case(
    (RatingVoid.rating_seq.is_not(None), Standing.VOIDED.value),
    (Rating.visit_id.is_(None), Standing.UNLINKED.value),
    else_=Standing.LINKED.value,
)
CHANNEL = func.coalesce(Visit.channel, literal(Channel.UNKNOWN, Visit.channel.type))
POSITIONS = range(1, MOST_LEVELS + 1)
OUTCOMES = tuple(Outcome)
_IS_MARKED = Rating.seq.in_(select(RatingMark.rating_seq))
MOST_RUNS = 50


def standing_ratings(*columns: Any) -> Select[Any]:
    """Return a grouped count over the last rating of each chain; one meaning for all counts."""
    return (
        select(*columns, func.count().label("amount"))
        .select_from(Rating)
        .outerjoin(Visit, Visit.id == Rating.visit_id)
        .outerjoin(RatingVoid, RatingVoid.rating_seq == Rating.seq)
        .outerjoin(_superseder, _superseder.supersedes_seq == Rating.seq)
        .join(Level, Level.id == Rating.level_id)
        .where(_superseder.seq.is_(None))
        .group_by(*columns)
    )


def finished_visits(*columns: Any) -> Select[Any]:
    """Return a grouped count over finished visits, one column for each outcome."""
    return (
        select(
            *columns,
            func.count().label("finished"),
            *[
                func.count(case((Visit.outcome == outcome, 1))).label(outcome.value)
                for outcome in OUTCOMES
            ],
        )
        .select_from(Visit)
        .where(Visit.closed_day.is_not(None))
        .group_by(*columns)
    )


def count(session: Session, query: CountQuery) -> Figures:
    """Return the figures that answer a question, exact at this moment.

    Shape: one row for each line that has visits or ratings, in reading order, and their total.
    Raises: UnitNotFoundError.
    """
    segments = segments_under(session, query.unit_id, query.period)
    tallies: _Tallies = {}
    whole = [(part.period, part.unit_ids) for part in segments]
    if query.by in _ONLY_LIVE or query.procedure_id is not None:
        _count_live(session, query, whole, tallies)
    else:
        stored, live = _split(session, segments)
        _count_stored(session, query, stored, tallies)
        _count_live(session, query, live, tallies)
    _count_apart(session, query, whole, tallies)
    return _as_figures(session, query, tallies)


_ONLY_LIVE = {Dimension.PROCEDURE, Dimension.SECTOR}
_Part = tuple[Period, frozenset[int]]


def _split(session: Session, segments: Sequence[Segment]) -> tuple[list[_Part], list[_Part]]:
    """Part each segment into runs of days that are stored and runs that are counted live."""
    stored: list[_Part] = []
    live: list[_Part] = []
    whole = Period(segments[0].period.first_day, segments[-1].period.end_day)
    closed = set(
        session.scalars(
            select(CountedDay.local_day).where(
                CountedDay.local_day >= whole.first_day,
                CountedDay.local_day < whole.end_day,
                CountedDay.rebuilt_at.is_not(None),
                CountedDay.marked_at.is_(None),
            )
        )
    )
    for segment in segments:
        for period, is_closed in _runs(segment.period, closed):
            (stored if is_closed else live).append((period, segment.unit_ids))
    return stored, live


def _runs(period: Period, closed: set[date]) -> Iterable[tuple[Period, bool]]:
    first, state = period.first_day, period.first_day in closed
    for day in period.days():
        if (day in closed) != state:
            yield Period(first, day), state
            first, state = day, not state
    yield Period(first, period.end_day), state


def _within(day: Any, unit: Any, parts: Sequence[_Part]) -> ColumnElement[bool]:
    """Return the condition of lying in one of these parts.

    Each set of units stands in it once, because engines limit how many values a statement has.
    """
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


def _filters(query: CountQuery, model: Any, channel: Any) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.desk_id is not None:
        wanted.append(model.desk_id == query.desk_id)
    if query.channel is not None:
        wanted.append(channel == query.channel.value)
    return wanted


def _count_live(
    session: Session, query: CountQuery, parts: Sequence[_Part], tallies: _Tallies
) -> None:
    """Count from ratings and visits themselves."""
    if not parts:
        return
    key = _key_column(query.by, Rating).label("key")
    ratings = standing_ratings(
        key, Level.scale_id, Level.position, STANDING.label("standing")
    ).where(_within(Rating.local_day, Rating.unit_id, parts), *_filters(query, Rating, CHANNEL))
    if query.source is not None:
        ratings = ratings.where(Rating.source == query.source)
    if query.procedure_id is not None:
        ratings = ratings.where(Visit.procedure_id == query.procedure_id)
    for row in session.execute(ratings):
        tally = tallies.setdefault(_key(query.by, row.key), _Tally())
        tally.add(row.scale_id, row.position, Standing(row.standing), row.amount)
    visits = finished_visits(_visit_key(query.by, Visit).label("key")).where(
        _within(Visit.closed_day, Visit.unit_id, parts), *_filters(query, Visit, Visit.channel)
    )
    if query.procedure_id is not None:
        visits = visits.where(Visit.procedure_id == query.procedure_id)
    _add_visits(query.by, session.execute(visits), tallies)


def _count_stored(
    session: Session, query: CountQuery, parts: Sequence[_Part], tallies: _Tallies
) -> None:
    """Count from the daily counts."""
    if not parts:
        return
    key = _key_column(query.by, DailyCount)
    sums = [func.sum(getattr(DailyCount, f"level_{n}")).label(f"level_{n}") for n in POSITIONS]
    ratings = (
        select(key.label("key"), DailyCount.scale_id, DailyCount.standing, *sums)
        .where(
            _within(DailyCount.local_day, DailyCount.unit_id, parts),
            *_filters(query, DailyCount, DailyCount.channel),
        )
        .group_by(key, DailyCount.scale_id, DailyCount.standing)
    )
    if query.source is not None:
        ratings = ratings.where(DailyCount.source == query.source)
    for row in session.execute(ratings):
        tally = tallies.setdefault(_key(query.by, row.key), _Tally())
        for position, amount in zip(POSITIONS, row[3:], strict=True):
            if amount:
                tally.add(row.scale_id, position, row.standing, int(amount))
    visit_key = _visit_key(query.by, DailyVisitCount)
    visits = (
        select(
            visit_key.label("key"),
            func.sum(DailyVisitCount.finished).label("finished"),
            func.sum(DailyVisitCount.rated).label("rated"),
        )
        .where(
            _within(DailyVisitCount.local_day, DailyVisitCount.unit_id, parts),
            *_filters(query, DailyVisitCount, DailyVisitCount.channel),
        )
        .group_by(visit_key)
    )
    _add_visits(query.by, session.execute(visits), tallies)


def _count_apart(
    session: Session, query: CountQuery, parts: Sequence[_Part], tallies: _Tallies
) -> None:
    """Count the answers that are said apart, which are few, from the ratings, for every day."""
    if not parts:
        return
    key = _key_column(query.by, Rating).label("key")
    answers = standing_ratings(key).where(
        Rating.visit_id.is_not(None),
        RatingVoid.rating_seq.is_(None),
        _within(Rating.local_day, Rating.unit_id, parts),
        *_filters(query, Rating, CHANNEL),
    )
    if query.source is not None:
        answers = answers.where(Rating.source == query.source)
    if query.procedure_id is not None:
        answers = answers.where(Visit.procedure_id == query.procedure_id)
    for row in session.execute(answers.where(_IS_MARKED)):
        tallies.setdefault(_key(query.by, row.key), _Tally()).marked += row.amount
    for row in session.execute(answers.where(Rating.is_assisted)):
        tallies.setdefault(_key(query.by, row.key), _Tally()).assisted += row.amount


def _add_visits(by: Dimension, rows: Iterable[Any], tallies: _Tallies) -> None:
    """Add finished visits to their lines; along the source they have none but the total."""
    for row in rows:
        key = None if by is Dimension.SOURCE else _key(by, row.key)
        tally = tallies.setdefault(key, _Tally())
        tally.finished += int(row.finished)
        tally.rated += int(row.rated)


def _key_column(by: Dimension, model: Any) -> Any:
    """Return the column along which ratings are grouped."""
    if by in _DAYS:
        return model.local_day
    if by is Dimension.CHANNEL:
        return CHANNEL if model is Rating else model.channel
    if by in _ONLY_LIVE:
        return Visit.procedure_id
    return {Dimension.DESK: model.desk_id, Dimension.SOURCE: model.source}.get(by, model.unit_id)


def _visit_key(by: Dimension, model: Any) -> Any:
    """Return the column along which finished visits are grouped."""
    if by in _DAYS:
        return Visit.closed_day if model is Visit else model.local_day
    if by in _ONLY_LIVE:
        return Visit.procedure_id
    return {Dimension.DESK: model.desk_id, Dimension.CHANNEL: model.channel}.get(by, model.unit_id)


_DAYS = {Dimension.DAY, Dimension.WEEK, Dimension.MONTH}


def _key(by: Dimension, value: Any) -> Any:
    """Return the line to which a grouped value belongs."""
    if by is Dimension.TOTAL:
        return ""
    if by is Dimension.WEEK:
        return iso_week(value)
    if by is Dimension.MONTH:
        return f"{value:%Y-%m}"
    return value


@dataclass(frozen=True)
class _Line:
    """Where a tally is shown: a stable key, the words, and the place in the order."""

    key: str
    label: str
    detail: str = ""
    order: Any = ()

    def __hash__(self) -> int:
        """Return a hash that costs little, because the order is long."""
        return hash(self.key)


def _as_figures(session: Session, query: CountQuery, tallies: _Tallies) -> Figures:
    unit = get_unit(session, query.unit_id)
    name = name_of(unit, query.period.last_day)
    levels = _levels(session)
    whole = _Tally()
    for tally in tallies.values():
        whole.merge(tally)
    by_source = query.by is Dimension.SOURCE
    if by_source:
        tallies.pop(None, None)
    lines = _lines(session, query, tallies)
    gathered: dict[_Line, _Tally] = {}
    for key, tally in tallies.items():
        gathered.setdefault(lines[key], _Tally()).merge(tally)
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
        total=_as_row(_Line("", ""), whole, levels, has_visits=has_visits),
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


def _as_row(line: _Line, tally: _Tally, levels: _Levels, *, has_visits: bool) -> CountRow:
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


def _lines(session: Session, query: CountQuery, tallies: _Tallies) -> dict[Any, _Line]:
    """Return for each grouped value the line on which it stands."""
    keys = list(tallies)
    if query.by is Dimension.DESK:
        return _desk_lines(session, query, keys)
    if query.by is Dimension.UNIT:
        return _unit_lines(session, query, keys)
    if query.by in _ONLY_LIVE:
        return _procedure_lines(session, query, keys)
    if query.by in {Dimension.CHANNEL, Dimension.SOURCE}:
        return {key: _Line(key.value, key.value, order=_place(key)) for key in keys}
    return {key: _Line(str(key), str(key), order=str(key)) for key in keys}


def _place(word: StrEnum) -> int:
    """Return the place of a word in its vocabulary."""
    return [member.value for member in type(word)].index(word.value)


def _desk_lines(session: Session, query: CountQuery, keys: Sequence[int]) -> dict[Any, _Line]:
    wanted = select(Desk.id, Desk.unit_id, Desk.name, Desk.detail).where(Desk.id.in_(keys))
    desks = session.execute(wanted).all()
    units = session.scalars(select(Unit).where(Unit.id.in_({desk.unit_id for desk in desks})))
    names = {unit.id: name_of(unit, query.period.last_day).name for unit in units}
    lines = {}
    for desk in desks:
        unit_name = names[desk.unit_id]
        is_own = desk.unit_id == query.unit_id
        lines[desk.id] = _Line(
            str(desk.id),
            desk.name,
            desk.detail if is_own else unit_name,
            (not is_own, sort_key(unit_name), sort_key(desk.name), desk.id),
        )
    return lines


def _unit_lines(session: Session, query: CountQuery, keys: Sequence[int]) -> dict[Any, _Line]:
    lines = {}
    for unit in session.scalars(select(Unit).where(Unit.id.in_(keys))):
        name = name_of(unit, query.period.last_day)
        is_own = unit.id == query.unit_id
        order = (not is_own, sort_key(name.name), unit.id)
        lines[unit.id] = _Line(name.code, name.name, order=order)
    return lines


def _procedure_lines(
    session: Session, query: CountQuery, keys: Sequence[int | None]
) -> dict[Any, _Line]:
    found = session.execute(
        select(Procedure, Sector).join(Sector).where(Procedure.id.in_([k for k in keys if k]))
    )
    lines: dict[Any, _Line] = {None: _Line("unknown", "", order=(True, sort_key(""), ""))}
    for procedure, sector in found:
        if query.by is Dimension.SECTOR:
            words = (sector.name, sector.name, "")
        else:
            words = (procedure.national_code, procedure.short_name, sector.name)
        lines[procedure.id] = _Line(*words, order=(False, sort_key(words[1]), words[0]))
    return lines
