"""Closed local days whose counts are stored: lock them, and mark them when they change.

A writer holds its days shared and a rebuild holds its day alone, so that a rebuild never misses
a rating that is being stored; on SQLite, where writers come one after another, nothing is needed.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.engine import Connection

from satisfaction import clock
from satisfaction.models import CountedDay
from satisfaction.statements import ByKeys

_LOCK = 0x48_4C
_counted_day = CountedDay.__table__
assert isinstance(_counted_day, Table), "a view or a join cannot be changed"
_MARK = ByKeys(
    update(_counted_day).values(marked_at=bindparam("at")),
    _counted_day.c.local_day,
)


def hold_days(connection: Connection, days: Collection[date]) -> None:
    """Keep a rebuild of these days waiting until this transaction ends."""
    if connection.dialect.name == "postgresql":
        for day in sorted(days):
            connection.execute(select(func.pg_advisory_xact_lock_shared(_LOCK, day.toordinal())))


def hold_day_alone(connection: Connection, day: date) -> None:
    """Wait for every transaction that is changing this day, and keep others waiting."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK, day.toordinal())))


def mark_days(connection: Connection, days: Collection[date]) -> None:
    """Have these days counted live until they are rebuilt; the days must be held."""
    if days:
        _MARK.run(connection, days, at=clock.now())
