"""One report of a unit and a period as a value; every file and page only shows it.

Refuses to count anything itself, and to call a period settled while its figures can still change.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from satisfaction import clock, counting
from satisfaction.comparison import Comparable, count_earlier, find_comparable
from satisfaction.day_notes import Note, list_notes
from satisfaction.figures import FEWEST_FOR_SHARE, CountQuery, CountRow, Figures
from satisfaction.models import Desk, Procedure
from satisfaction.overview import Choice, Wanted, build_overview
from satisfaction.periods import Period
from satisfaction.rollups import find_settled
from satisfaction.statistics import Counted, Interval, Verdict, control_chart, wilson_interval
from satisfaction.terms import Dimension, PeriodKind

DAYS_OF_A_MONTH = 31
DAYS_OF_A_QUARTER = 92


@dataclass(frozen=True, kw_only=True)
class Report:
    """All figures of a unit and a period, counted at one moment.

    Time: ``as_of`` is when a settled period's counts were last stored, else the moment of counting;
    so a settled period that is reported twice says the same.
    ``notes`` are what officers say of days that stood out; one said later than the counts were
    stored moves ``as_of``. ``earlier`` are the desks and the total of the earlier period that
    ``comparable`` names; None where that says why there is none; the report is settled only where
    they are. ``desk_name`` and ``procedure_name`` are empty where the question is not narrowed by
    them.
    """

    kind: PeriodKind
    total: Figures
    tables: tuple[Figures, ...]
    as_of: datetime
    is_settled: bool
    comparable: Comparable
    earlier: Figures | None = None
    desk_name: str = ""
    procedure_name: str = ""
    notes: Mapping[date, Note] = field(default_factory=dict)

    @property
    def query(self) -> CountQuery:
        """What was asked: unit, period and filters."""
        return self.total.query

    def table(self, by: Dimension) -> Figures | None:
        """Return the figures along a dimension, if the report has them."""
        return next((table for table in self.tables if table.query.by is by), None)

    def earlier_of(self, figures: Figures, row: CountRow) -> CountRow | None:
        """Return a desk's line, or the total, as it was in the earlier period."""
        if self.earlier is None:
            return None
        if row is figures.total:
            return self.earlier.total
        before = self.earlier.rows if figures.query.by is Dimension.DESK else ()
        return next((one for one in before if one.key == row.key), None)

    def outside(self, verdict: Verdict) -> tuple[CountRow, ...]:
        """Return the desks beyond the limits within which chance alone would put them."""
        desks = self.table(Dimension.DESK)
        rows = desks.rows if desks else ()
        groups = {row.key: Counted(row.satisfied, row.answers) for row in rows}
        points = control_chart(groups, fewest=FEWEST_FOR_SHARE).points
        return tuple(row for row in rows if points[row.key].verdict is verdict)


def interval_of(row: CountRow) -> Interval | None:
    """Return the interval of a line's satisfied share; None where it is not shown as a share."""
    if row.answers < FEWEST_FOR_SHARE:
        return None
    return wilson_interval(Counted(row.satisfied, row.answers))


def build_report(session: Session, query: CountQuery, kind: PeriodKind) -> Report:
    """Return the report of a unit, a period and filters.

    Shape: along each dimension that has lines; days up to a quarter, months beyond a month.
    Raises: UnitNotFoundError.
    """
    today = clock.today()
    comparable = find_comparable(session, query.unit_id, kind, period=query.period, today=today)
    settled_at = _find_settled(session, query.period, comparable.earlier)
    total = counting.count(session, replace(query, by=Dimension.TOTAL))
    by_desk = replace(query, by=Dimension.DESK)
    earlier, comparable = count_earlier(session, by_desk, comparable, figures=total)
    notes = list_notes(session, query.unit_id, query.period)
    as_of = max([settled_at or total.counted_at, *(note.at for note in notes.values())])
    tables = [
        replace(counting.count(session, replace(query, by=by)), counted_at=as_of)
        for by in _dimensions(query.period)
    ]
    return Report(
        kind=kind,
        total=replace(total, counted_at=as_of),
        tables=tuple(table for table in tables if _is_worth_showing(table)),
        as_of=as_of,
        is_settled=settled_at is not None,
        comparable=comparable,
        earlier=earlier,
        notes=notes,
        desk_name=_name(session.get(Desk, query.desk_id) if query.desk_id else None),
        procedure_name=_name(
            session.get(Procedure, query.procedure_id) if query.procedure_id else None
        ),
    )


def _find_settled(session: Session, *periods: Period | None) -> datetime | None:
    """Return when all of these periods' counts were last stored; None while one may change."""
    moments = [find_settled(session, period) for period in periods if period is not None]
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None


def _name(chosen: Desk | Procedure | None) -> str:
    """Return what a question is narrowed to."""
    if chosen is None:
        return ""
    return chosen.name if isinstance(chosen, Desk) else chosen.short_name


def _dimensions(period: Period) -> Iterator[Dimension]:
    yield Dimension.UNIT
    yield Dimension.DESK
    yield Dimension.PROCEDURE
    yield Dimension.SECTOR
    yield Dimension.CHANNEL
    yield Dimension.SOURCE
    if period.length_days > DAYS_OF_A_MONTH:
        yield Dimension.MONTH
    if period.length_days <= DAYS_OF_A_QUARTER:
        yield Dimension.DAY


def _is_worth_showing(table: Figures) -> bool:
    """Leave out what has no lines, and a list of units that has the unit alone."""
    return bool(table.rows) and not (table.query.by is Dimension.UNIT and len(table.rows) == 1)


@dataclass(frozen=True)
class OpenedReport:
    """A report, and the units of which the officer could have asked."""

    report: Report
    units: tuple[Choice, ...]


def open_report(
    session: Session, unit_ids: Set[int], wanted: Wanted, *, kind: PeriodKind
) -> OpenedReport:
    """Return the report of a unit that the officer may see; without a unit, of the first one.

    Raises: UnitNotFoundError, also for a unit outside.
    """
    overview = build_overview(session, unit_ids, wanted)
    query = replace(overview.figures.query, by=Dimension.TOTAL)
    return OpenedReport(build_report(session, query, kind), overview.units)
