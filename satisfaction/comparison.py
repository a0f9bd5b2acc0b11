"""With which earlier period a period may be compared, and why with none. Refuses unequal periods.

Periods are comparable where the office worked on the same weekdays and stood as it stands: two
months that differ only in their length are, a month with a long holiday and one without are not.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from satisfaction import counting
from satisfaction.calendars import Calendar, read_calendar
from satisfaction.errors import InvalidPeriodError
from satisfaction.figures import CountQuery, CountRow, Figures
from satisfaction.findings import FEWEST, Difference, find_difference
from satisfaction.models import Succession
from satisfaction.office import get_unit, segments_under
from satisfaction.periods import Period, months_period
from satisfaction.statistics import Counted
from satisfaction.terms import PeriodKind, SuccessionKind

WEEK = timedelta(days=7)
LEAST_PART_OF_DAYS = 0.75
_WEEKS_BACK = {
    PeriodKind.MONTH: 4,
    PeriodKind.QUARTER: 13,
    PeriodKind.HALF_YEAR: 26,
    PeriodKind.NINE_MONTHS: 52,
    PeriodKind.YEAR: 52,
}
_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.HALF_YEAR: 6}


class Obstacle(StrEnum):
    """Why a period is compared with no other."""

    NOT_BEGUN = "not_begun"
    OTHER_WEEKDAYS = "other_weekdays"
    OTHER_LENGTH = "other_length"
    OTHER_STRUCTURE = "other_structure"
    OTHER_SCALE = "other_scale"
    NEW = "new"
    FEW = "few"


@dataclass(frozen=True)
class Comparable:
    """What is shown of a period, and the earlier one beside it, or why there is none.

    ``shown`` ends today where the period is running; ``earlier`` has then the same weekdays.
    """

    shown: Period
    is_running: bool
    earlier: Period | None
    obstacle: Obstacle | None = None


@dataclass(frozen=True)
class Earlier:
    """The comparable earlier period: its total, and what changed since."""

    total: CountRow
    share: Difference | None
    participation: Difference | None


def find_comparable(
    session: Session, unit_id: int, kind: PeriodKind, *, period: Period, today: date
) -> Comparable:
    """Return with which earlier period a unit's period may be compared.

    Time: a running period is compared with as many days of the same weekdays, some weeks before.
    """
    is_running = today in period and today < period.last_day
    shown = Period(period.first_day, today + timedelta(days=1)) if is_running else period
    if today < period.first_day:
        return Comparable(period, False, None, Obstacle.NOT_BEGUN)
    try:
        earlier = _shift(kind, shown) if is_running else find_earlier(kind, shown)
    except (InvalidPeriodError, OverflowError):
        return Comparable(shown, is_running, None, Obstacle.NEW)
    obstacle = _find_obstacle(session, unit_id, shown, earlier)
    return Comparable(shown, is_running, None if obstacle else earlier, obstacle)


def count_earlier(
    session: Session, query: CountQuery, comparable: Comparable, *, figures: Figures
) -> tuple[Figures | None, Comparable]:
    """Return the figures of the earlier period, unless they turn out not to compare.

    Shape: along the dimension of ``query``, without what is said apart.
    """
    if comparable.earlier is None:
        return None, comparable
    before = counting.count(session, replace(query, period=comparable.earlier), with_apart=False)
    scales = [{level.scale for level in one.total.levels} for one in (figures, before)]
    if before.total.answers < FEWEST:
        obstacle = Obstacle.FEW
    elif figures.total.answers and scales[0] != scales[1]:
        obstacle = Obstacle.OTHER_SCALE
    else:
        return before, comparable
    return None, replace(comparable, earlier=None, obstacle=obstacle)


def compare(total: CountRow, before: CountRow | None) -> Earlier | None:
    """Return what changed since the earlier period; None where there is none."""
    if before is None:
        return None
    visits = [Counted(one.rated_visits or 0, one.finished_visits or 0) for one in (total, before)]
    return Earlier(before, compare_shares(total, before), find_difference(*visits))


def compare_shares(row: CountRow, before: CountRow | None) -> Difference | None:
    """Return how a line's satisfied share changed; None where a share is not shown of both."""
    earlier = None if before is None else Counted(before.satisfied, before.answers)
    return find_difference(Counted(row.satisfied, row.answers), earlier)


def find_earlier(kind: PeriodKind, period: Period) -> Period:
    """Return the whole period before: the month before a month, the same part of the year before.

    A day, and any two dates, are followed back in whole weeks, so that their weekdays agree.
    """
    first = period.first_day
    if kind in _MONTHS:
        count = _MONTHS[kind]
        year, month = divmod(first.year * 12 + first.month - 1 - count, 12)
        return months_period(year, month + 1, month_count=count)
    if kind is PeriodKind.NINE_MONTHS:
        return months_period(first.year - 1, 1, month_count=9)
    if kind is PeriodKind.YEAR:
        return months_period(first.year - 1, 1, month_count=12)
    return _shift(kind, period)


def _shift(kind: PeriodKind, period: Period) -> Period:
    """Return as many days of the same weekdays, earlier, and without a day in common."""
    weeks = _WEEKS_BACK.get(kind, 1)
    while weeks * 7 < period.length_days:
        weeks += 1
    return Period(period.first_day - weeks * WEEK, period.end_day - weeks * WEEK)


def _find_obstacle(
    session: Session, unit_id: int, period: Period, earlier: Period
) -> Obstacle | None:
    if get_unit(session, unit_id).names[0].from_day > earlier.first_day:
        return Obstacle.NEW
    span = Period(earlier.first_day, period.end_day)
    segments = segments_under(session, unit_id, span)
    if len(segments) > 1 or _has_broken(session, segments[0].unit_ids, span):
        return Obstacle.OTHER_STRUCTURE
    calendar = read_calendar(session, span)
    return compare_days(
        worked_weekdays(calendar, unit_id, period=period),
        worked_weekdays(calendar, unit_id, period=earlier),
    )


def _has_broken(session: Session, unit_ids: frozenset[int], span: Period) -> bool:
    """Say whether one of these units followed, or was followed by, another within a time."""
    found = session.scalar(
        select(Succession.id)
        .where(
            or_(Succession.predecessor_id.in_(unit_ids), Succession.successor_id.in_(unit_ids)),
            Succession.kind != SuccessionKind.RENAMED,
            Succession.from_day > span.first_day,
            Succession.from_day < span.end_day,
        )
        .limit(1)
    )
    return found is not None


def worked_weekdays(calendar: Calendar, unit_id: int, *, period: Period) -> Counter[int]:
    """Return how many days of each weekday a unit was open; where nobody knows, all of them."""
    worked: Counter[int] = Counter()
    for day in period.days():
        hours = calendar.hours_on(unit_id, day)
        if hours is None or hours.spans:
            worked[day.weekday()] += 1
    return worked


def compare_days(days: Counter[int], earlier: Counter[int]) -> Obstacle | None:
    """Return why days of work do not compare: other weekdays, or many fewer of them."""
    if set(days) != set(earlier):
        return Obstacle.OTHER_WEEKDAYS
    fewer, more = sorted((days.total(), earlier.total()))
    return Obstacle.OTHER_LENGTH if fewer < LEAST_PART_OF_DAYS * more else None
