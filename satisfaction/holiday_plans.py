"""A year's holidays for a unit and all that stands under it: looked at first, then entered.

Refuses to change days that are over, and to guess the hours of a swapped working day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock, opening
from satisfaction.calendars import (
    CLOSED,
    NewSpecialDay,
    Spans,
    load_spans,
    read_calendar,
    read_spans,
    write_spans,
)
from satisfaction.errors import HoursInvalidError, NotFoundError, OfficeChangeRefusedError
from satisfaction.faults import OfficeFault
from satisfaction.models import SpecialDay
from satisfaction.opening import Change
from satisfaction.periods import day_period
from satisfaction.public_holidays import ProposedDay, propose_days


@dataclass(frozen=True)
class PlannedDay:
    """A proposed day with what the unit's table says of it; ``hours`` are empty when closed.

    ``is_unknown`` for a working day whose hours nobody has set.
    """

    day: date
    name: str
    hours: str
    is_working: bool
    is_unknown: bool
    is_over: bool
    kept_name: str
    kept_hours: str
    is_kept: bool

    @property
    def may_be_taken(self) -> bool:
        """Whether entering it would change anything."""
        is_same = self.is_kept and (self.kept_name, self.kept_hours) == (self.name, self.hours)
        return not (self.is_over or self.is_unknown or is_same)


def plan_year(session: Session, unit_id: int, year: int) -> list[PlannedDay]:
    """Return what is proposed for a year beside what a unit's table already has of its own."""
    rows = session.scalars(
        select(SpecialDay).where(
            SpecialDay.unit_id == unit_id,
            SpecialDay.day >= date(year, 1, 1),
            SpecialDay.day <= date(year, 12, 31),
        )
    )
    kept = {row.day: row for row in rows}
    return [
        _plan(session, unit_id, proposed, kept.get(proposed.day)) for proposed in propose_days(year)
    ]


def _plan(
    session: Session, unit_id: int, proposed: ProposedDay, row: SpecialDay | None
) -> PlannedDay:
    spans = _usual_spans(session, unit_id, proposed.instead_of) if proposed.instead_of else CLOSED
    return PlannedDay(
        day=proposed.day,
        name=proposed.name,
        hours=write_spans(spans or CLOSED),
        is_working=proposed.is_working,
        is_unknown=proposed.is_working and not spans,
        is_over=proposed.day < clock.today(),
        kept_name=row.name if row else "",
        kept_hours=write_spans(load_spans(row.spans)) if row else "",
        is_kept=row is not None,
    )


def _usual_spans(session: Session, unit_id: int, day: date) -> Spans | None:
    """Return the weekly hours of a day, were it no holiday; None where nobody has set any."""
    found = read_calendar(session, day_period(day)).week_of(unit_id, day)
    return found[0].days[day.weekday()] if found else None


def take_days(
    session: Session, change: Change, *, year: int, days: Iterable[date]
) -> Sequence[PlannedDay]:
    """Enter the chosen days of a year's proposal for a unit; those it has already are replaced.

    Writes: special_day, audit_entry.
    Raises: NotFoundError for any other unit; OfficeChangeRefusedError when nothing was chosen.
    """
    if change.unit_id not in change.scope:
        raise NotFoundError(unit_id=change.unit_id)
    chosen = set(days)
    taken = [
        planned
        for planned in plan_year(session, change.unit_id, year)
        if planned.day in chosen and planned.may_be_taken
    ]
    if not taken:
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    for planned in taken:
        spans = _spans_of(planned)
        opening.add_special_day(session, change, NewSpecialDay(planned.day, planned.name, spans))
    return taken


def _spans_of(planned: PlannedDay) -> Spans:
    return read_spans(planned.hours)


def swap_days(session: Session, change: Change, *, off: date, work: date, name: str) -> None:
    """Have a unit closed on a day and open on another in its place, at the hours of the first.

    Writes: special_day, audit_entry.
    Raises: NotFoundError for any other unit; DayIsOverError; HoursInvalidError where nobody has
    set the hours; OfficeChangeRefusedError for the same day twice.
    """
    if change.unit_id not in change.scope:
        raise NotFoundError(unit_id=change.unit_id)
    if off == work:
        raise OfficeChangeRefusedError(fault=OfficeFault.DAY_TAKEN, day=off)
    spans = _usual_spans(session, change.unit_id, off)
    if not spans:
        raise HoursInvalidError(text=f"{off:%d/%m/%Y}")
    opening.add_special_day(session, change, NewSpecialDay(off, name))
    opening.add_special_day(session, change, NewSpecialDay(work, name, spans))
