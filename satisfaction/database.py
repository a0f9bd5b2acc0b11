"""Engine, column types and transactions. Refuses to know what is stored.

SQLite: reads run in BEGIN DEFERRED, every write unit in BEGIN IMMEDIATE in a short session of its
own; the journal mode follows the library's version because WAL before 3.51.3 (or the repaired
3.50.7 and 3.44.6 branches) can lose committed pages when two connections write and checkpoint at
once. Commits are durable (synchronous=FULL) in either mode.
"""

import enum
import secrets
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Date, DateTime, Engine, Integer, LargeBinary, MetaData, event
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Dialect, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator, TypeEngine

from satisfaction import clock
from satisfaction.errors import ConfigurationError
from satisfaction.turns import turn_to_write

OLDEST_SQLITE = (3, 35, 0)
BUSY_SECONDS = 10
REST_SECONDS = 2.0
MOST_TRIES = 5
STEP_ASIDE_SECONDS = 0.02
_WRITES = "hailong_writes"
_RESTED = "hailong_rested_at"
_READ = "hailong_read"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Value = TypeVar("Value")


class Base(DeclarativeBase):
    """Parent of all models; constraints are named so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


class UtcTime(TypeDecorator[datetime]):
    """An aware instant; microseconds since 1970 on SQLite, timestamptz on PostgreSQL.

    Raises: ValueError for a naive time, on either engine.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the engine's own column."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Store in UTC."""
        if value is None:
            return None
        instant = clock.require_aware(value)
        return (instant - _EPOCH) // _MICROSECOND if dialect.name == "sqlite" else instant

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read as aware UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return _EPOCH + timedelta(microseconds=value)
        return clock.require_aware(value)


class LocalDay(TypeDecorator[date]):
    """A day of the office's calendar; the readable number 20240331 on SQLite, date elsewhere."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the engine's own column."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """Store the day; refuses an instant, which is a day only in some zone."""
        if value is None:
            return None
        if isinstance(value, datetime):
            raise ValueError("a day is wanted, not an instant")
        if dialect.name == "sqlite":
            return value.year * 10_000 + value.month * 100 + value.day
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Read as a date."""
        if value is None or isinstance(value, date):
            return value
        return date(value // 10_000, value // 100 % 100, value % 100)


class PackedUuid(TypeDecorator[uuid.UUID]):
    """A UUID in 16 bytes on both engines."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the engine's own column."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=True))
        return dialect.type_descriptor(LargeBinary(16))

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> Any:
        """Store the 16 bytes."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        """Read a UUID."""
        if value is None or isinstance(value, uuid.UUID):
            return value
        return uuid.UUID(bytes=bytes(value))


def enum_column(kind: type[enum.StrEnum], name: str) -> EnumColumn:
    """Return a column type that keeps a closed vocabulary as text with a check."""
    return EnumColumn(
        kind,
        native_enum=False,
        length=24,
        create_constraint=True,
        validate_strings=True,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Say whether this SQLite has the repaired WAL reset.

    Source: SQLite release notes: 3.51.3, with backports in 3.50.7 and 3.44.6.
    """
    return (
        version >= (3, 51, 3)
        or (3, 50, 7) <= version < (3, 51, 0)
        or (3, 44, 6) <= version < (3, 45, 0)
    )


def engine_options(url: str) -> dict[str, Any]:
    """Return the options with which the application's engine is made.

    The connection used last is used again first: it has its statements prepared. What a citizen
    wrote is not repeated by an error, which ends in the log.
    Raises: ConfigurationError for another database than SQLite or PostgreSQL.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise ConfigurationError(problem="SQLite too old", version=sqlite3.sqlite_version)
        return {
            "hide_parameters": True,
            "connect_args": {"timeout": BUSY_SECONDS},
            "pool_size": 20,
            "max_overflow": 10,
            "pool_use_lifo": True,
        }
    if backend == "postgresql":
        return {
            "hide_parameters": True,
            "pool_size": 10,
            "max_overflow": 10,
            "pool_use_lifo": True,
            "connect_args": {"connect_timeout": 5, "options": "-c timezone=UTC"},
        }
    raise ConfigurationError(variable="HAILONG_DATABASE_URL", problem="unknown database")


def prepare_engine(engine: Engine) -> None:
    """Attach the transaction rules to an engine, and look after connections that rest."""
    if engine.dialect.name == "postgresql":
        _ask_after_rest(engine)
    elif not event.contains(engine, "connect", _on_connect):
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)


def _ask_after_rest(engine: Engine) -> None:
    """Ask a connection that has rested whether it still works, and replace it where it does not.

    One that was used a moment ago is not asked, because every tap would wait for the answer.
    """

    @event.listens_for(engine, "checkin")
    def rest(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_RESTED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        rested_at = record.info.get(_RESTED)
        if rested_at is None or time.monotonic() - rested_at < REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as problem:
            raise DisconnectionError(str(problem)) from problem


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    mode = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "TRUNCATE"
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "foreign_keys=ON",
        f"journal_mode={mode}",
        "synchronous=FULL",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    """Begin as a reader or as a writer; a reader cannot write, as on PostgreSQL.

    The pragma makes SQLite prepare all statements anew, so that it is not said twice.
    """
    writes = connection.get_execution_options().get(_WRITES, False)
    if connection.info.get(_WRITES) is not writes:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.cursor().execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        connection.info[_WRITES] = writes
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")


def writing_engine(engine: Engine) -> Engine:
    """Return a view of the engine, on the same pool, whose transactions may write."""
    return engine.execution_options(**{_WRITES: True})


def reading_engine(engine: Engine) -> Engine:
    """Return a view of the engine whose transactions see one state from first to last read."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine


_inside: ContextVar[str] = ContextVar("_inside", default="")


def _refuse_within(kind: str) -> None:
    """Refuse a transaction within a transaction: on SQLite the inner one would wait for ever."""
    if _inside.get():
        raise RuntimeError(f"{kind} within {_inside.get()}")


@contextmanager
def _alone(kind: str) -> Iterator[None]:
    _refuse_within(kind)
    token = _inside.set(kind)
    try:
        yield
    finally:
        _inside.reset(token)


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session that reads one consistent state; nothing in it is ever stored."""
    with (
        _alone("reading"),
        Session(reading_engine(db.engine), expire_on_commit=False, info={_READ: {}}) as session,
    ):
        yield session


def read_once(session: Session, name: Hashable, read: Callable[[], Value]) -> Value:
    """Return what a reading session has read under this name, or read it and keep it.

    A reading session sees one state from first to last, so nothing can become untrue; one that
    writes reads each time. What is kept is shared: nobody may change it.
    """
    kept: dict[Hashable, Value] | None = session.info.get(_READ)
    if kept is None:
        return read()
    if name not in kept:
        kept[name] = read()
    return kept[name]


@contextmanager
def _turn_to_write(engine: Engine) -> Iterator[None]:
    """Wait for the turn to write an SQLite file; PostgreSQL's writers need none.

    Raises: OperationalError, as SQLite does, when there is none for as long as it would wait.
    """
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    with ExitStack() as held:
        if file:
            try:
                held.enter_context(turn_to_write(file, BUSY_SECONDS))
            except TimeoutError as problem:
                raise _busy() from problem
        yield


def _busy() -> OperationalError:
    return OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open a session whose changes are stored all together, durably, or not at all."""
    with (
        _alone("unit of work"),
        _turn_to_write(db.engine),
        Session(writing_engine(db.engine), expire_on_commit=False) as session,
    ):
        yield session
        session.commit()


Item = TypeVar("Item")
Answer = TypeVar("Answer")


def run_durably(engine: Engine, work: Callable[[Connection], Answer]) -> Answer:
    """Run work in one durable transaction of its own, and again after a deadlock.

    The work must bear being run twice, because a lost connection may hide that it was stored.
    """
    tries_left = MOST_TRIES
    with _alone("durable work"):
        while True:
            tries_left -= 1
            try:
                with _turn_to_write(engine), writing_engine(engine).begin() as connection:
                    return work(connection)
            except DBAPIError as problem:
                if not tries_left or not may_be_retried(problem):
                    raise
            _step_aside(MOST_TRIES - tries_left)


def _step_aside(failures: int) -> None:
    """Let the other side of a deadlock finish first, longer after each failure.

    Whoever begins again at once may overtake it, take the same rows and meet it a second time.
    """
    share = secrets.randbelow(1000) / 1000
    time.sleep(STEP_ASIDE_SECONDS * failures * (1 + share))


class _Waiting(Generic[Item, Answer]):
    """One caller's item, and what became of it."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self.woken = threading.Event()
        self.is_done = False


_Group = list[_Waiting[Item, Answer]]


class CommitGroup(Generic[Item, Answer]):
    """Let the first waiting thread store everybody's items in one durable transaction.

    ``submit`` returns only after the commit that holds its item. When a group fails, each of its
    items is tried again alone, so that one bad item cannot take the others with it; only when the
    database itself cannot be used does everybody get that error at once.
    """

    MOST_AT_ONCE = 128

    def __init__(
        self, engine: Engine, handle: Callable[[Connection, Sequence[Item]], Sequence[Answer]]
    ) -> None:
        self._engine = engine
        self._handle = handle
        self._lock = threading.Lock()
        self._queue: list[_Waiting[Item, Answer]] = []
        self._leader: _Waiting[Item, Answer] | None = None

    def submit(self, item: Item) -> Answer:
        """Store one item, together with whatever else is waiting.

        Raises: whatever the handler or the database raised for this item; OperationalError when
        nothing could be stored for as long as SQLite would wait.
        """
        _refuse_within("durable work")
        mine: _Waiting[Item, Answer] = _Waiting(item)
        with self._lock:
            self._queue.append(mine)
            if self._leader is None:
                self._leader = mine
                mine.woken.set()
        if not mine.woken.wait(BUSY_SECONDS):
            self._give_up(mine)
        if not mine.is_done:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.answer  # type: ignore[return-value]

    def _give_up(self, mine: _Waiting[Item, Answer]) -> None:
        """Leave the queue; what is being stored already, or leads by now, is waited for."""
        with self._lock:
            if mine in self._queue and self._leader is not mine:
                self._queue.remove(mine)
                raise _busy()
        mine.woken.wait()

    def _lead(self) -> None:
        """Store one group, answer it, and hand the lead to the next who waits."""
        group: _Group[Item, Answer] = []
        try:
            self._store(group)
        except BaseException as stopped:
            self._gather(group)
            for waiting in group:
                if waiting.answer is None:
                    waiting.error = waiting.error or RuntimeError(f"stopped by {stopped!r}")
            raise
        finally:
            with self._lock:
                heir = self._leader = self._queue[0] if self._queue else None
            for waiting in group:
                waiting.is_done = True
                waiting.woken.set()
            if heir is not None:
                heir.woken.set()

    def _gather(self, group: "_Group[Item, Answer]") -> list[Item]:
        """Fill an empty group with all who wait by now; return the items of the group."""
        if not group:
            with self._lock:
                group += self._queue[: self.MOST_AT_ONCE]
                del self._queue[: self.MOST_AT_ONCE]
        return [waiting.item for waiting in group]

    def _store(self, group: "_Group[Item, Answer]") -> None:
        try:
            self._store_together(group)
        except OperationalError as problem:
            self._gather(group)
            for waiting in group:
                waiting.error = problem
        except Exception as problem:  # noqa: BLE001 - each caller gets the error of its own item
            self._gather(group)
            if len(group) == 1:
                group[0].error = problem
                return
            for waiting in group:
                self._store([waiting])

    def _store_together(self, group: "_Group[Item, Answer]") -> None:
        """Store a group that is gathered only when its transaction has begun.

        While another process writes, everybody who comes can still join.
        """
        answers = run_durably(
            self._engine, lambda connection: self._handle(connection, self._gather(group))
        )
        for waiting, answer in zip(group, answers, strict=True):
            waiting.answer = answer


def may_be_retried(problem: DBAPIError) -> bool:
    """Say whether a failed transaction may simply be run again: a deadlock or a lost connection."""
    state = getattr(problem.orig, "sqlstate", None)
    return problem.connection_invalidated or state in {"40001", "40P01"}
