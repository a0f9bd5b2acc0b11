"""When jobs are due: moments of the office's clock, by day. Pure; refuses to know what was done.

A moment is reckoned from its day, never from the last run, so that however the clock jumps the
same run has the same moment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from satisfaction import clock

DAYS_CAUGHT_UP = 7
Result = Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Job:
    """Something to be done at times of each day; its function may run twice and may run late.

    ``run`` is told the day for which it was due, which is an earlier one where it is made up for.
    ``catches_up`` says that a missed day is made up for; else only the newest moment counts.
    ``lease`` is how long a run may take before somebody else begins it anew.
    """

    name: str
    times: tuple[time, ...]
    run: Callable[[date], Result]
    catches_up: bool = False
    lease: timedelta = timedelta(minutes=10)


def on_any_day(work: Callable[[], Result]) -> Callable[[date], Result]:
    """Return as a job's function what does the same whatever day it was due for."""
    return lambda _day: work()


def hourly(minute: int, *, first: int = 0, last: int = 23) -> tuple[time, ...]:
    """Return a moment of each hour of a day."""
    return tuple(time(hour, minute) for hour in range(first, last + 1))


def moment(day: date, at: time) -> datetime:
    """Return the instant of a wall-clock time of a day."""
    return datetime.combine(day, at, tzinfo=clock.OFFICE_ZONE).astimezone(UTC)


def days_until(now: datetime, *, most: int = DAYS_CAUGHT_UP) -> list[date]:
    """Return the days whose work may still be made up for, and today, oldest first."""
    today = clock.local_day(now)
    return [today - timedelta(days=back) for back in range(most, -1, -1)]


def due_moments(job: Job, now: datetime) -> list[datetime]:
    """Return when a job was due within the days that are caught up, oldest first."""
    moments = [moment(day, at) for day in days_until(now) for at in sorted(job.times)]
    passed = [one for one in moments if one <= now]
    return passed if job.catches_up else passed[-1:]
