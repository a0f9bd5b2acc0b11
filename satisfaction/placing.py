"""On which day a tap belongs, by the device's clock and by what is known of it. Never guesses.

A clock off by more than five minutes is corrected by its measured offset and the rating is
marked; beyond a day the rating is kept with an unknown day, and so is one whose corrected time is
still to come. A device's times must run with its counters: a later counter with a time well before
an accepted one is kept with an unknown day too.
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
    Time: a clock a little fast never makes a day to come; one that is far ahead makes no day.
    """
    offset = timedelta(milliseconds=offset_ms or 0)
    is_wrong = abs(offset) > CLOCK_TOLERANCE
    corrected_at = tapped_at + offset if is_wrong else tapped_at
    if abs(offset) > CLOCK_LIMIT or is_to_come(corrected_at, received_at):
        return Placement(corrected_at, None, (Mark.DAY_UNKNOWN,))
    if not is_wrong:
        return Placement(corrected_at, _day(corrected_at, received_at))
    return Placement(corrected_at, _day(corrected_at, received_at), (Mark.CLOCK_CORRECTED,))


def is_to_come(corrected_at: datetime, received_at: datetime) -> bool:
    """Say whether a time lies further ahead than clocks may differ."""
    return corrected_at > received_at + CLOCK_TOLERANCE


def _day(instant: datetime, received_at: datetime) -> date:
    return clock.local_day(min(clock.require_aware(instant), received_at))


@dataclass(frozen=True)
class CountedTime:
    """A device's counter and the corrected time that came with it."""

    counter: int
    corrected_at: datetime


def find_backdated(accepted: Iterable[CountedTime], arriving: Iterable[CountedTime]) -> set[int]:
    """Return the counters of arriving ratings whose times run backwards.

    Each is measured by the latest time among those with a smaller counter, accepted before or
    arriving; one that runs backwards is no measure for those behind it.
    """
    latest: datetime | None = None
    found: set[int] = set()
    rows = [(one, False) for one in accepted] + [(one, True) for one in arriving]
    for one, is_new in sorted(rows, key=lambda row: row[0].counter):
        if is_new and latest is not None and one.corrected_at < latest - CLOCK_TOLERANCE:
            found.add(one.counter)
        else:
            latest = one.corrected_at if latest is None else max(latest, one.corrected_at)
    return found
