"""The supervisors' overview as one value: what happened, where, when, why, and what to do.

Refuses to draw or to word anything, and to show an allegation to who may see none.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import case_figures, clock, counting, voice_rows, voices, watch
from satisfaction.comparison import (
    Comparable,
    Earlier,
    compare,
    compare_shares,
    count_earlier,
    find_comparable,
)
from satisfaction.day_notes import MOST_DAYS, Note, list_notes
from satisfaction.figures import CountQuery, CountRow, Figures, HourCount, ReasonCounts
from satisfaction.findings import (
    FEWEST,
    FEWEST_OF_CELL,
    Difference,
    Outliers,
    chart_groups,
    choose_in_turn,
    find_most,
    find_outliers,
    find_worst_hour,
    hide_hours,
)
from satisfaction.models import Desk, Heartbeat, Kiosk
from satisfaction.office import segments_under
from satisfaction.overview import Scope, Wanted, open_scope
from satisfaction.periods import Period, months_over
from satisfaction.statistics import ChartPoint, Counted, Interval, wilson_interval
from satisfaction.terms import Dimension, PeriodKind
from satisfaction.troubles import Trouble
from satisfaction.voice_rows import Reader
from satisfaction.voices import Unseen, Voice

MOST_WEEKS = 400
MOST_PROCEDURES = 7
MOST_VOICES = 6
Key = TypeVar("Key", bound=Hashable)


CountUnseen = Callable[[Session, Reader, frozenset[int]], Unseen]


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Within which units an officer may see counts, allegations and devices."""

    counts: Set[int]
    allegations: Set[int] = frozenset()
    devices: Set[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked, the kind of its period, and by whom; ``reader`` is the same officer.

    ``troubles`` are of the system itself, for who runs it; nobody else is told. ``count_unseen``
    counts the voices that nobody has looked at; who asks may keep what it says for a moment.
    """

    wanted: Wanted
    kind: PeriodKind
    rights: Rights
    reader: Reader
    troubles: Sequence[Trouble] = ()
    count_unseen: CountUnseen = voices.count_unseen


@dataclass(frozen=True, kw_only=True)
class Line:
    """One desk, unit, day or procedure: its figures, where they stand, and how they changed.

    ``begins`` is since when a desk serves where it did not in the earlier period.
    """

    row: CountRow
    point: ChartPoint
    interval: Interval | None
    difference: Difference | None = None
    begins: date | None = None
    unit_id: int | None = None


@dataclass(frozen=True)
class Chart(Generic[Key]):
    """Lines judged together around the share of all of them."""

    by: Dimension
    centre: float | None
    lines: tuple[Line, ...]
    outliers: Outliers[str]

    def find(self, key: str) -> Line:
        """Return the line of a key."""
        return next(line for line in self.lines if line.row.key == key)


@dataclass(frozen=True)
class Hours:
    """Answers by weekday and hour in months that are over, and the hour that stands out, if any.

    ``hidden`` are the hours that are not shown one by one. ``period`` is None where hours are not
    told at all, because the question is narrower than a unit.
    """

    cells: Mapping[tuple[int, int], HourCount]
    worst: HourCount | None
    hidden: frozenset[tuple[int, int]] = frozenset()
    period: Period | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether no hour may be shown at all."""
        return len(self.hidden) == len(self.cells)

    @property
    def answers(self) -> int:
        """How many answers the hours hold together."""
        return sum(one.answers for one in self.cells.values())


@dataclass(frozen=True)
class Reasons:
    """Why answers were not satisfied; ``most`` are the codes that stand above the others."""

    counts: ReasonCounts
    most: tuple[str, ...]


@dataclass(frozen=True)
class Todo:
    """One thing to look at: a line below its limits, an alert of a device, or what waits.

    ``overdue`` answers are owed past their day, ``unseen`` voices nobody has looked at;
    ``trouble`` is the system's own.
    """

    line: Line | None = None
    alert: watch.Alert | None = None
    overdue: int | None = None
    unseen: int | None = None
    oldest_day: date | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Waiting:
    """A device that holds ratings which the figures do not contain yet."""

    kiosk_name: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """All that the overview shows of one question.

    ``voices`` is None for who may see none in these units.
    """

    scope: Scope
    kind: PeriodKind
    comparable: Comparable
    figures: Figures
    interval: Interval | None
    places: Chart[str]
    earlier: Earlier | None
    days: Chart[str]
    hours: Hours
    reasons: Reasons
    procedures: Chart[str]
    todos: tuple[Todo, ...]
    voices: tuple[Voice, ...] | None = None
    waiting: tuple[Waiting, ...] = ()
    notes: Mapping[date, Note] = field(default_factory=dict)
    last_beat: tuple[str, datetime] | None = None
    has_allegations: bool = False
    unit_ids: frozenset[int] = field(default_factory=frozenset)

    @property
    def total(self) -> CountRow:
        """The figures of all answers together."""
        return self.figures.total

    @property
    def is_now(self) -> bool:
        """Whether the period holds the day on which it was counted, and may still fill."""
        return clock.local_day(self.figures.counted_at) in self.scope.query.period


def build_dashboard(session: Session, asked: Asked) -> Dashboard:
    """Return everything that the overview shows; all figures come from ``counting``.

    Raises: those of ``open_scope``.
    """
    rights = asked.rights
    scope = open_scope(session, rights.counts, asked.wanted)
    unit_id, period = scope.query.unit_id, scope.query.period
    comparable = find_comparable(session, unit_id, asked.kind, period=period, today=clock.today())
    segments = segments_under(session, unit_id, period)
    unit_ids = frozenset().union(*[segment.unit_ids for segment in segments])
    is_tree = len(unit_ids) > 1 and scope.query.desk_id is None
    by = Dimension.UNIT if is_tree else Dimension.DESK
    query = replace(scope.query, by=by)
    figures = _count(session, query)
    before, comparable = count_earlier(session, query, comparable, figures=figures)
    places = _chart_places(session, scope, figures, before, comparable)
    has_allegations = unit_ids <= rights.allegations
    alerts = _list_alerts(session, unit_ids & rights.devices)
    troubles = [Todo(trouble=trouble) for trouble in asked.troubles]
    below = [Todo(line=places.find(key)) for key in places.outliers.below]
    owed = _find_owed(session, asked, unit_ids)
    return Dashboard(
        scope=scope,
        kind=asked.kind,
        comparable=comparable,
        figures=figures,
        interval=wilson_interval(_satisfied(figures.total)),
        places=places,
        earlier=compare(figures.total, before.total if before else None),
        days=_chart_days(session, query),
        hours=_read_hours(session, query),
        reasons=_read_reasons(session, query, has_allegations=has_allegations),
        procedures=_chart_procedures(session, query),
        todos=choose_in_turn(troubles, below, owed, alerts),
        voices=_list_voices(session, asked.reader, unit_ids, query),
        notes=list_notes(session, unit_id, period),
        waiting=_list_waiting(session, scope.query, unit_ids),
        last_beat=None if figures.total.answers else _find_last_beat(session, unit_ids),
        has_allegations=has_allegations,
        unit_ids=unit_ids,
    )


def _count(session: Session, query: CountQuery) -> Figures:
    """Count without what is said apart, which the overview does not show."""
    return counting.count(session, query, with_apart=False)


def _satisfied(row: CountRow) -> Counted:
    return Counted(row.satisfied, row.answers)


def _chart_places(
    session: Session,
    scope: Scope,
    figures: Figures,
    before: Figures | None,
    comparable: Comparable,
) -> Chart[str]:
    """Judge desks, or units, each against the share of all of them; the lowest stands first."""
    by = figures.query.by
    earlier = {row.key: row for row in before.rows} if before else {}
    begun = _list_begun(session, figures, comparable) if by is Dimension.DESK else {}
    units = {unit.detail: unit.id for unit in scope.units}
    chart = _chart(figures, by)
    lines = [
        replace(
            line,
            difference=compare_shares(line.row, earlier.get(line.row.key)),
            begins=begun.get(line.row.key),
            unit_id=units.get(line.row.key) if by is Dimension.UNIT else None,
        )
        for line in chart.lines
    ]
    return replace(chart, lines=tuple(sorted(lines, key=_lowest_first)))


def _lowest_first(line: Line) -> tuple[bool, float]:
    """Return a place in the order: lowest share first, lines with too few answers behind."""
    is_few = line.row.answers < FEWEST
    return is_few, 0.0 if is_few else line.row.satisfied_share or 0.0


def _list_begun(session: Session, figures: Figures, comparable: Comparable) -> dict[str, date]:
    """Return the desks that did not serve for the whole of the earlier period, and since when."""
    first = (comparable.earlier or figures.query.period).first_day
    keys = [int(row.key) for row in figures.rows]
    found = session.execute(
        select(Desk.id, Desk.from_day).where(Desk.id.in_(keys), Desk.from_day > first)
    )
    return {str(row.id): row.from_day for row in found}


def _chart(figures: Figures, by: Dimension, *, fewest: int = FEWEST) -> Chart[str]:
    rows = {row.key: row for row in figures.rows}
    chart = chart_groups({key: _satisfied(row) for key, row in rows.items()}, fewest=fewest)
    lines = tuple(
        Line(row=row, point=chart.points[key], interval=wilson_interval(_satisfied(row)))
        for key, row in rows.items()
    )
    return Chart(by, chart.centre, lines, find_outliers(chart))


def _chart_days(session: Session, query: CountQuery) -> Chart[str]:
    """Judge days; a long period is laid out by weeks or months, so that each can be seen."""
    length = query.period.length_days
    by = Dimension.DAY if length <= MOST_DAYS else Dimension.WEEK
    by = by if length <= MOST_WEEKS else Dimension.MONTH
    chart = _chart(_count(session, replace(query, by=by)), by)
    return replace(chart, lines=tuple(line for line in chart.lines if line.row.answers))


def _chart_procedures(session: Session, query: CountQuery) -> Chart[str]:
    """Judge procedures, and keep the lowest of those with enough answers."""
    figures = _count(session, replace(query, by=Dimension.PROCEDURE))
    chart = _chart(figures, Dimension.PROCEDURE)
    enough = [
        line for line in chart.lines if line.row.answers >= FEWEST and line.row.key != "unknown"
    ]
    return replace(chart, lines=tuple(sorted(enough, key=_lowest_first)[:MOST_PROCEDURES]))


def _read_hours(session: Session, query: CountQuery) -> Hours:
    """Return the hours of the whole months that are over, so that no day's hours can be had.

    The hours of a period that ends on any day, less those of one that ends a day before, would be
    those of one day; the hours of a desk or a procedure would be those of few people.
    """
    if query.desk_id is not None or query.procedure_id is not None or query.channel is not None:
        return Hours({}, None)
    query = replace(query, period=months_over(query.period, clock.today()))
    counts = counting.count_hours(session, query)
    cells = {(one.weekday, one.hour): one for one in counts}
    unsatisfied = {
        place: Counted(one.answers - one.satisfied, one.answers) for place, one in cells.items()
    }
    hidden = hide_hours(unsatisfied)
    worst = find_worst_hour(unsatisfied, fewest=FEWEST_OF_CELL)
    is_told = worst is not None and worst[0] not in hidden
    told = cells[worst[0]] if worst and is_told else None
    return Hours(cells, told, hidden, query.period)


def _read_reasons(session: Session, query: CountQuery, *, has_allegations: bool) -> Reasons:
    counts = counting.count_reasons(session, query, with_allegations=has_allegations)
    chosen = [(row.code, row.count) for row in counts.rows]
    return Reasons(counts, find_most(chosen, whole=counts.reasoned))


def _find_owed(session: Session, asked: Asked, unit_ids: frozenset[int]) -> list[Todo]:
    """Return the answers that are owed past their day, and the voices that nobody has seen.

    Only who may answer is asked to look at voices.
    """
    return [
        *_find_overdue(session, asked.reader, unit_ids),
        *_find_unseen(session, asked, unit_ids & asked.reader.handling),
    ]


def _find_unseen(session: Session, asked: Asked, unit_ids: frozenset[int]) -> list[Todo]:
    if not unit_ids:
        return []
    unseen = asked.count_unseen(session, asked.reader, unit_ids)
    return [Todo(unseen=unseen.count, oldest_day=unseen.oldest_day)] if unseen.count else []


def _find_overdue(session: Session, reader: Reader, unit_ids: frozenset[int]) -> list[Todo]:
    waiting = case_figures.count_open(session, reader, unit_ids=unit_ids)
    if not waiting.overdue:
        return []
    return [Todo(overdue=waiting.overdue, oldest_day=waiting.oldest_overdue_day)]


def _list_voices(
    session: Session, reader: Reader, unit_ids: frozenset[int], query: CountQuery
) -> tuple[Voice, ...] | None:
    """Return the newest low ratings of the question that the officer may see by now.

    None where none may be seen.
    """
    units = unit_ids & reader.voices
    if not units:
        return None
    wanted = voice_rows.Wanted(
        period=query.period,
        unit_ids=units,
        desk_id=query.desk_id,
        procedure_id=query.procedure_id,
        channel=query.channel,
        is_unsatisfied=True,
    )
    return voices.list_newest(session, reader, wanted, limit=MOST_VOICES)


def _list_alerts(session: Session, unit_ids: Set[int]) -> list[Todo]:
    if not unit_ids:
        return []
    return [Todo(alert=alert) for alert in watch.list_alerts(session, unit_ids, version="")]


def _list_waiting(session: Session, query: CountQuery, unit_ids: Set[int]) -> tuple[Waiting, ...]:
    """Return the devices that said they hold ratings, as far as they belong to the question."""
    wanted = (
        select(Kiosk.name, Heartbeat.queue_length)
        .join(Kiosk, Kiosk.id == Heartbeat.kiosk_id)
        .where(Kiosk.unit_id.in_(unit_ids), Kiosk.revoked_at.is_(None), Heartbeat.queue_length > 0)
        .order_by(Heartbeat.queue_length.desc(), Kiosk.id)
    )
    if query.desk_id is not None:
        wanted = wanted.where(Kiosk.desk_id == query.desk_id)
    if query.period.last_day < clock.today() or query.period.first_day > clock.today():
        return ()
    return tuple(Waiting(*row) for row in session.execute(wanted))


def _find_last_beat(session: Session, unit_ids: Set[int]) -> tuple[str, datetime] | None:
    """Return which device was heard last, and when, for an office that has no answers yet."""
    row = session.execute(
        select(Kiosk.name, Heartbeat.at)
        .join(Kiosk, Kiosk.id == Heartbeat.kiosk_id)
        .where(Kiosk.unit_id.in_(unit_ids), Kiosk.revoked_at.is_(None))
        .order_by(Heartbeat.at.desc())
        .limit(1)
    ).one_or_none()
    return (row.name, row.at) if row else None
