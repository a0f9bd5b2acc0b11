"""Troubles that pass by themselves: a full disk, a busy or absent database. Refuses to hide others.

Whoever meets one is told to come again, because nothing was stored and the same may work later.
"""

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

RETRY_AFTER_SECONDS = 5
_SQLITE = {
    sqlite3.SQLITE_FULL: "disk-full",
    sqlite3.SQLITE_IOERR: "disk-full",
    sqlite3.SQLITE_CANTOPEN: "database-away",
    sqlite3.SQLITE_READONLY: "database-away",
    sqlite3.SQLITE_BUSY: "database-busy",
    sqlite3.SQLITE_LOCKED: "database-busy",
}
# Classes of SQLSTATE: connection, resources, operator intervention, system error.
_AWAY = ("08", "57P", "58")
_BUSY = ("40001", "40P01", "53300", "55P03", "57014")


class Outage(StrEnum):
    """What keeps the product from storing or reading, for now."""

    DISK_FULL = "disk-full"
    DATABASE_BUSY = "database-busy"
    DATABASE_AWAY = "database-away"
    CLOCK_UNSET = "clock-unset"


def find_outage(problem: BaseException | None) -> Outage | None:
    """Return which passing trouble an error stands for; None for every other error."""
    if isinstance(problem, PoolTimeoutError):
        return Outage.DATABASE_BUSY
    if isinstance(problem, OSError):
        return Outage.DISK_FULL if problem.errno in {errno.ENOSPC, errno.EDQUOT} else None
    if not isinstance(problem, DBAPIError):
        return None
    if isinstance(problem.orig, sqlite3.Error):
        return _of_sqlite(problem.orig)
    return _of_postgresql(problem)


@contextmanager
def missed_while_it_lasts() -> Iterator[None]:
    """Let a write pass by that is not worth refusing its page for, while a trouble lasts.

    Only for what is tried again by itself, and never for what somebody was told is stored.
    """
    try:
        yield
    except (DBAPIError, PoolTimeoutError, OSError) as problem:
        outage = find_outage(problem)
        if outage is None:
            raise
        logging.getLogger("hailong").warning("not kept for now: %s", outage.value)


def _of_sqlite(problem: sqlite3.Error) -> Outage | None:
    """Read SQLite's primary code; an error of the driver or of ours has only its words."""
    code = getattr(problem, "sqlite_errorcode", None)
    if code is None:
        return Outage.DATABASE_BUSY if "locked" in str(problem) else None
    found = _SQLITE.get(code & 0xFF)
    return Outage(found) if found else None


def _of_postgresql(problem: DBAPIError) -> Outage | None:
    state = getattr(problem.orig, "sqlstate", None)
    if state is None:
        is_lost = problem.connection_invalidated or "connection" in str(problem.orig)
        return Outage.DATABASE_AWAY if is_lost else None
    if state.startswith("531"):
        return Outage.DISK_FULL
    if state in _BUSY:
        return Outage.DATABASE_BUSY
    return Outage.DATABASE_AWAY if state.startswith(_AWAY) else None
