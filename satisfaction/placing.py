"""On which day a tap belongs, by the device's clock and by what is known of it. Never guesses.

A clock off by more than five minutes is corrected by its measured offset and the rating is
marked; beyond a day the rating is kept with an unknown day. A device's times must run with its
counters: a later counter with a time well before an accepted one is kept with an unknown day too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from satisfaction import clock
from satisfaction.terms import Mark

CLOCK_TOLERANCE = timedelta(minutes=5)
CLOCK_LIMIT = timedelta(hours=24)


@dataclass(frozen=True)
class Placement:
    """Where a tap stands in time; no day where it cannot be known."""

    corrected_at: datetime
    local_day: date | None
    marks: tuple[Mark, ...] = ()


def place(tapped_at: datetime, offset_ms: int | None, *, received_at: datetime) -> Placement:
    """Return the placement of a tap by its own time and the device's measured offset.

    Units: ``offset_ms`` is what has to be added to the device's time to get the server's.
    Time: a clock a little fast never makes a day to come.
    """
    offset = timedelta(milliseconds=offset_ms or 0)
    if abs(offset) <= CLOCK_TOLERANCE:
        return Placement(tapped_at, _day(tapped_at, received_at))
    corrected_at = tapped_at + offset
    if abs(offset) > CLOCK_LIMIT:
        return Placement(corrected_at, None, (Mark.DAY_UNKNOWN,))
    return Placement(corrected_at, _day(corrected_at, received_at), (Mark.CLOCK_CORRECTED,))


def _day(instant: datetime, received_at: datetime) -> date:
    return clock.local_day(min(clock.require_aware(instant), received_at))


@dataclass(frozen=True)
class CountedTime:
    """A device's counter and the corrected time that came with it."""

    counter: int
    corrected_at: datetime


def find_backdated(accepted: CountedTime | None, arriving: Iterable[CountedTime]) -> set[int]:
    """Return the counters whose times run backwards.

    ``accepted`` is the nearest accepted rating before the first that arrives; the arriving ones
    are looked at in the order of their counters, and one that runs backwards is no measure for
    those behind it.
    """
    latest = accepted.corrected_at if accepted else None
    found: set[int] = set()
    for one in sorted(arriving, key=lambda each: each.counter):
        if latest is not None and one.corrected_at < latest - CLOCK_TOLERANCE:
            found.add(one.counter)
        else:
            latest = one.corrected_at if latest is None else max(latest, one.corrected_at)
    return found
