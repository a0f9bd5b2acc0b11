"""Opening hours as an administrator sees and changes them, within the officer's own units.

Refuses to change days that are over: what was marked by their hours stays understandable.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import calendars, clock
from satisfaction.calendars import NewSpecialDay, Week, read_calendar, write_spans
from satisfaction.errors import DayIsOverError, NotFoundError
from satisfaction.models import OpeningWeek, SpecialDay
from satisfaction.office import get_unit, name_of
from satisfaction.periods import day_period
from satisfaction.text import sort_key

LOOKED_BACK = timedelta(days=31)


@dataclass(frozen=True)
class UnitChoice:
    """A unit whose hours an officer may set."""

    unit_id: int
    name: str
    is_demonstration: bool


@dataclass(frozen=True)
class ListedDay:
    """A special day that holds for the unit; ``set_by`` is empty for one of its own."""

    day: date
    name: str
    hours: str
    set_by: str
    may_be_removed: bool


@dataclass(frozen=True, kw_only=True)
class HoursSheet:
    """What the page of hours shows.

    ``week`` holds the hours of the seven weekdays as they are typed, and is empty where nobody
    has set any; ``set_by`` is the unit that set them, empty for this unit itself.
    """

    units: Sequence[UnitChoice]
    unit: UnitChoice
    week: Sequence[str]
    set_by: str
    has_own: bool
    coming: Sequence[date]
    special_days: Sequence[ListedDay]
    is_open: bool | None


def read_hours(session: Session, scope: Set[int], unit_id: int | None) -> HoursSheet:
    """Return the hours in force for a unit of these, or for the first of them.

    Raises: NotFoundError for a unit outside the scope, and when there is none in it.
    """
    today = clock.today()
    units = sorted(
        (_as_choice(session, one, today) for one in scope), key=lambda one: sort_key(one.name)
    )
    chosen = next((one for one in units if unit_id in {None, one.unit_id}), None)
    if chosen is None:
        raise NotFoundError(unit_id=unit_id)
    calendar = read_calendar(session, day_period(today))
    found = calendar.week_of(chosen.unit_id, today)
    setter = found[1] if found else chosen.unit_id
    return HoursSheet(
        units=units,
        unit=chosen,
        week=[write_spans(day) for day in found[0].days] if found else [],
        set_by="" if setter == chosen.unit_id else _name(session, setter, today),
        has_own=found is not None and setter == chosen.unit_id,
        coming=_list_coming(session, chosen.unit_id, today),
        special_days=_list_special_days(session, calendar, chosen.unit_id),
        is_open=calendar.is_open(chosen.unit_id, clock.now()),
    )


def _as_choice(session: Session, unit_id: int, day: date) -> UnitChoice:
    unit = get_unit(session, unit_id)
    return UnitChoice(unit_id, name_of(unit, day).name, unit.is_demonstration)


def _name(session: Session, unit_id: int, day: date) -> str:
    return name_of(get_unit(session, unit_id), day).name


def _list_coming(session: Session, unit_id: int, today: date) -> list[date]:
    """Return the days from which other hours are set already."""
    return list(
        session.scalars(
            select(OpeningWeek.from_day)
            .where(OpeningWeek.unit_id == unit_id, OpeningWeek.from_day > today)
            .order_by(OpeningWeek.from_day)
        )
    )


def _list_special_days(
    session: Session, calendar: calendars.Calendar, unit_id: int
) -> list[ListedDay]:
    """Return the special days that hold for a unit, from a month ago on."""
    today = clock.today()
    line = calendar.line(unit_id, today)
    rows = session.scalars(
        select(SpecialDay).where(
            SpecialDay.unit_id.in_(line), SpecialDay.day >= today - LOOKED_BACK
        )
    )
    nearest: dict[date, SpecialDay] = {}
    for row in sorted(rows, key=lambda row: line.index(row.unit_id)):
        nearest.setdefault(row.day, row)
    return [
        ListedDay(
            day,
            row.name,
            write_spans(calendars.load_spans(row.spans)),
            "" if row.unit_id == unit_id else _name(session, row.unit_id, today),
            row.unit_id == unit_id and day >= today,
        )
        for day, row in sorted(nearest.items())
    ]


@dataclass(frozen=True)
class Change:
    """Whose hours are changed, within which units, and by whom."""

    scope: Set[int]
    unit_id: int
    changed_by_id: int | None


def change_week(session: Session, change: Change, *, week: Week | None, from_day: date) -> None:
    """Set a unit's weekly hours from today or a later day on; None is what stands above it.

    Raises: NotFoundError for any other unit; DayIsOverError.
    """
    _check(change, from_day)
    calendars.set_week(
        session, change.unit_id, week=week, from_day=from_day, changed_by_id=change.changed_by_id
    )


def add_special_day(session: Session, change: Change, new: NewSpecialDay) -> None:
    """Have a unit closed, or open at other hours, today or on a later day.

    Raises: NotFoundError for any other unit; DayIsOverError.
    """
    _check(change, new.day)
    calendars.set_special_day(session, change.unit_id, new, changed_by_id=change.changed_by_id)


def remove_special_day(session: Session, change: Change, day: date) -> None:
    """Have a day to come be like others again.

    Raises: NotFoundError for any other unit or day; DayIsOverError.
    """
    _check(change, day)
    calendars.remove_special_day(session, change.unit_id, day, changed_by_id=change.changed_by_id)


def _check(change: Change, day: date) -> None:
    if change.unit_id not in change.scope:
        raise NotFoundError(unit_id=change.unit_id)
    if day < clock.today():
        raise DayIsOverError(day=day)
