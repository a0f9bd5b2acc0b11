"""A unit's figures for those who see no single answers: months that are over, safe to show.

Refuses a period that is not whole months that are over, and a unit with others under it: its
figures less those of its parts would give away what is hidden.

Source: docs/adr/0019-small-counts-are-hidden-by-blocks.md.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock, counting
from satisfaction.errors import InvalidPeriodError, SeveralUnitsError, UnitNotFoundError
from satisfaction.figures import CountQuery, CountRow, Figures, LevelCount
from satisfaction.models import Unit
from satisfaction.office import get_unit_by_code, name_of, segments_under
from satisfaction.overview import Choice
from satisfaction.periods import (
    Period,
    day_period,
    kind_of,
    month_period,
    months_period,
    quarter_period,
)
from satisfaction.rollups import find_settled
from satisfaction.suppression import (
    Counts,
    Grid,
    Groups,
    Ladder,
    Released,
    Shown,
    add_months,
    make_ladder,
    release_month,
)
from satisfaction.terms import Dimension, Leaning, PeriodKind
from satisfaction.text import sort_key

TABLES = (Dimension.DESK, Dimension.PROCEDURE, Dimension.CHANNEL, Dimension.DAY)
KINDS = {
    PeriodKind.MONTH,
    PeriodKind.QUARTER,
    PeriodKind.HALF_YEAR,
    PeriodKind.NINE_MONTHS,
    PeriodKind.YEAR,
}
MOST_MONTHS_BACK = 12
Group = tuple[LevelCount, ...]


@dataclass(frozen=True, kw_only=True)
class ReleaseTable:
    """One table: its lines by groups of levels, and the others, ``joined`` of them, together."""

    by: Dimension
    groups: tuple[Group, ...]
    lines: tuple[tuple[CountRow, Counts], ...]
    others: Counts | None
    joined: int


@dataclass(frozen=True, kw_only=True)
class Release:
    """What may be shown of a unit and a period.

    ``left_out`` are months with too few answers to show any; nothing here counts them in. Where
    nothing else was answered, ``finished`` and ``rated`` are None: no number is shown at all.
    Units: counts of visits and answers; ``counts`` go by ``groups``.
    """

    unit_code: str
    unit_name: str
    is_demonstration: bool
    kind: PeriodKind
    period: Period
    as_of: datetime
    is_settled: bool
    limit: int
    left_out: tuple[Period, ...]
    groups: tuple[Group, ...]
    counts: Counts
    finished: int | None
    rated: int | None
    tables: tuple[ReleaseTable, ...]

    @property
    def answers(self) -> int | None:
        """All answers that are counted in; None where the only ones are too few to be shown."""
        return None if self.finished is None else sum(self.counts)


def satisfied_of(groups: Sequence[Group], counts: Counts) -> int | None:
    """Return how many answers are satisfied, or None where they are not told from the others."""
    kinds = [{level.leaning for level in group} for group in groups]
    if any(len(kind) > 1 and Leaning.SATISFIED in kind for kind in kinds):
        return None
    return sum(
        count for count, kind in zip(counts, kinds, strict=True) if kind == {Leaning.SATISFIED}
    )


def list_periods(today: date) -> list[Period]:
    """Return the periods that are over and may be asked for: a year's months, quarters, years."""
    month = month_period(today)
    months: list[Period] = []
    for _ in range(MOST_MONTHS_BACK):
        month = month_period(month.first_day - timedelta(days=1))
        months.append(month)
    years = (today.year, today.year - 1)
    quarters = [quarter_period(year, quarter) for year in years for quarter in (4, 3, 2, 1)]
    whole = [months_period(today.year - 1, 1, month_count=12)]
    return months + [one for one in quarters if one.end_day <= today] + whole


def may_be_asked(period: Period, today: date) -> bool:
    """Say whether a period is a month, quarter or year that is over."""
    kinds = {PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR}
    return kind_of(period) in kinds and period.end_day <= today


def build_release(session: Session, unit_id: int, period: Period, *, limit: int) -> Release:
    """Return what may be shown of a unit and whole months that are over.

    Raises: InvalidPeriodError; SeveralUnitsError; UnitNotFoundError.
    """
    kind = kind_of(period)
    if kind not in KINDS or period.end_day > clock.today():
        raise InvalidPeriodError(first_day=period.first_day, end_day=period.end_day)
    segments = segments_under(session, unit_id, period)
    if any(len(segment.unit_ids) > 1 for segment in segments):
        raise SeveralUnitsError(unit_id=unit_id)
    months = [_Month.read(session, unit_id, one) for one in _months(period)]
    levels = _all_levels(months)
    ladder = make_ladder([level.leaning for level in levels])
    found = {month: month.release(levels, ladder, limit=limit) for month in months}
    shown = {month: one for month, one in found.items() if one is not None}
    whole = add_months(list(shown.values()), ladder) if shown else _nothing()
    is_told = len(shown) == len(found) or any(whole.total)
    settled_at = find_settled(session, period)
    first = months[-1].tables[Dimension.DESK]
    return Release(
        unit_code=first.unit_code,
        unit_name=first.unit_name,
        is_demonstration=first.is_demonstration,
        kind=kind,
        period=period,
        as_of=settled_at or first.counted_at,
        is_settled=settled_at is not None,
        limit=limit,
        left_out=tuple(month.period for month in months if month not in shown),
        groups=_name_groups(ladder.rungs[whole.rung] if shown else (), levels),
        counts=whole.total,
        finished=sum(one.total.finished_visits or 0 for one in shown) if is_told else None,
        rated=sum(one.total.rated_visits or 0 for one in shown) if is_told else None,
        tables=tuple(
            _as_table(by, whole.tables[by], list(shown), ladder=ladder, levels=levels)
            for by in TABLES
            if by in whole.tables
        ),
    )


def _nothing() -> Released:
    return Released(0, (), {})


def _months(period: Period) -> Iterator[Period]:
    first = period.first_day
    while first < period.end_day:
        month = month_period(first)
        yield month
        first = month.end_day


@dataclass(frozen=True, eq=False)
class _Month:
    """The exact figures of a month, which stay here."""

    period: Period
    tables: Mapping[Dimension, Figures]

    @classmethod
    def read(cls, session: Session, unit_id: int, period: Period) -> "_Month":
        return cls(
            period,
            {
                by: counting.count(session, CountQuery(unit_id=unit_id, period=period, by=by))
                for by in TABLES
            },
        )

    @property
    def total(self) -> CountRow:
        return self.tables[Dimension.DESK].total

    def release(
        self, levels: Sequence[LevelCount], ladder: Ladder, *, limit: int
    ) -> Released | None:
        grids = {by.value: _as_grid(figures, levels) for by, figures in self.tables.items()}
        return release_month(grids, ladder, limit=limit)


def _all_levels(months: Sequence[_Month]) -> list[LevelCount]:
    """Return the levels of every scale that was answered, in the order of scale and place."""
    found = {
        (level.scale, level.position): level.counted(0)
        for month in months
        for level in month.total.levels
    }
    return [found[place] for place in sorted(found)]


def _as_grid(figures: Figures, levels: Sequence[LevelCount]) -> Grid:
    """Return the answers of each line by level; lines of the same key are one."""
    grid: dict[str, Counts] = {}
    for row in figures.rows:
        counts = {(level.scale, level.position): level.count for level in row.levels}
        line = [counts.get((level.scale, level.position), 0) for level in levels]
        before = grid.get(row.key, (0,) * len(levels))
        grid[row.key] = tuple(map(sum, zip(before, line, strict=True)))
    return grid


def _name_groups(groups: Groups, levels: Sequence[LevelCount]) -> tuple[Group, ...]:
    return tuple(tuple(levels[place] for place in group) for group in groups)


def _as_table(
    by: Dimension,
    shown: Shown,
    months: Sequence[_Month],
    *,
    ladder: Ladder,
    levels: Sequence[LevelCount],
) -> ReleaseTable:
    """Return a table with its lines in reading order: that of the months, one after another."""
    rows = {row.key: row for month in months for row in month.tables[by].rows}
    return ReleaseTable(
        by=by,
        groups=_name_groups(ladder.rungs[shown.rung], levels),
        lines=tuple((row, shown.lines[key]) for key, row in rows.items() if key in shown.lines),
        others=shown.others,
        joined=len(shown.joined),
    )


@dataclass(frozen=True)
class OwnRelease:
    """An officer's own units, the one that is shown, and what of it may be shown, if anything.

    There is no release of a unit under which others stand.
    """

    units: tuple[Choice, ...]
    unit_id: int
    release: Release | None


def build_own_release(
    session: Session, unit_ids: Set[int], unit_id: int | None, *, period: Period, limit: int
) -> OwnRelease:
    """Return the figures of one of the officer's units; without a unit, of the first one.

    Raises: UnitNotFoundError for a unit outside; InvalidPeriodError.
    """
    units = _list_units(session, unit_ids, period)
    chosen = units[0].id if unit_id is None and units else unit_id
    if chosen is None or chosen not in {unit.id for unit in units}:
        raise UnitNotFoundError(unit_id=chosen)
    try:
        release = build_release(session, chosen, period, limit=limit)
    except SeveralUnitsError:
        release = None
    return OwnRelease(units, chosen, release)


def _list_units(session: Session, unit_ids: Set[int], period: Period) -> tuple[Choice, ...]:
    """Return these units by their names at the end of a period."""
    units = session.scalars(select(Unit).where(Unit.id.in_(unit_ids)))
    named = [(name_of(unit, period.last_day), unit.id) for unit in units]
    return tuple(
        Choice(unit_id, name.name, name.code)
        for name, unit_id in sorted(named, key=lambda one: (sort_key(one[0].name), one[1]))
    )


def list_published(session: Session, codes: Sequence[str]) -> tuple[Choice, ...]:
    """Return the units of today that publish their figures."""
    found = []
    for code in codes:
        try:
            unit = get_unit_by_code(session, code, day_period(clock.today()))
        except UnitNotFoundError:
            continue
        found.append(Choice(unit.id, name_of(unit, clock.today()).name, code))
    return tuple(sorted(found, key=lambda unit: sort_key(unit.name)))


def build_public_release(session: Session, code: str, period: Period, *, limit: int) -> Release:
    """Return what may be shown of the unit that bore a code during a period.

    Raises: UnitNotFoundError; SeveralUnitsError; InvalidPeriodError.
    """
    unit = get_unit_by_code(session, code, period)
    return build_release(session, unit.id, period, limit=limit)
