"""Is the database that was here still here, and whole? Refuses to put an empty one in its place.

A small file in the data folder remembers which databases were prepared. SQLite's file is read
through at each start as far as that stays quick; the nightly backup reads all of it every time.
"""

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import make_url

from satisfaction import backups, dumps
from satisfaction.backups import BackupPlan
from satisfaction.errors import DatabaseDamagedError, DatabaseMissingError

REMEMBERED = "prepared.list"
WHOLE_CHECK_BYTES = 96 * 1024 * 1024
QUICK_CHECK_BYTES = 512 * 1024 * 1024
_MAGIC = b"SQLite format 3\x00"


def remember(url: str, data_folder: Path) -> None:
    """Note that this database was prepared, so that its loss is noticed."""
    file = data_folder / REMEMBERED
    known = _remembered(data_folder)
    if (mark := _mark(url)) not in known:
        draft = file.with_name(f"{REMEMBERED}.{os.getpid()}.draft")
        draft.write_text("".join(f"{one}\n" for one in [*known, mark]), encoding="ascii")
        draft.replace(file)


def was_prepared(url: str, data_folder: Path) -> bool:
    """Say whether this very database was prepared before.

    Asked before the database is looked at: what is noted only later, another start has just made.
    """
    return _mark(url) in _remembered(data_folder)


def _remembered(data_folder: Path) -> list[str]:
    file = data_folder / REMEMBERED
    return file.read_text(encoding="ascii").split() if file.exists() else []


def _mark(url: str) -> str:
    """Return what stands for a database; its address may hold a password, so it is hashed."""
    address = make_url(url)._replace(username=None, password=None)
    return hashlib.sha256(address.render_as_string(hide_password=True).encode()).hexdigest()[:24]


def require_sound_file(plan: BackupPlan, data_folder: Path, *, was_here: bool) -> None:
    """Refuse a file of SQLite that is damaged, emptied or gone; one never prepared may be made.

    Raises: DatabaseDamagedError, DatabaseMissingError.
    """
    if not dumps.is_sqlite(plan.url):
        return
    file = dumps.sqlite_file(plan.url)
    if not file.exists() or file.stat().st_size == 0:
        if was_here:
            raise missing(plan, data_folder)
        return
    if fault := _find_fault(file):
        raise DatabaseDamagedError(
            file=str(file), detail=fault, last_good=backups.last_good_name(plan)
        )


def missing(plan: BackupPlan, data_folder: Path) -> DatabaseMissingError:
    """Return what is said of a database that was prepared and is not there any more."""
    return DatabaseMissingError(
        file=make_url(plan.url).database or "",
        mark=str(data_folder / REMEMBERED),
        last_good=backups.last_good_name(plan),
    )


def _find_fault(file: Path) -> str | None:
    """Return the first fault of a file; a larger one is read less thoroughly."""
    with file.open("rb") as opened:
        if opened.read(16) != _MAGIC:
            return "no header"
    size = file.stat().st_size
    check = "integrity_check(1)" if size <= WHOLE_CHECK_BYTES else "quick_check(1)"
    if size > QUICK_CHECK_BYTES:
        check = "schema_version"
    try:
        with closing(_open(file)) as connection:
            found = connection.execute(f"PRAGMA {check}").fetchone()[0]
    except sqlite3.DatabaseError as problem:
        return None if "locked" in str(problem) else str(problem)
    return None if isinstance(found, int) or found == "ok" else str(found).splitlines()[-1]


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True, timeout=10)
