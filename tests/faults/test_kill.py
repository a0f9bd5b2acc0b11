"""A server that is killed between two taps, and answers that never reach the device.

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
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, text

from satisfaction import clock
from satisfaction.database import db, reading, unit_of_work
from satisfaction.models import AuditEntry, Level, Rating, Refusal, Visit
from satisfaction.terms import AuditAction, Channel, RefusalReason, VisitKind
from tests.conftest import Office, make_office
from tests.faults.serving import Product, serving

IS_LONG = os.environ.get("FAULTS") == "long"
KILLS = 500 if IS_LONG else 3
# Every so manieth kill takes the whole server, the others its workers alone, which is quicker.
WHOLE_EVERY = 5 if IS_LONG else 1
WRITERS = 3
TAPS_BETWEEN_KILLS = 60
LOST_ANSWERS = 1000 if IS_LONG else 60
PATH = "/kiosk/ratings"
LONGEST_ANSWER_SECONDS = 30

Message = dict[str, Any]


@pytest.fixture
def ward(app: Flask) -> Office:
    """Return an office in the server's own time."""
    with unit_of_work() as session:
        return make_office(session)


def plant_messages(ward: Office, number: int) -> list[tuple[str, Message]]:
    """Plant finished visits at both desks; return a tap for each with its kiosk's credential."""
    now = clock.now()
    planted = [(place % 2, uuid.uuid4()) for place in range(number)]
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
                    "opened_at": now,
                    "closed_at": now,
                    "closed_day": clock.local_day(now),
                }
                for desk, token in planted
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
                "tapped_at": now.isoformat(),
                "epoch": 1,
                "counter": place,
            },
        )
        for place, (desk, token) in enumerate(planted)
    ]


@dataclass
class _Writers:
    """Devices that tap as fast as they can until each message has been answered."""

    port: int
    waiting: list[tuple[str, Message]]
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
                if answer is None:
                    self.waiting.append((credential, message))
                    pause = 0.02
                else:
                    assert answer[0] == 200, answer
                    self.acknowledged[message["id"]] = message
                    pause = 0.0
            time.sleep(pause)

    def start(self) -> list[threading.Thread]:
        """Let the writers run."""
        threads = [threading.Thread(target=self.write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        return threads


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


def _stored() -> Counter[str]:
    with reading() as session:
        return Counter(str(rating_id) for rating_id in session.scalars(select(Rating.id)))


def test_what_was_acknowledged_outlives_every_kill_and_is_there_once(
    app: Flask, ward: Office
) -> None:
    draw = random.Random(9)
    messages = plant_messages(ward, (KILLS + 1) * TAPS_BETWEEN_KILLS)
    with serving(app) as product:
        writers = _Writers(product.port, list(messages))
        threads = writers.start()
        for number in range(KILLS):
            _wait_for_taps(writers, draw.randint(1, TAPS_BETWEEN_KILLS))
            time.sleep(draw.uniform(0, 0.02))
            is_whole = number % WHOLE_EVERY == 0
            if is_whole:
                product.stop()
            else:
                product.kill_workers()
            with writers.lock:
                acknowledged = set(writers.acknowledged)
            assert acknowledged <= _stored().keys(), "an acknowledged rating is lost"
            if is_whole:
                product.start()
        for thread in threads:
            thread.join(timeout=300)
        writers.is_stopped = True
    stored = _stored()
    assert len(writers.acknowledged) == len(messages)
    assert stored == Counter(message["id"] for _, message in messages)
    _check_content(messages)
    _check_integrity()
    print(
        f"\nR1 ({db.engine.dialect.name}): {KILLS} kills under load, {len(stored)} acknowledged "
        "ratings, 0 lost, 0 doubled"
    )


def _wait_for_taps(writers: _Writers, number: int) -> None:
    """Wait until so many more taps were acknowledged, or none is left."""
    wanted = len(writers.acknowledged) + number
    until = time.monotonic() + LONGEST_ANSWER_SECONDS
    while len(writers.acknowledged) < wanted and writers.waiting:
        assert time.monotonic() < until, "no tap gets through"
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


def _check_integrity() -> None:
    if db.engine.dialect.name != "sqlite":
        return
    with reading() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []


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
    assert _stored() == Counter(message["id"] for _, message in messages)
    _check_content(messages)
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
