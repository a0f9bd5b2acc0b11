"""Read what a letter tells of: figures, what has to be looked at, devices, earlier statements.

Refuses to count anything itself; figures come from ``counting``, on a day that is over or not.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock, counting
from satisfaction.calendars import Calendar, read_calendar
from satisfaction.case_figures import count_overdue
from satisfaction.concerns import list_concerns
from satisfaction.digests import (
    MOST_LINES,
    Before,
    Correction,
    Device,
    Facts,
    Line,
    Owed,
    Stated,
    read_stated,
    without_counts,
)
from satisfaction.errors import InvalidPeriodError, SeveralUnitsError
from satisfaction.figures import CountQuery, CountRow, Figures
from satisfaction.heartbeats import SILENT_AFTER, KioskTrouble, list_conditions
from satisfaction.models import Delivery, JobRun, Letter, Subscription
from satisfaction.office import segments_under
from satisfaction.periods import Period, day_period, month_period, week_period
from satisfaction.releases import build_release
from satisfaction.terms import DeliveryState, Dimension, LetterKind
from satisfaction.timetable import moment
from satisfaction.watch import URGENCY

WEEKS_LOOKED_BACK = 4
# Two weeks, so that the first letter after the longest holidays still says what came late.
DAYS_CORRECTED = 14
JOB = {kind: f"{kind.value}_letter" for kind in LetterKind}


def read_facts(
    session: Session, unit_id: int, *, kind: LetterKind, period: Period, planned_at: datetime
) -> Facts:
    """Return everything that a letter on one unit and one period can say.

    Raises: UnitNotFoundError.
    """
    calendar = read_calendar(
        session, Period(period.first_day - timedelta(days=7 * WEEKS_LOOKED_BACK), period.end_day)
    )
    figures = _count(session, unit_id, period, Dimension.DESK)
    by_unit = len(figures.rows) > MOST_LINES
    if by_unit:
        figures = _count(session, unit_id, period, Dimension.UNIT)
    under = frozenset().union(
        *[segment.unit_ids for segment in segments_under(session, unit_id, period)]
    )
    is_daily = kind is LetterKind.DAILY
    owed, owed_in_all = (
        [Owed(*count_overdue(session, under, with_allegations=told)) for told in (False, True)]
        if kind is not LetterKind.MONTHLY
        else [Owed(), Owed()]
    )
    devices, device_count = (
        _list_devices(session, under, calendar, period.first_day) if is_daily else ((), 0)
    )
    return Facts(
        kind=kind,
        unit_name=figures.unit_name,
        is_demonstration=figures.is_demonstration,
        period=period,
        planned_at=planned_at,
        as_of=clock.now(),
        is_open=_is_open(calendar, unit_id, period.first_day) if is_daily else None,
        total=figures.total,
        before=_find_before(session, unit_id, kind, period=period, calendar=calendar),
        by_unit=by_unit,
        lines=tuple(_as_line(row) for row in figures.rows if row.answers),
        concerns=list_concerns(session, under, period),
        devices=devices,
        device_count=device_count,
        closed_days=()
        if is_daily
        else tuple(day for day in period.days() if _is_open(calendar, unit_id, day) is False),
        owed=owed,
        owed_in_all=owed_in_all,
    )


def read_guest_facts(session: Session, unit_id: int, *, facts: Facts, limit: int) -> Facts | None:
    """Return what of this may be told to who sees no single answers; None where nothing may.

    Counts of a day or a week would give away, less each other and from the month's, what the
    month hides: of those only devices are told of.
    Source: docs/adr/0019-small-counts-are-hidden-by-blocks.md.
    """
    if facts.kind is LetterKind.DAILY:
        return without_counts(facts, limit=limit) if facts.devices else None
    if facts.kind is LetterKind.WEEKLY:
        return None
    try:
        release = build_release(session, unit_id, facts.period, limit=limit)
    except (SeveralUnitsError, InvalidPeriodError):
        return None
    return without_counts(facts, limit=limit, release=release)


def _count(session: Session, unit_id: int, period: Period, by: Dimension) -> Figures:
    return counting.count(session, CountQuery(unit_id=unit_id, period=period, by=by))


def _is_open(calendar: Calendar, unit_id: int, day: date) -> bool | None:
    hours = calendar.hours_on(unit_id, day)
    return None if hours is None else bool(hours.spans)


def _as_line(row: CountRow) -> Line:
    return Line(row.label, row.detail, row.answers, row.satisfied, row.dissatisfied)


def _find_before(
    session: Session, unit_id: int, kind: LetterKind, *, period: Period, calendar: Calendar
) -> Before | None:
    """Return the last period of this kind with answers: for a day the last same weekday worked."""
    for earlier in _earlier(kind, period):
        if kind is LetterKind.DAILY and _is_open(calendar, unit_id, earlier.first_day) is False:
            continue
        row = _count(session, unit_id, earlier, Dimension.TOTAL).total
        if row.answers:
            return Before(earlier, row)
    return None


def _earlier(kind: LetterKind, period: Period) -> Sequence[Period]:
    before = period.first_day - timedelta(days=1)
    if kind is LetterKind.WEEKLY:
        return [week_period(before)]
    if kind is LetterKind.MONTHLY:
        return [month_period(before)]
    weeks = range(1, WEEKS_LOOKED_BACK + 1)
    return [day_period(period.first_day - timedelta(days=7 * back)) for back in weeks]


def _list_devices(
    session: Session, unit_ids: frozenset[int], calendar: Calendar, day: date
) -> tuple[tuple[Device, ...], int]:
    """Return the devices with a trouble, the most urgent first, and how many there are in all.

    In the evening the office is closed; a device that fell silent while it was open is still
    named, and one that was switched off afterwards is not.
    """
    heard_until = _expected_until(calendar, day)
    found: list[Device] = []
    conditions = list_conditions(session, unit_ids, version="", expected_since=lambda _unit: None)
    for condition in conditions:
        troubles = list(condition.troubles)
        until = heard_until(condition.unit_id)
        beat = condition.beat
        if beat is not None and until is not None and until - beat.at > SILENT_AFTER:
            troubles.append(KioskTrouble.SILENT)
        if troubles:
            worst = min(troubles, key=URGENCY.index)
            since = beat.at if beat is not None else None
            queue = beat.queue_length if beat is not None else 0
            found.append(Device(condition.name, worst, since, queue))
    return tuple(sorted(found, key=lambda one: URGENCY.index(one.trouble))), len(conditions)


def _expected_until(calendar: Calendar, day: date) -> Callable[[int], datetime | None]:
    """Return until when a unit's devices had to be heard on a day: its closing, or now.

    Where nobody has set hours they have to be heard at any time, as the watch has it.
    """
    now = clock.now()

    def until(unit_id: int) -> datetime | None:
        hours = calendar.hours_on(unit_id, day)
        if hours is None:
            return now
        if not hours.spans:
            return None
        closing = timedelta(minutes=hours.spans[-1].end_minute)
        return min(now, clock.start_of_day(day) + closing)

    return until


def list_corrections(
    session: Session, subscription: Subscription, *, kind: LetterKind, period: Period
) -> tuple[Correction, ...]:
    """Return of which earlier periods a reader was told, or told nothing, what is no longer so.

    Time: letters of the last two weeks, or the one before this week's or month's.
    """
    days = {LetterKind.DAILY: DAYS_CORRECTED, LetterKind.WEEKLY: 7, LetterKind.MONTHLY: 31}[kind]
    first_day = period.first_day - timedelta(days=days)
    stated: dict[Period, Stated] = {}
    if kind is LetterKind.DAILY:
        stated |= _list_untold(session, subscription, first_day=first_day, period=period)
    rows = session.execute(
        select(Letter.first_day, Letter.end_day, Delivery.figures)
        .join(Delivery, Delivery.letter_id == Letter.id)
        .where(
            Delivery.address == subscription.address,
            Delivery.state != DeliveryState.WITHHELD,
            Letter.unit_id == subscription.unit_id,
            Letter.kind == kind,
            Letter.first_day >= first_day,
            Letter.first_day < period.first_day,
        )
        .order_by(Letter.first_day)
    )
    for first, end, kept in rows:
        stated |= read_stated(kept, Period(first, end))
    found: list[Correction] = []
    for of, told in sorted(stated.items()):
        row = _count(session, subscription.unit_id, of, Dimension.TOTAL).total
        if row.answers != told.answers:
            new_concerns = max(0, row.dissatisfied - told.dissatisfied)
            found.append(
                Correction(
                    of, told.answers, row.answers, row.satisfied, row.dissatisfied, new_concerns
                )
            )
    return tuple(found)


def _list_untold(
    session: Session, subscription: Subscription, *, first_day: date, period: Period
) -> dict[Period, Stated]:
    """Return the days without a letter to a reader, with what was so at its hour.

    That nothing was rated, or nothing dissatisfied, is what no letter says; what comes late to
    such a day is told with the next one.
    """
    runs = session.execute(
        select(JobRun.local_day, JobRun.planned_at, JobRun.result).where(
            JobRun.job == JOB[LetterKind.DAILY],
            JobRun.unit_id == subscription.unit_id,
            JobRun.planned_at >= subscription.created_at,
            JobRun.local_day >= first_day,
            JobRun.local_day < period.first_day,
        )
    )
    found: dict[Period, Stated] = {}
    for day, planned_at, result in runs:
        is_silent = "nothing" in result or "closed" in result
        answers = 0 if is_silent else result.get("answers")
        if answers is not None and planned_at == moment(day, time(subscription.hour)):
            found[day_period(day)] = Stated(int(answers), 0)
    return found
