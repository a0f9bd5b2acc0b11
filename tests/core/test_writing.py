"""Writers come one after another, in order, and one commit serves all who wait for it."""

import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import insert, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from satisfaction import database
from satisfaction.database import (
    CommitGroup,
    db,
    reading,
    run_durably,
    unit_of_work,
    writing_engine,
)
from satisfaction.models import Sector

SECONDS = 10


class _Store:
    """Stores words as sectors; refuses the word *bad*, waits at *slow*, counts its groups."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.may_go = threading.Event()

    def __call__(self, connection: Connection, words: Sequence[str]) -> list[str]:
        self.groups.append(len(words))
        if "bad" in words:
            raise ValueError("bad")
        connection.execute(insert(Sector), [{"name": word, "search": word} for word in words])
        if "slow" in words:
            self.may_go.wait(SECONDS)
        return [f"stored {word}" for word in words]


def _submit_all(group: CommitGroup[str, str], words: Sequence[str]) -> dict[str, str]:
    """Submit each word from a thread of its own; return what each caller got."""
    got: dict[str, str] = {}

    def submit(word: str) -> None:
        try:
            got[word] = group.submit(word)
        except (ValueError, OperationalError) as problem:
            got[word] = type(problem).__name__

    threads = [threading.Thread(target=submit, args=(word,)) for word in words]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return got


def test_all_who_come_during_a_commit_are_stored_by_the_next(app: Flask) -> None:
    store = _Store()
    group: CommitGroup[str, str] = CommitGroup(db.engine, store)
    words = [f"w{number}" for number in range(15)]
    first = threading.Thread(target=group.submit, args=("slow",))
    first.start()
    release = threading.Timer(0.5, store.may_go.set)
    while not store.groups:
        time.sleep(0.01)
    release.start()
    assert _submit_all(group, words) == {word: f"stored {word}" for word in words}
    first.join()
    assert store.groups == [1, 15]


def test_one_bad_item_does_not_take_the_others_with_it(app: Flask) -> None:
    store = _Store()
    group: CommitGroup[str, str] = CommitGroup(db.engine, store)
    got = _submit_all(group, ["a", "b", "bad", "c"])
    assert got == {"a": "stored a", "b": "stored b", "c": "stored c", "bad": "ValueError"}
    assert _submit_all(group, ["d"]) == {"d": "stored d"}


def test_a_database_that_cannot_be_used_is_told_to_everybody_and_the_next_may_try(
    app: Flask,
) -> None:
    def lose(connection: Connection, words: Sequence[str]) -> list[str]:
        raise OperationalError("INSERT", {}, RuntimeError("disk is full"))

    group: CommitGroup[str, str] = CommitGroup(db.engine, lose)
    for words in (["a", "b", "c"], ["d"]):
        assert _submit_all(group, words) == dict.fromkeys(words, "OperationalError")


_WRITER = """
import fcntl, sys, time
with open(sys.argv[1] + "-turn", "ab") as turn:
    fcntl.flock(turn, fcntl.LOCK_EX)
    print("holding", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def test_a_writer_waits_for_the_turn_of_another_process(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        with writing_engine(db.engine).begin() as one, writing_engine(db.engine).begin() as other:
            assert one.scalar(text("SELECT 1")) == other.scalar(text("SELECT 1"))
        return
    file = db.engine.url.database
    assert file is not None
    command = [sys.executable, "-c", _WRITER, file, "0.5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"holding\n"
        begun = time.monotonic()
        with unit_of_work() as session:
            session.execute(insert(Sector), {"name": "x", "search": "x"})
        assert time.monotonic() - begun > 0.3
    assert Path(f"{file}-next").exists()


def test_writers_without_pause_leave_nobody_waiting_long(app: Flask) -> None:
    waits: list[float] = []
    engine = db.engine
    until = time.monotonic() + 1

    def store(connection: Connection) -> None:
        name = uuid.uuid4().hex
        connection.execute(insert(Sector), {"name": name, "search": name})

    def write() -> None:
        while time.monotonic() < until:
            begun = time.monotonic()
            run_durably(engine, store)
            waits.append(time.monotonic() - begun)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(waits) < max(0.5, 8 * statistics.median(waits))


def _end_resting_connections() -> None:
    """Have the server end what rests in the pool, as a switch to another server does."""
    writers = writing_engine(db.engine)
    with writers.connect() as one, writers.connect() as other:
        pids = [each.scalar(text("SELECT pg_backend_pid()")) for each in (one, other)]
    address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as stranger:
        for pid in pids:
            stranger.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


@pytest.mark.parametrize("rest_seconds", [0.0, 60.0])
def test_a_connection_that_died_at_rest_is_replaced(
    app: Flask, rest_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "REST_SECONDS", rest_seconds)
    if db.engine.dialect.name == "postgresql":
        _end_resting_connections()
    if not rest_seconds:
        with reading() as session:
            assert session.scalar(text("SELECT 1")) == 1
    for _ in range(3):
        run_durably(db.engine, lambda connection: connection.execute(text("SELECT 1")))
