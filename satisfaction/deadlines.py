"""Working days of a unit, and the day by which something is due. Refuses to skip a set holiday.

A working day is one on which the unit is open by its calendar; where nobody has set hours, the
days from Monday to Friday are.
"""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from satisfaction.calendars import Calendar, read_calendar
from satisfaction.periods import Period
from satisfaction.terms import Weekday

LONGEST_WAIT = timedelta(days=730)


class WorkingDays:
    """On which days of a period each unit works, as its calendar was read at one moment."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar

    def is_working(self, unit_id: int, day: date) -> bool:
        """Say whether a unit works on a day."""
        hours = self._calendar.hours_on(unit_id, day)
        return day.weekday() < Weekday.SATURDAY if hours is None else bool(hours.spans)

    def add(self, unit_id: int, day: date, *, count: int) -> date:
        """Return the working day that is so many of them after a day, which does not count.

        Time: a unit that is closed for two years has its day at the end of them.
        """
        last = day + LONGEST_WAIT
        while count > 0 and day < last:
            day += timedelta(days=1)
            count -= self.is_working(unit_id, day)
        return day

    def count(self, unit_id: int, day: date, *, until: date) -> int:
        """Return how many working days lie after a day, up to and including another."""
        length = (until - day).days
        days = (day + timedelta(days=offset) for offset in range(1, length + 1))
        return sum(self.is_working(unit_id, one) for one in days)


def read_working_days(session: Session, first: date, last: date) -> WorkingDays:
    """Return the working days of all units from one day to another, and two years beyond."""
    return WorkingDays(read_calendar(session, Period(first, last + LONGEST_WAIT)))
