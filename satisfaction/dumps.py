"""One database as one file, and what is in it. Refuses to judge whether a copy is needed.

SQLite is copied by its backup interface in one step, PostgreSQL by pg_dump; the rows are counted
in the very state that is copied, so that a copy can be compared with what it was made from.
"""

import gzip
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    Connection,
    NullPool,
    Select,
    column,
    create_engine,
    func,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from satisfaction.errors import BackupFailedError
from satisfaction.programs import run_program

REVISIONS = "alembic_version"
SELECT_REVISION: Select[tuple[Any]] = select(column("version_num")).select_from(table(REVISIONS))
BUSY_SECONDS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONNECTION = {
    "host": "PGHOST",
    "port": "PGPORT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


@dataclass(frozen=True)
class Contents:
    """What is in a database: its revision, the rows of each table, the newest rating.

    Time: ``newest_rating_at`` is when the server received it.
    """

    revision: str | None
    rows: dict[str, int]
    newest_rating_at: datetime | None

    @property
    def ratings(self) -> int:
        """How many ratings there are."""
        return self.rows.get("rating", 0)

    @property
    def is_empty(self) -> bool:
        """Whether there is no table of ours yet."""
        return self.revision is None and not self.rows


def is_sqlite(url: str) -> bool:
    """Say whether an address names an SQLite file."""
    return make_url(url).get_backend_name() == "sqlite"


def sqlite_file(url: str) -> Path:
    """Return the file that an SQLite address names."""
    return Path(make_url(url).database or "")


def suffix_of(url: str) -> str:
    """Return how the name of a copy of this database ends."""
    return ".sqlite3.gz" if is_sqlite(url) else ".dump"


def examine(connection: Connection) -> Contents:
    """Return what is in a database, in the state that the connection sees."""
    rows = {}
    for name in sorted(inspect(connection).get_table_names()):
        rows[name] = connection.execute(select(func.count()).select_from(table(name))).scalar_one()
    newest: Any = None
    revision: str | None = None
    if "rating" in rows:
        newest = connection.execute(text("SELECT max(received_at) FROM rating")).scalar_one()
    if REVISIONS in rows:
        revision = connection.execute(SELECT_REVISION).scalar()
    if isinstance(newest, int):
        newest = _EPOCH + timedelta(microseconds=newest)
    return Contents(revision, rows, newest)


@contextmanager
def looking_at(url: str) -> Iterator[Connection]:
    """Open one consistent look at a database, on a connection of its own that cannot write."""
    if is_sqlite(url):
        with looking_at_file(sqlite_file(url)) as connection:
            yield connection
        return
    engine = create_engine(
        url,
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
    )
    with engine.connect() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        yield connection


@contextmanager
def looking_at_file(file: Path) -> Iterator[Connection]:
    """Open one consistent look at an SQLite file that stands."""
    engine = create_engine("sqlite://", poolclass=NullPool, creator=lambda: _open(file))
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN DEFERRED")
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
        yield connection
        connection.exec_driver_sql("ROLLBACK")


def _open(file: Path) -> sqlite3.Connection:
    """Open a file to read it; ``rw`` because a crash may have left a journal to roll back."""
    connection = sqlite3.connect(
        f"file:{quote(str(file))}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    connection.execute("PRAGMA query_only=ON")
    return connection


def write_dump(url: str, target: Path) -> Contents:
    """Copy a database that is in use into one file; return what was in it at that instant.

    Raises: BackupFailedError, ProgramMissingError, ProgramFailedError.
    """
    try:
        if is_sqlite(url):
            return _copy_file(sqlite_file(url), target)
        with looking_at(url) as connection:
            return _dump_as_seen(connection, url, target)
    except (sqlite3.Error, DBAPIError) as problem:
        cause = getattr(problem, "orig", problem)
        raise BackupFailedError(problem="database", detail=str(cause).splitlines()[0]) from problem


def _dump_as_seen(connection: Connection, url: str, target: Path) -> Contents:
    snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    words = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    environment = postgres_environment(url)
    run_program(["pg_dump", *words, "--file", target], environment=environment)
    return examine(connection)


def _copy_file(file: Path, target: Path) -> Contents:
    plain = target.with_name(target.name + ".plain")
    try:
        with looking_at_file(file) as connection, closing(sqlite3.connect(plain)) as copy:
            contents = examine(connection)
            source: Any = connection.connection.dbapi_connection
            source.backup(copy, pages=-1)
        with plain.open("rb") as read, gzip.open(target, "wb", compresslevel=3) as write:
            shutil.copyfileobj(read, write, 1024 * 1024)
    finally:
        plain.unlink(missing_ok=True)
    return contents


def unpack_file(dump: Path, target: Path) -> None:
    """Write the SQLite file that a copy holds, whole and on the disk.

    Raises: BackupFailedError for a copy that is damaged.
    """
    try:
        with gzip.open(dump, "rb") as read, target.open("wb") as write:
            shutil.copyfileobj(read, write, 1024 * 1024)
            write.flush()
            os.fsync(write.fileno())
    except (EOFError, gzip.BadGzipFile, OSError) as problem:
        target.unlink(missing_ok=True)
        raise BackupFailedError(problem="unreadable", name=dump.name) from problem


def check_file(file: Path) -> list[str]:
    """Return what SQLite finds wrong within a file and between its rows; empty if nothing."""
    try:
        with closing(_open(file)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchmany(5)
    except sqlite3.DatabaseError as problem:
        return [str(problem)]
    return [line for line in found if line != "ok"] + [str(row) for row in broken]


def prove_dump(url: str, dump: Path, *, scratch: Path) -> tuple[Contents, str]:
    """Restore a copy into a scratch place and look at it; return its contents and how it was done.

    On PostgreSQL the scratch place is a database beside the real one; a role that may make none
    has the rows of the copy counted as they stand in it instead.
    Raises: BackupFailedError, ProgramMissingError, ProgramFailedError.
    """
    if is_sqlite(url):
        return _prove_file(dump, scratch), "restored"
    name = f"hailong_proof_{os.getpid()}"
    try:
        _administer(url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    except DBAPIError:
        return _read_dump(dump), "read"
    proof = make_url(url).set(database=name)
    try:
        address = proof.render_as_string(hide_password=False)
        words = ["--no-owner", "--no-privileges", "--exit-on-error", "--dbname", name]
        run_program(["pg_restore", *words, dump], environment=postgres_environment(address))
        with looking_at(address) as connection:
            return examine(connection), "restored"
    finally:
        with suppress(DBAPIError):
            _administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _prove_file(dump: Path, scratch: Path) -> Contents:
    file = scratch / "proof.sqlite3"
    unpack_file(dump, file)
    try:
        faults = check_file(file)
        if faults:
            raise BackupFailedError(problem="damaged", name=dump.name, detail=faults[0])
        with looking_at_file(file) as connection:
            return examine(connection)
    finally:
        for rest in scratch.glob("proof.sqlite3*"):
            rest.unlink()


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def _read_dump(dump: Path) -> Contents:
    """Count the rows of a PostgreSQL copy as they stand in it, without any database."""
    script = dump.with_name(dump.name + ".sql")
    rows: Counter[str] = Counter()
    revision: str | None = None
    newest = ""
    try:
        with script.open("wb") as file:
            run_program(["pg_restore", "--data-only", "--file", "-", dump], stdout=file)
        with script.open(encoding="utf-8", newline="\n") as lines:
            for table, columns, line in _copied_rows(lines):
                rows[table] += bool(line)
                if table == REVISIONS and line:
                    revision = line
                if table == "rating" and line:
                    newest = max(newest, line.split("\t")[columns.index("received_at")])
    finally:
        script.unlink(missing_ok=True)
    return Contents(revision, dict(rows), datetime.fromisoformat(newest) if newest else None)


def _copied_rows(lines: Iterable[str]) -> Iterator[tuple[str, list[str], str]]:
    """Yield each row with its table and columns, and one empty line for each table."""
    table, columns = "", [""]
    for line in lines:
        if not table and line.startswith("COPY "):
            table = line.split()[1].removeprefix("public.").strip('"')
            columns = line[line.index("(") + 1 : line.index(")")].split(", ")
            yield table, columns, ""
        elif line == "\\.\n":
            table = ""
        elif table:
            yield table, columns, line.rstrip("\n")


def postgres_environment(url: str) -> dict[str, str]:
    """Return an address as PostgreSQL's own variables, so that no password is among the words."""
    address: URL = make_url(url)
    found = {
        "PGHOST": address.host,
        "PGPORT": str(address.port) if address.port else None,
        "PGUSER": address.username,
        "PGPASSWORD": str(address.password) if address.password else None,
        "PGDATABASE": address.database,
        "PGCONNECT_TIMEOUT": "10",
        "PGTZ": "UTC",
    }
    for name, value in address.query.items():
        if name in _CONNECTION:
            found[_CONNECTION[name]] = value if isinstance(value, str) else ",".join(value)
    return {name: value for name, value in found.items() if value}
