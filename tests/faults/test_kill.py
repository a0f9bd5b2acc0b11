"""A server and jobs that are killed under load, and answers that never reach the device (R1).

What was acknowledged is there, once. The short form is part of every run; ``make faults`` runs
the long one on both engines.
"""

import http.client
import json
import os
import random
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from satisfaction import clock, ledger, rollups
from satisfaction.database import db, reading, unit_of_work
from satisfaction.ledger import NewRun
from satisfaction.models import AuditEntry, JobRun, Level, Rating, Refusal, Visit
from satisfaction.terms import AuditAction, Channel, JobState, RefusalReason, VisitKind
from tests.conftest import Office, make_office
from tests.faults.recount import check_all, stored
from tests.faults.serving import Jobs, Product, serving, working

IS_LONG = os.environ.get("FAULTS") == "long"
# Whom each kill takes: all workers, which is quickest, the whole server, the jobs wherever they
# are, or the jobs within a rebuild.
KILLS = (
    {"workers": 280, "server": 100, "jobs": 60, "rebuild": 60}
    if IS_LONG
    else {"rebuild": 1, "server": 2}
)
DAYS = 3
WRITERS = 3
TAPS_BETWEEN_KILLS = 60
# What is tapped at full speed between two kills, so that there are taps left for the last of them.
QUOTA = 45
TRICKLE_SECONDS = 1.0
LOST_ANSWERS = 1000 if IS_LONG else 60
PATH = "/kiosk/ratings"
LONGEST_ANSWER_SECONDS = 30
LONGEST_REBUILD_SECONDS = 120
LONGEST_PAUSE_SECONDS = 120

Message = dict[str, Any]


@pytest.fixture
def ward(app: Flask) -> Office:
    """Return an office in the server's own time."""
    with unit_of_work() as session:
        return make_office(session)


def plant_messages(ward: Office, number: int, *, days: int = 1) -> list[tuple[str, Message]]:
    """Plant finished visits at both desks; return a tap for each with its kiosk's credential.

    Time: the visits of several days are spread evenly, the last of them is of now.
    """
    now, span = clock.now(), timedelta(days=days - 1)
    moments = [now - span * (1 - (place + 1) / number) for place in range(number)]
    planted = [(place % 2, uuid.uuid4(), at) for place, at in enumerate(moments)]
    with unit_of_work() as session:
        session.execute(
            insert(Visit),
            [
                {
                    "token": token,
                    "unit_id": ward.unit.id,
                    "desk_id": ward.desks[desk].id,
                    "kind": VisitKind.INTAKE,
                    "channel": Channel.IN_PERSON,
                    "opened_at": at,
                    "closed_at": at,
                    "closed_day": clock.local_day(at),
                }
                for desk, token, at in planted
            ],
        )
    return [
        (
            ward.tokens[desk],
            {
                "id": str(uuid.uuid4()),
                "visit": str(token),
                "configuration": ward.configuration.id,
                "scale": ward.configuration.scale_id,
                "level": place % 5 + 1,
                "tapped_at": at.isoformat(),
                "epoch": 1,
                "counter": place,
            },
        )
        for place, (desk, token, at) in enumerate(planted)
    ]


@dataclass
class _Writers:
    """Devices that tap until each message is stored: fast up to the quota, then slowly.

    A 503 is no acknowledgement: who is told to come again does so, as after no answer at all.
    """

    port: int
    waiting: list[tuple[str, Message]]
    quota: int = 0
    put_off: int = 0
    strange: list[tuple[int, bytes]] = field(default_factory=list)
    acknowledged: dict[str, Message] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_stopped: bool = False

    def write(self) -> None:
        """Send messages; one that got no answer goes back to the others."""
        while not self.is_stopped:
            with self.lock:
                if not self.waiting:
                    return
                credential, message = self.waiting.pop()
            answer = _post(self.port, credential, message)
            with self.lock:
                pause = self._take(answer, credential, message)
            time.sleep(pause)

    def _take(self, answer: tuple[int, bytes] | None, credential: str, message: Message) -> float:
        """Note what became of a tap; return for how many seconds to pause."""
        if answer and answer[0] == 200:
            self.acknowledged[message["id"]] = message
            return TRICKLE_SECONDS if len(self.acknowledged) > self.quota else 0.0
        self.waiting.append((credential, message))
        if answer is None:
            return 0.02
        self.put_off += answer[0] == 503
        self.strange += [answer] if answer[0] != 503 else []
        return 0.2

    @contextmanager
    def running(self) -> Iterator[list[threading.Thread]]:
        """Let the writers run, and have them end whatever comes."""
        threads = [threading.Thread(target=self.write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield threads
        finally:
            self.is_stopped = True
            for thread in threads:
                thread.join()


def _post(port: int, credential: str, message: Message) -> tuple[int, bytes] | None:
    """Deliver one tap; None where the answer did not come."""
    headers = {"Content-Type": "application/json", "Cookie": f"kiosk={credential}"}
    with closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_ANSWER_SECONDS)
    ) as connection:
        try:
            connection.request("POST", PATH, json.dumps(message), headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return None


class _Killer:
    """Kills whom it is told to under load; a run that died with its holder is soon somebody's."""

    def __init__(self, product: Product, jobs: Jobs) -> None:
        self.died_within_a_run = 0
        self._product, self._jobs = product, jobs

    def kill(self, victim: str) -> None:
        """Kill; what does not start again by itself is started by ``start``."""
        if victim == "workers":
            self._product.kill_workers()
        elif victim == "server":
            self._product.stop()
        else:
            if victim == "rebuild":
                self._wait_for_rebuild()
            self._jobs.kill()
            self.died_within_a_run += _has_run(JobState.RUNNING)

    def _wait_for_rebuild(self) -> None:
        """Have the jobs begin a rebuild; those that have done theirs already are begun anew."""
        until = time.monotonic() + LONGEST_REBUILD_SECONDS
        while not _has_run(JobState.RUNNING):
            assert time.monotonic() < until, "the jobs do not rebuild"
            if not _has_run(JobState.PLANNED):
                self._jobs.kill()
                self.start("jobs")
            time.sleep(0.002)

    def start(self, victim: str) -> None:
        """Start again what was killed; the jobs find a rebuild to be done."""
        if victim == "server":
            self._product.start()
        elif victim != "workers":
            ask_for_rebuild()
            self._jobs.start()


def ask_for_rebuild() -> None:
    """Have the jobs rebuild the stale days; no jobs may be running.

    The leases of the dead end here at once, and not when their two hours are over.
    """
    with unit_of_work() as session:
        unfinished = JobRun.state.in_((JobState.PLANNED, JobState.RUNNING))
        free = {"lease_until": clock.now(), "next_try_at": clock.now()}
        session.execute(update(JobRun).where(unfinished).values(free))
        ledger.plan_run(session, NewRun("rebuild", clock.now()))


def _has_run(state: JobState) -> bool:
    with reading() as session:
        wanted = select(JobRun.id).where(JobRun.job == "rebuild", JobRun.state == state)
        return session.scalar(wanted.limit(1)) is not None


def finish_rebuild(jobs: Jobs) -> None:
    """Wait until the jobs have done all rebuilds, and have them end."""
    until = time.monotonic() + LONGEST_REBUILD_SECONDS
    while _has_run(JobState.PLANNED) or _has_run(JobState.RUNNING):
        assert time.monotonic() < until, "the jobs do not rebuild"
        assert jobs.pid
        time.sleep(0.05)
    jobs.finish()
    with reading() as session:
        assert rollups.list_stale_days(session) == []


def test_what_was_acknowledged_outlives_every_kill_and_is_there_once(
    app: Flask, ward: Office
) -> None:
    draw = random.Random(9)
    victims = [victim for victim, times in KILLS.items() for _ in range(times)]
    if IS_LONG:
        draw.shuffle(victims)
    messages = plant_messages(ward, (len(victims) + 1) * TAPS_BETWEEN_KILLS, days=DAYS)
    ask_for_rebuild()
    with serving(app) as product, working(app) as jobs:
        writers, killer = _Writers(product.port, list(messages)), _Killer(product, jobs)
        with writers.running() as threads:
            for number, victim in enumerate(victims, start=1):
                writers.quota = number * QUOTA
                _wait_for_taps(writers, draw.randint(1, QUOTA), product)
                assert writers.waiting or not IS_LONG, "the last kills would meet no taps"
                time.sleep(draw.uniform(0, 0.02))
                killer.kill(victim)
                with writers.lock:
                    acknowledged = set(writers.acknowledged)
                assert acknowledged <= stored().keys(), "an acknowledged rating is lost"
                killer.start(victim)
            writers.quota = len(messages)
            for thread in threads:
                thread.join(timeout=300)
        jobs.kill()
        ask_for_rebuild()
        jobs.start()
        finish_rebuild(jobs)
    kept = stored()
    assert writers.strange == []
    assert len(writers.acknowledged) == len(messages)
    assert kept == Counter(message["id"] for _, message in messages)
    _check_content(messages)
    said = check_all()
    assert killer.died_within_a_run or not IS_LONG
    killed = ", ".join(f"{times} of {victim}" for victim, times in KILLS.items())
    print(
        f"\nR1 ({db.engine.dialect.name}): {len(victims)} kills under load ({killed}, "
        f"{killer.died_within_a_run} of them within a rebuild), {len(kept)} acknowledged "
        f"ratings, 0 lost, 0 doubled, {writers.put_off} put off with 503 and none with 500; {said}"
    )


def _wait_for_taps(writers: _Writers, number: int, product: Product) -> None:
    """Wait until so many more taps were acknowledged, or none is left."""
    wanted = len(writers.acknowledged) + number
    until = time.monotonic() + LONGEST_PAUSE_SECONDS
    while len(writers.acknowledged) < wanted and writers.waiting:
        said = f"{writers.put_off} put off, {writers.strange[-1:]}"
        assert time.monotonic() < until, f"no tap gets through: {said}, {product.report()}"
        time.sleep(0.001)


def _check_content(messages: Sequence[tuple[str, Message]]) -> None:
    """Compare every rating with the tap it came from, and each visit with its one rating."""
    with reading() as session:
        found = session.execute(
            select(Rating.id, Visit.token, Level.position, Rating.device_counter)
            .join(Visit, Visit.id == Rating.visit_id)
            .join(Level, Level.id == Rating.level_id)
        )
        rows = {(str(row[0]), str(row[1]), row[2], row[3]) for row in found}
    assert rows == {
        (message["id"], message["visit"], message["level"], message["counter"])
        for _, message in messages
    }


def test_a_lost_answer_is_given_again_and_other_content_never_takes_its_place(
    app: Flask, ward: Office
) -> None:
    messages = plant_messages(ward, LOST_ANSWERS)
    with serving(app) as product:
        for credential, message in messages:
            first = _lose_answer(product, credential, message)
            seconds = [_post(product.port, credential, message) for _ in range(2)]
            assert seconds == [(200, first), (200, first)]
            altered = message | {"level": message["level"] % 5 + 1}
            refused = _post(product.port, credential, altered)
            assert refused is not None
            assert (refused[0], json.loads(refused[1])["title"]) == (409, "conflict")
    assert stored() == Counter(message["id"] for _, message in messages)
    _check_content(messages)
    check_all()
    with reading() as session:
        refusals = session.execute(select(Refusal.rating_id, Refusal.reason)).all()
        deeds = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action == AuditAction.RATING_CONFLICT)
        ).all()
    assert {str(rating_id) for rating_id, _ in refusals} == {m["id"] for _, m in messages}
    assert {reason for _, reason in refusals} == {RefusalReason.CONFLICT}
    assert len(refusals) == len(deeds) == len(messages)


def _lose_answer(product: Product, credential: str, message: Message) -> bytes:
    """Deliver a tap and go away before reading the answer; return the body that was not read.

    The test looks at what lies in the socket; the device has closed it without a look.
    """
    body = json.dumps(message).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: kiosk\r\nCookie: kiosk={credential}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", product.port)) as device:
        device.settimeout(LONGEST_ANSWER_SECONDS)
        device.sendall(head.encode() + body)
        unread = b""
        until = time.monotonic() + LONGEST_ANSWER_SECONDS
        while b"\r\n\r\n" not in unread or not unread.rstrip().endswith(b"}"):
            assert time.monotonic() < until, "no answer came"
            unread = device.recv(65536, socket.MSG_PEEK)
    status = unread.split(b" ", 2)[1]
    assert status == b"200", unread
    return unread.partition(b"\r\n\r\n")[2]
