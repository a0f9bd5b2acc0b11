"""A mail server that takes the connection and never says a word does not slow down a tap (R11).

Taps are timed in turn while nothing is to be sent and while letters wait for that server.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from satisfaction import clock, sending, subscriptions
from satisfaction.database import db, reading, unit_of_work
from satisfaction.models import Delivery
from satisfaction.scheduler import TICK_SECONDS
from satisfaction.subscriptions import Wanted
from satisfaction.terms import DeliveryState, LetterKind, Role
from tests.admin.officers import make_officer
from tests.conftest import Office, make_office
from tests.faults.live import Lived, LiveTaps, percentile
from tests.faults.recount import check_all, stored
from tests.faults.serving import Jobs, Product, mail_at
from tests.faults.test_offline import answer_to, live_visits
from tests.making import rated_visit

# A silent mail server is the same over any database; the long form asks it of both.
pytestmark = pytest.mark.once(unless_long=True)

IS_LONG = os.environ.get("FAULTS") == "long"
PAIRS = 6 if IS_LONG else 1
SECONDS = 2.0 * TICK_SECONDS if IS_LONG else TICK_SECONDS + 3.0
# A single pair on a busy machine says little; the long form holds what is promised.
MOST_RATIO = 1.10 if IS_LONG else 3.0
READERS = 60
VISITS = 12_000 if IS_LONG else 2_000
LATER = timedelta(hours=2)
Window = tuple[float, float]


@contextmanager
def _silent_server() -> Iterator[int]:
    """Listen at a port, and answer nobody."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


def _plant() -> Office:
    """Plant an office whose letters of today are written and wait."""
    with unit_of_work() as session:
        ward = make_office(session)
    head = make_officer("head", Role.HEAD, unit=ward.unit)
    for level in (5, 4, 2):
        rated_visit(ward, level, at=clock.now())
    hour = clock.local_time(clock.now()).hour
    with clock.replaced(clock.now() - timedelta(days=1)), unit_of_work() as session:
        for number in range(READERS):
            wanted = Wanted(
                address=f"reader{number}@example.gov.vn",
                unit_id=ward.unit.id,
                kinds=frozenset({LetterKind.DAILY}),
                hour=hour,
                account_id=head.id,
            )
            subscriptions.subscribe(session, {ward.unit.id}, wanted)
    assert sending.plan_letters() >= READERS
    return ward


def _put_off(by: timedelta) -> None:
    """Have every letter be tried again after a time."""
    with unit_of_work() as session:
        session.execute(update(Delivery).values(next_try_at=clock.now() + by))


def _tries() -> int:
    with reading() as session:
        return session.scalar(select(func.sum(Delivery.tries))) or 0


def _watch(seconds: float) -> Window:
    begun = time.monotonic()
    time.sleep(seconds)
    return begun, time.monotonic()


def _take_turns() -> tuple[list[Window], list[Window]]:
    """Return when nothing was to be sent, and when letters waited for the silent server."""
    idle: list[Window] = []
    waiting: list[Window] = []
    for _ in range(PAIRS):
        _put_off(LATER)
        time.sleep(1.0)
        idle.append(_watch(SECONDS))
        before = _tries()
        _put_off(timedelta())
        waiting.append(_watch(SECONDS))
        assert _tries() > before, "nobody tried to send"
    return idle, waiting


def _p95(lived: Lived, windows: list[Window]) -> tuple[float, int]:
    """Return the time below which 95 % of the taps of these windows lie, and how many they are."""
    times = [
        took
        for item, took in zip(lived.given, lived.seconds, strict=True)
        if any(begun <= lived.answered[item["id"]] < ended for begun, ended in windows)
    ]
    return percentile(times, 0.95), len(times)


def test_a_silent_mail_server_does_not_slow_down_taps(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    ward = _plant()
    visits = live_visits(ward, VISITS)
    with _silent_server() as port:
        product, jobs = Product(settings), Jobs(settings, more=mail_at(port))
        try:
            product.start()
            jobs.start()
            taps = LiveTaps(product.port, ward.tokens[0])
            taps.start([answer_to(ward, visit, 4) for visit in visits])
            idle, waiting = _take_turns()
            lived = taps.finish()
            assert jobs.pid
        finally:
            jobs.stop()
            product.stop()
    with reading() as session:
        states = set(session.scalars(select(Delivery.state)))
    assert states <= {DeliveryState.PLANNED, DeliveryState.SENDING}
    assert {item["id"] for item in lived.given} <= stored().keys()
    before, beside = _p95(lived, idle), _p95(lived, waiting)
    ratio = beside[0] / before[0]
    print(
        f"\nR11 ({db.engine.dialect.name}): taps p95 {before[0] * 1000:.1f} ms of {before[1]} with "
        f"nothing to send, {beside[0] * 1000:.1f} ms of {beside[1]} while letters wait for a "
        f"silent mail server, {ratio:.2f} times; {len(lived.given)} taps, 0 lost; {check_all()}"
    )
    assert ratio <= MOST_RATIO
