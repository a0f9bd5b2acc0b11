"""When a unit is open: weekly hours, days that differ from them, and what stands above the unit.

Refuses to guess: where nobody has set hours, nobody knows whether the unit is open. Holidays are
rows that somebody entered, for their dates come by decision and not by reckoning.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.database import read_once
from satisfaction.errors import HoursInvalidError, SpecialDayNotFoundError
from satisfaction.models import OpeningWeek, SpecialDay
from satisfaction.parents import ParentLink, list_parent_links
from satisfaction.periods import Period, day_period
from satisfaction.terms import AuditAction, Weekday
from satisfaction.text import clean

MINUTES_A_DAY = 24 * 60
MOST_SPANS = 4
LONGEST_DAY_NAME = 80
_SPAN = re.compile(r"(\d{1,2})[:hg.](\d{2})?\s*[-–—]\s*(\d{1,2})[:hg.](\d{2})?", re.ASCII)


@dataclass(frozen=True, order=True)
class Span:
    """A run of time within a day; units: minutes since local midnight, the end excluded."""

    first_minute: int
    end_minute: int

    def __str__(self) -> str:
        return f"{_as_time(self.first_minute)}–{_as_time(self.end_minute)}"


Spans = tuple[Span, ...]
CLOSED: Spans = ()


def _as_time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def read_spans(text: str) -> Spans:
    """Return the hours of a day as somebody typed them: "7:30-11:30, 13h30–17h"; none is closed.

    Raises: HoursInvalidError for what is no time, ends before it begins, or overlaps.
    """
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    spans = tuple(sorted(_read_span(part) for part in parts))
    for earlier, later in itertools.pairwise(spans):
        if later.first_minute < earlier.end_minute:
            raise HoursInvalidError(text=text)
    if len(spans) > MOST_SPANS:
        raise HoursInvalidError(text=text)
    return spans


def _read_span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise HoursInvalidError(text=text)
    hour, minute, end_hour, end_minute = (int(part or 0) for part in found.groups())
    span = Span(60 * hour + minute, 60 * end_hour + end_minute)
    is_time = minute < 60 and end_minute < 60 and span.end_minute <= MINUTES_A_DAY
    if not is_time or span.end_minute <= span.first_minute:
        raise HoursInvalidError(text=text)
    return span


def write_spans(spans: Spans) -> str:
    """Return the hours of a day as they are read and typed; empty for a closed day."""
    return ", ".join(str(span) for span in spans)


@dataclass(frozen=True)
class Week:
    """The hours of the seven weekdays, Monday first."""

    days: tuple[Spans, ...]

    def __post_init__(self) -> None:
        if len(self.days) != len(Weekday):
            raise HoursInvalidError(days=len(self.days))


@dataclass(frozen=True)
class Hours:
    """The hours of one day, and which unit set them."""

    spans: Spans
    set_by_unit_id: int


class Calendar:
    """When units are open within a period, as it was read at one moment."""

    def __init__(
        self,
        weeks: Sequence[OpeningWeek],
        special_days: Sequence[SpecialDay],
        parents: Sequence[ParentLink],
    ) -> None:
        self._weeks: dict[int, list[OpeningWeek]] = {}
        for week in sorted(weeks, key=lambda one: one.from_day):
            self._weeks.setdefault(week.unit_id, []).append(week)
        self._special = {(one.unit_id, one.day): one for one in special_days}
        self._parents: dict[int, list[ParentLink]] = {}
        for link in parents:
            self._parents.setdefault(link.unit_id, []).append(link)

    def hours_on(self, unit_id: int, day: date) -> Hours | None:
        """Return a unit's hours on a day; None where nobody has set any.

        A special day of the unit, or of the nearest above it, outweighs every weekly hour: a
        holiday that the city sets closes wards that have hours of their own.
        """
        line = self.line(unit_id, day)
        for one in line:
            if (special := self._special.get((one, day))) is not None:
                return Hours(load_spans(special.spans), one)
        for one in line:
            if (week := self._week_of(one, day)) is not None and week.spans is not None:
                return Hours(load_spans(week.spans[day.weekday()]), one)
        return None

    def week_of(self, unit_id: int, day: date) -> tuple[Week, int] | None:
        """Return the weekly hours in force for a unit on a day, and which unit set them."""
        for one in self.line(unit_id, day):
            if (week := self._week_of(one, day)) is not None and week.spans is not None:
                return Week(tuple(load_spans(spans) for spans in week.spans)), one
        return None

    def is_open(self, unit_id: int, at: datetime) -> bool | None:
        """Say whether a unit is open at an instant; None where nobody knows."""
        local = clock.local_time(at)
        hours = self.hours_on(unit_id, local.date())
        return None if hours is None else _span_at(hours.spans, local) is not None

    def open_since(self, unit_id: int, at: datetime) -> datetime | None:
        """Return since when a unit has been open without a break; None while it is not."""
        local = clock.local_time(at)
        hours = self.hours_on(unit_id, local.date())
        span = _span_at(hours.spans, local) if hours else None
        if span is None:
            return None
        return clock.start_of_day(local.date()) + timedelta(minutes=span.first_minute)

    def line(self, unit_id: int, day: date) -> list[int]:
        """Return a unit and what stands above it on a day, nearest first."""
        current: int | None = unit_id
        found: list[int] = []
        while current is not None and current not in found:
            found.append(current)
            current = next(
                (link.parent_id for link in self._parents.get(current, ()) if link.holds_on(day)),
                None,
            )
        return found

    def _week_of(self, unit_id: int, day: date) -> OpeningWeek | None:
        begun = [week for week in self._weeks.get(unit_id, ()) if week.from_day <= day]
        return begun[-1] if begun else None


def load_spans(stored: Sequence[Sequence[int]]) -> Spans:
    """Return the hours of a day as the database holds them."""
    return tuple(Span(first, end) for first, end in stored)


def _store(spans: Spans) -> list[list[int]]:
    return [[span.first_minute, span.end_minute] for span in spans]


def _span_at(spans: Spans, local: datetime) -> Span | None:
    minute = 60 * local.hour + local.minute
    return next((one for one in spans if one.first_minute <= minute < one.end_minute), None)


def read_calendar(session: Session, period: Period) -> Calendar:
    """Return when every unit is open on the days of a period, and maybe of more days.

    A reading session takes one that it has read for a longer period.
    """
    known: dict[Period, Calendar] = read_once(session, read_calendar, dict)
    for longer, calendar in known.items():
        if longer.first_day <= period.first_day and period.end_day <= longer.end_day:
            return calendar
    return known.setdefault(period, _read_calendar(session, period))


def _read_calendar(session: Session, period: Period) -> Calendar:
    return Calendar(
        session.scalars(select(OpeningWeek).where(OpeningWeek.from_day < period.end_day)).all(),
        session.scalars(
            select(SpecialDay).where(
                SpecialDay.day >= period.first_day, SpecialDay.day < period.end_day
            )
        ).all(),
        list_parent_links(session, period),
    )


def set_week(
    session: Session,
    unit_id: int,
    *,
    week: Week | None,
    from_day: date,
    changed_by_id: int | None = None,
) -> None:
    """Give a unit weekly hours of its own from a day on; None lets it go by what stands above.

    Hours that were to begin on the same day are replaced; those of other days stay as they are.
    Writes: opening_week, audit_entry.
    """
    before = _weekly_hours(session, unit_id, from_day)
    spans = None if week is None else [_store(day) for day in week.days]
    found = session.scalar(
        select(OpeningWeek).where(OpeningWeek.unit_id == unit_id, OpeningWeek.from_day == from_day)
    )
    if found is None:
        session.add(OpeningWeek(unit_id=unit_id, from_day=from_day, spans=spans))
    else:
        found.spans = spans
    session.flush()
    after = _weekly_hours(session, unit_id, from_day)
    detail = {"what": "hours", "from_day": from_day.isoformat(), "before": before, "after": after}
    _log(session, unit_id, changed_by_id, detail)


def _weekly_hours(session: Session, unit_id: int, day: date) -> dict[str, str]:
    """Return the hours in force on each weekday as they are typed; nothing where nobody set any."""
    found = read_calendar(session, day_period(day)).week_of(unit_id, day)
    if found is None:
        return {}
    return {one.name.lower(): write_spans(found[0].days[one]) for one in Weekday}


@dataclass(frozen=True)
class NewSpecialDay:
    """A day that differs, what it is called, and its hours; none of them is closed."""

    day: date
    name: str
    spans: Spans = CLOSED


def set_special_day(
    session: Session, unit_id: int, new: NewSpecialDay, *, changed_by_id: int | None = None
) -> None:
    """Have a unit open at other hours on one day, or closed; the same day again is replaced.

    Writes: special_day, audit_entry.
    """
    before = _hours_of_day(session, unit_id, new.day)
    session.execute(
        delete(SpecialDay).where(SpecialDay.unit_id == unit_id, SpecialDay.day == new.day)
    )
    name = clean(new.name)[:LONGEST_DAY_NAME]
    spans = _store(new.spans)
    session.add(SpecialDay(unit_id=unit_id, day=new.day, name=name, spans=spans))
    session.flush()
    detail = {"what": "special_day_set", "day": new.day.isoformat(), "before": before}
    detail["after"] = _hours_of_day(session, unit_id, new.day)
    _log(session, unit_id, changed_by_id, detail)


def _hours_of_day(session: Session, unit_id: int, day: date) -> dict[str, str | None]:
    """Return what a unit calls a day, if it differs, and its hours as they are typed, if known."""
    found = session.scalar(
        select(SpecialDay).where(SpecialDay.unit_id == unit_id, SpecialDay.day == day)
    )
    hours = read_calendar(session, day_period(day)).hours_on(unit_id, day)
    return {
        "name": found.name if found else "",
        "hours": None if hours is None else write_spans(hours.spans),
    }


def remove_special_day(
    session: Session, unit_id: int, day: date, *, changed_by_id: int | None = None
) -> None:
    """Have a day be like others again.

    Writes: special_day, audit_entry.
    Raises: SpecialDayNotFoundError when the unit has no such day of its own.
    """
    found = session.scalar(
        select(SpecialDay).where(SpecialDay.unit_id == unit_id, SpecialDay.day == day)
    )
    if found is None:
        raise SpecialDayNotFoundError(unit_id=unit_id, day=day)
    before = _hours_of_day(session, unit_id, day)
    session.delete(found)
    session.flush()
    detail = {"what": "special_day_removed", "day": day.isoformat(), "before": before}
    detail["after"] = _hours_of_day(session, unit_id, day)
    _log(session, unit_id, changed_by_id, detail)


def _log(session: Session, unit_id: int, account_id: int | None, detail: Mapping[str, Any]) -> None:
    record_deed(
        session,
        AuditAction.OFFICE_CHANGED,
        account_id=account_id,
        unit_id=unit_id,
        detail=dict(detail),
    )
