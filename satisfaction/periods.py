"""Reporting periods as half-open ranges of local days. Refuses instants and open ends.

Source: periods of the official report forms: whole year, six and nine months, quarters, months.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from satisfaction.errors import InvalidPeriodError
from satisfaction.terms import PeriodKind


@dataclass(frozen=True, order=True)
class Period:
    """First day included, end day excluded."""

    first_day: date
    end_day: date

    def __post_init__(self) -> None:
        if self.end_day <= self.first_day:
            raise InvalidPeriodError(first_day=self.first_day, end_day=self.end_day)

    @property
    def last_day(self) -> date:
        """The last day that is included."""
        return self.end_day - timedelta(days=1)

    @property
    def length_days(self) -> int:
        """How many days the period has."""
        return (self.end_day - self.first_day).days

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day < self.end_day

    def days(self) -> Iterator[date]:
        """Yield each day of the period in order."""
        for offset in range(self.length_days):
            yield self.first_day + timedelta(days=offset)

    def clipped(self, first_day: date, end_day: date) -> "Period | None":
        """Return the part of this period within another range of days, if there is any."""
        first, end = max(self.first_day, first_day), min(self.end_day, end_day)
        return Period(first, end) if first < end else None


def day_period(day: date) -> Period:
    """Return the period of one day."""
    return Period(day, day + timedelta(days=1))


def week_period(day: date) -> Period:
    """Return the ISO week, from Monday, in which a day lies."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=7))


def months_period(year: int, first_month: int, *, month_count: int) -> Period:
    """Return a run of whole months of one year."""
    if not (1 <= first_month <= 12 and 1 <= month_count <= 13 - first_month):
        raise InvalidPeriodError(year=year, first_month=first_month, month_count=month_count)
    end_month = first_month + month_count
    end = date(year + 1, 1, 1) if end_month == 13 else date(year, end_month, 1)
    return Period(date(year, first_month, 1), end)


def month_period(day: date) -> Period:
    """Return the month in which a day lies."""
    return months_period(day.year, day.month, month_count=1)


def months_over(period: Period, today: date) -> Period:
    """Return the whole months of a period that are over, or the last such month before its end."""
    end = min(period.end_day, today).replace(day=1)
    before = month_period(end - timedelta(days=1))
    first = period.first_day
    if first.day > 1:
        first = month_period(first).end_day
    return Period(min(first, before.first_day), end)


def quarter_period(year: int, quarter: int) -> Period:
    """Return a quarter, 1 to 4, of a year."""
    return months_period(year, 3 * quarter - 2, month_count=3)


def year_period(year: int) -> Period:
    """Return a whole year."""
    return months_period(year, 1, month_count=12)


def kind_of(period: Period) -> PeriodKind:
    """Return which of the reporting periods a range of days is; plain dates where it is none."""
    first = period.first_day
    for kind, months in _RUNS.items():
        step = 12 if kind is PeriodKind.NINE_MONTHS else months
        if (first.month - 1) % step == 0 and period == months_period(
            first.year, first.month, month_count=months
        ):
            return kind
    if period.length_days == 1:
        return PeriodKind.DAY
    is_week = period.length_days == 7 and first.weekday() == 0
    return PeriodKind.WEEK if is_week else PeriodKind.DATES


_RUNS = {
    PeriodKind.MONTH: 1,
    PeriodKind.QUARTER: 3,
    PeriodKind.HALF_YEAR: 6,
    PeriodKind.NINE_MONTHS: 9,
    PeriodKind.YEAR: 12,
}
_WRITTEN = re.compile(
    r"(?P<year>\d{4})(?:-(?:(?P<month>\d{2})(?:-(?P<day>\d{2}))?"
    r"|Q(?P<quarter>[1-4])|H(?P<half>[12])|W(?P<week>\d{2})|(?P<nine>9M)))?",
    re.ASCII,
)


def parse_period(text: str) -> tuple[PeriodKind, Period]:
    """Read a period as it stands in addresses: 2024, 2024-Q1, -H1, -9M, -03, -W07, -03-31.

    Raises: InvalidPeriodError for anything else.
    """
    match = _WRITTEN.fullmatch(text)
    if not match:
        raise InvalidPeriodError(text=text)
    try:
        return _read(match)
    except (ValueError, OverflowError, InvalidPeriodError) as problem:
        # A day beyond the calendar overflows; a thirteenth month is no run of months.
        raise InvalidPeriodError(text=text) from problem


def _read(match: re.Match[str]) -> tuple[PeriodKind, Period]:
    parts = match.groupdict()
    year = int(parts["year"])
    if parts["day"]:
        return PeriodKind.DAY, day_period(date(year, int(parts["month"]), int(parts["day"])))
    if parts["month"]:
        return PeriodKind.MONTH, months_period(year, int(parts["month"]), month_count=1)
    if parts["quarter"]:
        return PeriodKind.QUARTER, quarter_period(year, int(parts["quarter"]))
    if parts["half"]:
        return PeriodKind.HALF_YEAR, months_period(year, 6 * int(parts["half"]) - 5, month_count=6)
    if parts["week"]:
        return PeriodKind.WEEK, week_period(date.fromisocalendar(year, int(parts["week"]), 1))
    if parts["nine"]:
        return PeriodKind.NINE_MONTHS, months_period(year, 1, month_count=9)
    return PeriodKind.YEAR, year_period(year)


def iso_week(day: date) -> str:
    """Return the ISO week of a day as 2024-W07."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def write_period(period: Period) -> str:
    """Return a month, quarter or year as it stands in addresses.

    Raises: InvalidPeriodError for any other period.
    """
    year, month = period.first_day.year, period.first_day.month
    words = {
        PeriodKind.MONTH: f"{year:04d}-{month:02d}",
        PeriodKind.QUARTER: f"{year:04d}-Q{(month + 2) // 3}",
        PeriodKind.YEAR: f"{year:04d}",
    }
    kind = kind_of(period)
    if kind not in words:
        raise InvalidPeriodError(first_day=period.first_day, end_day=period.end_day)
    return words[kind]
