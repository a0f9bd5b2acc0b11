"""Turns to write an SQLite file: in order, and never all threads lost to one who keeps his turn."""

import fcntl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from satisfaction import database
from satisfaction.database import CommitGroup, engine_options, prepare_engine, run_durably
from satisfaction.turns import turn_to_write

PATIENCE = 0.8


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Return the name of a file whose turns are taken."""
    return str(tmp_path / "turns.sqlite3")


@pytest.fixture
def engine(file: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Return an SQLite engine as the application makes it, whose writers are less patient."""
    url = f"sqlite:///{file}"
    made = create_engine(url, **engine_options(url))
    prepare_engine(made)
    run_durably(made, lambda connection: connection.execute(text("CREATE TABLE t (x TEXT)")))
    monkeypatch.setattr(database, "BUSY_SECONDS", PATIENCE)
    yield made
    made.dispose()


@contextmanager
def _kept_by_another_process(file: str) -> Iterator[None]:
    """Keep the turn as another process would: a lock of another open file is another's lock."""
    with Path(f"{file}-turn").open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _start(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    ends: list[object] = []

    def run() -> None:
        try:
            ends.append(work())
        except (OperationalError, TimeoutError) as problem:
            ends.append(problem)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, ends


def _store(connection: Connection, words: Sequence[str]) -> list[str]:
    for word in words:
        connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": word})
    return list(words)


def _stored(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT x FROM t")))


def test_threads_write_in_the_order_in_which_they_came(file: str) -> None:
    order: list[int] = []

    def write(number: int) -> None:
        with turn_to_write(file, 60):
            order.append(number)

    threads = []
    with turn_to_write(file, 60):
        for number in range(8):
            thread = threading.Thread(target=write, args=(number,))
            thread.start()
            threads.append(thread)
            time.sleep(0.02)
        assert order == []
    for thread in threads:
        thread.join(60)
    assert order == list(range(8))


def test_one_who_has_just_written_does_not_overtake_those_who_wait(file: str) -> None:
    order: list[str] = []
    entered = threading.Event()

    def greedy() -> None:
        for _ in range(3):
            with turn_to_write(file, 60):
                order.append("greedy")
                entered.set()
                time.sleep(0.1)

    first = threading.Thread(target=greedy)
    first.start()
    assert entered.wait(60)
    with turn_to_write(file, 60):
        order.append("modest")
    first.join(60)
    assert order == ["greedy", "modest", "greedy", "greedy"]


def test_a_turn_that_is_not_given_back_costs_each_process_one_thread(
    file: str, engine: Engine
) -> None:
    with _kept_by_another_process(file):
        head, ends = _start(lambda: run_durably(engine, lambda c: _store(c, ["head"])))
        time.sleep(0.1)
        others = [
            _start(lambda: run_durably(engine, lambda c: _store(c, ["other"]))) for _ in range(3)
        ]
        for thread, _ in others:
            thread.join(30)
            assert not thread.is_alive()
        assert all(isinstance(end, OperationalError) for _, (end,) in others)
        assert head.is_alive()
    head.join(30)
    assert ends == [["head"]]
    run_durably(engine, lambda connection: _store(connection, ["after"]))
    assert _stored(engine) == {"head", "after"}


def test_who_waits_in_a_group_is_told_in_time_and_not_stored_afterwards(
    file: str, engine: Engine
) -> None:
    group = CommitGroup[str, str](engine, _store)
    with _kept_by_another_process(file):
        leader, ends = _start(lambda: group.submit("leader"))
        time.sleep(0.1)
        follower, told = _start(lambda: group.submit("follower"))
        follower.join(30)
        assert [type(end) for end in told] == [OperationalError]
        assert leader.is_alive()
    leader.join(30)
    assert ends == ["leader"]
    assert group.submit("after") == "after"
    assert _stored(engine) == {"leader", "after"}


def test_who_is_being_stored_already_waits_for_the_end(engine: Engine) -> None:
    """To give up then would be to say that nothing was stored while it was."""
    began, may_end = threading.Event(), threading.Event()

    def slow(connection: Connection, words: Sequence[str]) -> list[str]:
        if "first" in words:
            began.set()
            may_end.wait(60)
        else:
            time.sleep(1.5 * PATIENCE)
        return _store(connection, words)

    group = CommitGroup[str, str](engine, slow)
    first, _ = _start(lambda: group.submit("first"))
    assert began.wait(60)
    followers = [_start(partial(group.submit, word)) for word in ("a", "b")]
    time.sleep(PATIENCE / 8)
    may_end.set()
    for thread, ends in followers:
        thread.join(60)
        assert ends in (["a"], ["b"])
    first.join(60)
    assert _stored(engine) == {"first", "a", "b"}
