"""Transactions, column types and groups of commits, on a real database of either engine."""

import sqlite3
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, insert, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from satisfaction.database import (
    MOST_TRIES,
    CommitGroup,
    db,
    engine_options,
    may_be_retried,
    prepare_engine,
    reading,
    run_durably,
    unit_of_work,
    wal_is_safe,
    writing_engine,
)
from satisfaction.errors import ConfigurationError
from satisfaction.models import CountedDay, Sector, Visit
from satisfaction.terms import VisitKind
from tests.conftest import Office
from tests.core.together import run_together
from tests.making import finished_visit

DAY = date(2026, 3, 1)
HANOI = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
    ],
)
def test_wal_is_used_only_where_its_reset_is_repaired(
    version: tuple[int, ...], is_safe: bool
) -> None:
    assert wal_is_safe(version) is is_safe


@pytest.fixture
def file_engine(tmp_path: Path) -> Iterator[Engine]:
    """Return an SQLite engine as the application makes it, whatever engine this run is for."""
    url = f"sqlite:///{tmp_path}/plain.sqlite3"
    engine = create_engine(url, **engine_options(url))
    prepare_engine(engine)
    with writing_engine(engine).begin() as connection:
        connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE child (parent_id REFERENCES parent (id))"))
    yield engine
    engine.dispose()


def test_every_sqlite_connection_is_durable_and_keeps_references(file_engine: Engine) -> None:
    mode = "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "truncate"
    prepare_engine(file_engine)
    with file_engine.connect() as connection, file_engine.connect() as second:
        for one in (connection, second):
            found = {
                name: one.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("foreign_keys", "synchronous", "journal_mode", "busy_timeout")
            }
            assert found == {
                "foreign_keys": 1,
                "synchronous": 2,
                "journal_mode": mode,
                "busy_timeout": 10_000,
            }
    with pytest.raises(IntegrityError), writing_engine(file_engine).begin() as connection:
        connection.execute(text("INSERT INTO child VALUES (4711)"))


def test_writes_begin_at_once_and_reads_when_they_read(file_engine: Engine) -> None:
    writers = writing_engine(file_engine)
    with file_engine.connect() as reader, writers.connect() as first, writers.connect() as second:
        for one in (reader, second):
            one.exec_driver_sql("PRAGMA busy_timeout=0")
            one.rollback()
        with first.begin():
            with pytest.raises(OperationalError, match="locked"):
                second.begin()
            first.execute(text("INSERT INTO parent VALUES (1)"))
            assert reader.execute(text("SELECT count(*) FROM parent")).scalar() == 0
            reader.rollback()
        assert reader.execute(text("SELECT count(*) FROM parent")).scalar() == 1


def test_a_reading_transaction_cannot_write(app: Flask) -> None:
    with reading() as session:
        session.add(Sector(name="Đất đai", search="dat dai"))
        with pytest.raises(DBAPIError, match=r"(?i)read.?only"):
            session.flush()
    with unit_of_work() as session:
        session.add(Sector(name="Đất đai", search="dat dai"))


def test_a_reading_transaction_sees_one_state(app: Flask) -> None:
    seen: list[int] = []

    def count(session: Session) -> int:
        return len(session.scalars(select(Sector.id)).all())

    def write() -> None:
        with app.app_context(), unit_of_work() as session:
            session.add(Sector(name="Hộ tịch", search="ho tich"))

    with reading() as session:
        seen.append(count(session))
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(timeout=1)
        session.expire_all()
        seen.append(count(session))
    writer.join()
    with reading() as session:
        seen.append(count(session))
    assert seen == [0, 0, 1]


def test_threads_that_read_and_then_write_lose_no_update(app: Flask) -> None:
    with unit_of_work() as session:
        session.add(Sector(id=1, name="n", search="0"))
    start = threading.Barrier(8)

    def add() -> None:
        with app.app_context():
            start.wait()
            for _ in range(10):
                with unit_of_work() as session:
                    held = select(Sector).where(Sector.id == 1).with_for_update()
                    sector = session.scalars(held).one()
                    sector.search = str(int(sector.search) + 1)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as session:
        assert session.get_one(Sector, 1).search == "80"


def test_a_unit_of_work_is_stored_whole_or_not_at_all(app: Flask) -> None:
    def work() -> None:
        with unit_of_work() as session:
            session.add(Sector(name="a", search="a"))
            session.flush()
            session.add(Sector(name="a", search="b"))

    with pytest.raises(IntegrityError):
        work()
    with reading() as session:
        assert session.scalars(select(Sector)).all() == []


def test_no_transaction_begins_within_another(app: Flask) -> None:
    group = CommitGroup[int, int](db.engine, lambda _connection, items: items)
    for outer in (reading, unit_of_work):
        with outer():
            for inner in (reading, unit_of_work):
                with pytest.raises(RuntimeError, match="within"), inner():
                    pass
            with pytest.raises(RuntimeError, match="within"):
                group.submit(1)
            with pytest.raises(RuntimeError, match="within"):
                run_durably(db.engine, lambda _connection: None)
    assert group.submit(1) == 1


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 3, 1, 23, 30, tzinfo=HANOI),
        datetime(2026, 3, 1, 16, 59, 59, 999_999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
        datetime(2199, 12, 31, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_as_the_same_instant_in_utc(app: Flask, instant: datetime) -> None:
    with unit_of_work() as session:
        session.add(CountedDay(local_day=DAY, rebuilt_at=instant))
    with reading() as session:
        found = session.scalars(
            select(CountedDay.rebuilt_at).where(CountedDay.rebuilt_at == instant)
        ).one()
    assert found is not None
    assert (found, found.utcoffset()) == (instant, timedelta(0))


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 1)])
def test_a_day_comes_back_as_the_same_day_in_order(app: Flask, day: date) -> None:
    with unit_of_work() as session:
        session.add_all([CountedDay(local_day=one) for one in (day, day + timedelta(days=1))])
    with reading() as session:
        days = select(CountedDay.local_day).order_by(CountedDay.local_day)
        assert session.scalars(days).all() == [day, day + timedelta(days=1)]
        assert session.scalars(days.where(CountedDay.local_day < day)).all() == []


def test_a_token_comes_back_as_the_same_uuid(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    with reading() as session:
        found = session.scalars(select(Visit).where(Visit.token == visit.token)).one()
        assert (found.id, found.token) == (visit.id, visit.token)
        assert isinstance(found.token, uuid.UUID)
        assert session.scalars(select(Visit).where(Visit.token == uuid.uuid4())).all() == []


@pytest.mark.parametrize(
    "row",
    [
        {"local_day": DAY, "rebuilt_at": datetime(2026, 3, 1, tzinfo=UTC).replace(tzinfo=None)},
        {"local_day": datetime(2026, 3, 1, 23, 30, tzinfo=UTC)},
    ],
)
def test_a_naive_time_and_an_instant_as_a_day_are_refused(
    app: Flask, row: dict[str, datetime]
) -> None:
    with pytest.raises(StatementError, match="ValueError"), unit_of_work() as session:
        session.add(CountedDay(**row))


def test_a_word_outside_its_vocabulary_is_refused_by_the_database(ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    with pytest.raises(IntegrityError), unit_of_work() as session:
        session.execute(text("UPDATE visit SET kind = 'party'"))
    with pytest.raises(StatementError), unit_of_work() as session:
        session.execute(update(Visit).values(kind="party"))
    with reading() as session:
        assert session.get_one(Visit, visit.id).kind is VisitKind.INTAKE


@pytest.mark.parametrize("url", ["mysql://x/y", "oracle://x/y"])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        engine_options(url)


def test_an_sqlite_without_returning_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(ConfigurationError):
        engine_options("sqlite:////var/lib/x.sqlite3")


class _DriverError(Exception):
    """What a driver would raise."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("driver")
        self.sqlstate = sqlstate


def _problem(sqlstate: str | None, *, is_lost: bool = False) -> OperationalError:
    return OperationalError("COMMIT", {}, _DriverError(sqlstate), connection_invalidated=is_lost)


@pytest.mark.parametrize(
    ("problem", "again"),
    [
        (_problem("40P01"), True),
        (_problem("40001"), True),
        (_problem("57P01", is_lost=True), True),
        (_problem("53100"), False),
        (_problem(None), False),
    ],
)
def test_only_deadlocks_and_lost_connections_are_tried_again(
    app: Flask, problem: OperationalError, again: bool
) -> None:
    assert may_be_retried(problem) is again
    tries: list[Connection] = []

    def work(connection: Connection) -> str:
        tries.append(connection)
        if len(tries) < 3:
            raise problem
        return "stored"

    if again:
        assert run_durably(db.engine, work) == "stored"
        assert len(tries) == 3
        return
    with pytest.raises(OperationalError):
        run_durably(db.engine, work)
    assert len(tries) == 1


def test_durable_work_gives_up_after_a_few_deadlocks(app: Flask) -> None:
    tries = []

    def work(_connection: Connection) -> None:
        tries.append(1)
        raise _problem("40P01")

    with pytest.raises(OperationalError):
        run_durably(db.engine, work)
    assert len(tries) == MOST_TRIES


def test_a_real_deadlock_is_run_again_and_both_are_stored(app: Flask) -> None:
    """Two writers take the same two rows in opposite orders; SQLite lets the second wait."""
    with unit_of_work() as session:
        session.add_all([Sector(id=key, name=str(key), search="0") for key in (1, 2)])
    meeting = threading.Barrier(2)
    tries: Counter[tuple[int, int]] = Counter()

    def add(order: tuple[int, int]) -> None:
        def work(connection: Connection) -> None:
            tries[order] += 1
            for key in order:
                one = Sector.id == key
                connection.execute(update(Sector).where(one).values(search=Sector.search + "+"))
                is_first = key == order[0] and tries[order] == 1
                if is_first and connection.dialect.name == "postgresql":
                    meeting.wait(120)

        run_durably(db.engine, work)

    assert run_together(app, [partial(add, (1, 2)), partial(add, (2, 1))]) == [None, None]
    with reading() as session:
        assert session.scalars(select(Sector.search)).all() == ["0++", "0++"]
    runs = sum(tries.values())
    assert runs in (range(3, 2 * MOST_TRIES) if db.engine.dialect.name == "postgresql" else [2])


class _Gate:
    """A handler that waits at its first call, so that others gather behind it."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()
        self.groups: list[list[str]] = []

    def __call__(self, connection: Connection, names: Sequence[str]) -> list[str]:
        self.groups.append(list(names))
        if not self.entered.is_set():
            self.entered.set()
            self.opened.wait(120)
        for name in names:
            if name == "bad":
                raise ValueError(name)
            if name == "lost":
                raise _problem("53100")
            if name == "stop":
                raise KeyboardInterrupt
            connection.execute(insert(Sector), {"name": name, "search": name})
        return [name.upper() for name in names]


def _submit_behind_a_gate(gate: _Gate, names: Sequence[str]) -> dict[str, str | BaseException]:
    """Submit one item that waits, then the others, from a thread each; return their ends."""
    group = CommitGroup[str, str](db.engine, gate)
    ends: dict[str, str | BaseException] = {}

    def submit(name: str) -> None:
        try:
            ends[name] = group.submit(name)
        except (ValueError, RuntimeError, OperationalError, KeyboardInterrupt) as problem:
            ends[name] = problem

    first = threading.Thread(target=submit, args=("first",))
    first.start()
    assert gate.entered.wait(120)
    others = [threading.Thread(target=submit, args=(name,)) for name in names]
    for number, thread in enumerate(others, start=1):
        thread.start()
        while len(group._queue) < number:
            threading.Event().wait(0.001)
    gate.opened.set()
    for thread in (first, *others):
        thread.join(120)
        assert not thread.is_alive()
    return ends


def _stored() -> set[str]:
    with reading() as session:
        return set(session.scalars(select(Sector.name)))


def test_those_who_wait_are_stored_together_and_each_gets_its_answer(app: Flask) -> None:
    gate = _Gate()
    ends = _submit_behind_a_gate(gate, ["a", "b", "c"])
    assert ends == {"first": "FIRST", "a": "A", "b": "B", "c": "C"}
    assert gate.groups == [["first"], ["a", "b", "c"]]
    assert _stored() == {"first", "a", "b", "c"}


def test_a_long_queue_is_stored_in_several_groups(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CommitGroup, "MOST_AT_ONCE", 2)
    gate = _Gate()
    _submit_behind_a_gate(gate, list("abcde"))
    assert gate.groups == [["first"], ["a", "b"], ["c", "d"], ["e"]]
    assert _stored() == {"first", *"abcde"}


def test_one_bad_item_takes_no_other_with_it(app: Flask) -> None:
    ends = _submit_behind_a_gate(_Gate(), ["a", "bad", "b"])
    assert (ends["a"], ends["b"]) == ("A", "B")
    assert isinstance(ends["bad"], ValueError)
    assert _stored() == {"first", "a", "b"}


def test_when_the_database_cannot_be_used_everybody_hears_it_at_once(app: Flask) -> None:
    gate = _Gate()
    ends = _submit_behind_a_gate(gate, ["a", "lost", "b"])
    assert ends["first"] == "FIRST"
    assert [type(ends[name]) for name in ("a", "lost", "b")] == [OperationalError] * 3
    assert gate.groups == [["first"], ["a", "lost", "b"]]
    assert _stored() == {"first"}


def test_a_stopped_leader_leaves_nobody_waiting_or_falsely_answered(app: Flask) -> None:
    gate = _Gate()
    ends = _submit_behind_a_gate(gate, ["stop", "a", "b"])
    assert isinstance(ends["stop"], KeyboardInterrupt)
    assert [type(ends[name]) for name in ("a", "b")] == [RuntimeError] * 2
    assert _stored() == {"first"}
    assert CommitGroup[str, str](db.engine, gate).submit("after") == "AFTER"
