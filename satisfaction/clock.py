"""The only clock of the product. Refuses naive times.

Time: instants are aware and in UTC; days are local to the office.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OFFICE_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
# Older than the product: a machine without a battery begins in 1970, or where it was built.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)


def _system_now() -> datetime:
    return datetime.now(UTC)


_now: Callable[[], datetime] = _system_now


def now() -> datetime:
    """Return this instant, aware, in UTC."""
    return _now()


def is_set() -> bool:
    """Say whether this clock can be right at all; until then nothing may be dated by it."""
    return now() >= EARLIEST


def today() -> date:
    """Return the office's local day."""
    return local_day(now())


def require_aware(instant: datetime) -> datetime:
    """Return the instant in UTC.

    Raises: ValueError for a time without a zone.
    """
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(f"a time without a zone cannot be placed: {instant!r}")
    return instant.astimezone(UTC)


def local_day(instant: datetime) -> date:
    """Return the office's day in which an aware instant lies."""
    return require_aware(instant).astimezone(OFFICE_ZONE).date()


def local_time(instant: datetime) -> datetime:
    """Return the instant on the office's wall clock."""
    return require_aware(instant).astimezone(OFFICE_ZONE)


def start_of_day(day: date) -> datetime:
    """Return the first instant of a local day, in UTC."""
    return datetime.combine(day, time.min, tzinfo=OFFICE_ZONE).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the first instant after a local day, in UTC."""
    return start_of_day(day + timedelta(days=1))


@contextmanager
def replaced(source: Callable[[], datetime] | datetime) -> Iterator[None]:
    """Run with another source of time, in this process; for tests and for seeded histories."""
    global _now
    before = _now
    fixed = source
    _now = (lambda: require_aware(fixed)) if isinstance(fixed, datetime) else fixed
    try:
        yield
    finally:
        _now = before
