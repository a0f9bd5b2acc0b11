"""Put a backup in the place of the database. Refuses to do so over newer data unless told twice.

What stood there before is kept as a backup of its own, or as the raw file where it is damaged.
Devices keep what they delivered for a week and deliver again what a restored server has forgotten.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from satisfaction import backups, clock, dumps, presence
from satisfaction.backups import Backup, BackupKind, BackupPlan
from satisfaction.dumps import Contents
from satisfaction.errors import (
    BackupFailedError,
    DatabaseUnusableError,
    DataInUseError,
    NewerDataError,
)
from satisfaction.programs import run_program

# Seconds until PostgreSQL has noticed that a server which was stopped is gone.
PATIENCE = 3
# A dump holds no statistics; without them the first minutes' questions may take hours.
_STATISTICS = "ANALYZE;\n"
_EMPTY_SCHEMA = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP TABLE public.%I CASCADE', one.tablename);
  END LOOP;
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace LOOP
    EXECUTE format('DROP ROUTINE %s CASCADE', one.name);
  END LOOP;
  FOR one IN SELECT relname FROM pg_class
    WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('DROP SEQUENCE public.%I CASCADE', one.relname);
  END LOOP;
END $$;
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass(frozen=True)
class Restored:
    """What was put in place, and what now keeps what stood there before; None if nothing did."""

    backup: Backup
    safety_copy: str | None


def restore_backup(
    plan: BackupPlan, name: str, *, data_folder: Path, overwrites_newer: bool = False
) -> Restored:
    """Replace the database by a backup that is proved once more, all of it or nothing.

    Raises: BackupNotFoundError, BackupFailedError, NewerDataError, DataInUseError,
    DatabaseUnusableError, ProgramMissingError, ProgramFailedError.
    """
    with presence.nobody_else(data_folder):
        backup = backups.verify_backup(plan, name)
        if (backup.engine == "sqlite") is not dumps.is_sqlite(plan.url):
            raise BackupFailedError(problem="other engine", name=name, detail=backup.engine)
        _require_unused(plan.url)
        current, is_readable = _look(plan.url)
        if not overwrites_newer and _is_newer(backup.contents, current, is_readable=is_readable):
            raise NewerDataError(**_both(backup.contents, current))
        safety_copy = _keep_what_stands(plan, current, is_readable=is_readable)
        with TemporaryDirectory(dir=data_folder, prefix=".restore-") as scratch:
            dump = backups.opened(plan.folder / name, scratch=Path(scratch), keys=plan.keys)
            _put_in_place(plan.url, dump, Path(scratch))
        with dumps.looking_at(plan.url) as connection:
            found = dumps.examine(connection)
        backups.require_same(name, wanted=backup.contents, found=found)
    return Restored(backup, safety_copy)


def _look(url: str) -> tuple[Contents | None, bool]:
    """Return what stands now, None if there is nothing, and whether it could be read whole."""
    if dumps.is_sqlite(url):
        file = dumps.sqlite_file(url)
        if not file.exists():
            return None, True
        if dumps.check_file(file):
            return None, False
    with _usable(), dumps.looking_at(url) as connection:
        contents = dumps.examine(connection)
    return (None if contents.is_empty else contents), True


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except DBAPIError as problem:
        raise DatabaseUnusableError(detail=str(problem.orig).splitlines()[0]) from problem


def _is_newer(kept: Contents, current: Contents | None, *, is_readable: bool) -> bool:
    """Say whether the database holds, or may hold, ratings that the backup lacks."""
    if not is_readable:
        return True
    if current is None or current.newest_rating_at is None:
        return False
    if kept.newest_rating_at is None or current.newest_rating_at > kept.newest_rating_at:
        return True
    return current.ratings > kept.ratings


def _both(kept: Contents, current: Contents | None) -> dict[str, object]:
    return {
        "kept": kept.ratings,
        "stored": current.ratings if current else None,
        "newest_kept": kept.newest_rating_at,
        "newest_stored": current.newest_rating_at if current else None,
    }


def _require_unused(url: str) -> None:
    """Refuse while any other program has the database open, also one that holds no lock of ours.

    Raises: DataInUseError, DatabaseUnusableError.
    """
    if dumps.is_sqlite(url):
        file = dumps.sqlite_file(url)
        if presence.is_open_elsewhere(file):
            raise DataInUseError(folder=str(file))
        return
    for _ in range(PATIENCE):
        with _usable(), dumps.looking_at(url) as connection:
            if not connection.exec_driver_sql(_OTHERS).scalar_one():
                return
        time.sleep(1)
    raise DataInUseError(folder=make_url(url).database)


def _keep_what_stands(
    plan: BackupPlan, current: Contents | None, *, is_readable: bool
) -> str | None:
    if not is_readable:
        return _set_aside(plan)
    if current is None:
        return None
    return backups.take_backup(plan, BackupKind.BEFORE_RESTORE).name


def _set_aside(plan: BackupPlan) -> str:
    """Copy a damaged file, with what belongs to it, to where somebody may yet read it."""
    file = dumps.sqlite_file(plan.url)
    stamp = clock.local_time(clock.now()).strftime("%Y%m%d-%H%M%S")
    place = plan.folder / f"damaged-{stamp}"
    place.mkdir(parents=True, mode=0o700)
    for one in (file, *file.parent.glob(f"{file.name}-journal"), *file.parent.glob("*-wal")):
        shutil.copy2(one, place / one.name)
    return place.name


def _put_in_place(url: str, dump: Path, scratch: Path) -> None:
    if dumps.is_sqlite(url):
        _replace_file(dumps.sqlite_file(url), dump, scratch)
        return
    script = scratch / "restore.sql"
    with script.open("wb") as target:
        target.write(_EMPTY_SCHEMA.encode())
        target.flush()
        words = ["pg_restore", "--no-owner", "--no-privileges", "--file", "-", dump]
        run_program(words, stdout=target)
    with script.open("ab") as target:
        target.write(_STATISTICS.encode())
    words = ["--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1"]
    environment = dumps.postgres_environment(url) | {"PGOPTIONS": "-c client_min_messages=error"}
    run_program(["psql", *words, "--file", script], environment=environment)


def _replace_file(file: Path, dump: Path, scratch: Path) -> None:
    """Put the backup's file where the old one stands; its journals belong to the old one."""
    fresh = scratch / "fresh.sqlite3"
    dumps.unpack_file(dump, fresh)
    fresh.chmod(0o600)
    for ending in ("-journal", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    fresh.replace(file)
    backups.sync_folder(file.parent)
