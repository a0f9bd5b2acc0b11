"""PostgreSQL that is stopped and started under load, and one that is away at the start (R22).

Jobs and two servers begin without it and are never restarted; one server is gone for a while.
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from satisfaction import scheduler, schema
from satisfaction.config import Settings
from satisfaction.database import db, reading, unit_of_work
from satisfaction.models import JobRun
from satisfaction.terms import JobState
from tests.conftest import make_office
from tests.engines import Cluster, Engines
from tests.faults.recount import check_all, stored
from tests.faults.serving import ROOT, Jobs, Product, environment_of
from tests.faults.test_kill import Message, plant_messages
from wsgi import create_app

IS_LONG = os.environ.get("FAULTS") == "long"
STOPS = 10 if IS_LONG else 2
SECONDS_AWAY = 5.0 if IS_LONG else 1.5
# The target is ten minutes; nothing in the product counts them, so one has to do.
SECONDS_AWAY_AT_START = 60.0 if IS_LONG else 0.0
MOST_SECONDS_BACK = 10.0


def _get(port: int, path: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


class _Taps(threading.Thread):
    """A device that taps each message until it is stored, at the next server where one is gone."""

    def __init__(self, ports: list[int], messages: list[tuple[str, Message]]) -> None:
        super().__init__()
        self.ports, self.messages = ports, messages
        self.statuses: Counter[int] = Counter()
        self.turned_away = 0

    def run(self) -> None:
        for credential, message in self.messages:
            while (status := self._post(credential, message)) != 200:
                self.statuses[status] += 1
                time.sleep(0.05)
            self.statuses[200] += 1
            time.sleep(0.01)

    def _post(self, credential: str, message: Message) -> int:
        """Return the answer's status; nought where no server took the message."""
        headers = {"Content-Type": "application/json", "Cookie": f"kiosk={credential}"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=30)) as asked:
            try:
                asked.request("POST", "/kiosk/ratings", json.dumps(message), headers)
                response = asked.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                self.ports.append(self.ports.pop(0))
                self.turned_away += 1
                return 0
            if response.status != 200:
                assert response.headers["Retry-After"], response.status
            return response.status


def test_a_database_that_comes_and_goes_needs_no_restart(engines: Engines, tmp_path: Path) -> None:
    if isinstance(engines.template, Path):
        assert schema.newest_revision is not None, "an SQLite file has no server that could stop"
        return
    with tempfile.TemporaryDirectory(prefix="hailong-") as outside:
        cluster = Cluster.make(Path(outside) / "cluster", is_durable=True)
        cluster.start()
        try:
            with psycopg.connect(f"{cluster.address}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE office")
            _come_and_go(cluster, Settings(data=tmp_path, database_url=f"{cluster.address}/office"))
        finally:
            cluster.stop()


def _come_and_go(cluster: Cluster, settings: Settings) -> None:
    app = create_app(settings=settings)
    with app.app_context():
        schema.prepare_database()
        with unit_of_work() as session:
            ward = make_office(session)
        messages = plant_messages(ward, 100 * STOPS, days=2)
        db.engine.dispose()
        cluster.stop()
        _is_put_off(settings)
        nodes, jobs = [Product(settings), Product(settings)], Jobs(settings)
        try:
            taps, back = _live_through(cluster, nodes, jobs, messages)
        finally:
            jobs.stop()
            for node in nodes:
                node.stop()
        kept = stored()
        said = check_all()
        db.engine.dispose()
    assert set(taps.statuses) == {0, 200, 503}, taps.statuses
    assert kept == Counter(message["id"] for _, message in messages)
    print(
        f"\nR22 (postgresql): away {SECONDS_AWAY_AT_START:.0f} s at the start (not ten minutes) "
        f"and {STOPS} times under taps, one server of two gone meanwhile; {len(kept)} stored, 0 "
        f"lost, 0 doubled, {taps.statuses[503]} answered 503, none 500, {taps.turned_away} went "
        f"to the other server; ready again after at most {max(back):.1f} s, no restart of server "
        f"or jobs; {said}"
    )


def _live_through(
    cluster: Cluster, nodes: list[Product], jobs: Jobs, messages: list[tuple[str, Message]]
) -> tuple[_Taps, list[float]]:
    """Begin without a database; have it come and go; return the taps and when it was ready."""
    jobs.start()
    for node in nodes:
        node.start()
    node, other = nodes
    pids, job = set(node.pids()), jobs.pid
    time.sleep(SECONDS_AWAY_AT_START)
    assert _get(node.port, "/healthz")[0] == 200
    status, said = _get(node.port, "/readyz")
    assert (status, json.loads(said)["checks"]["database"]) == (503, "away")
    cluster.start()
    back = [_wait_until_ready(node.port), _wait_until_ready(other.port)]
    taps = _Taps([other.port, node.port], messages)
    taps.start()
    for number in range(STOPS):
        time.sleep(0.7)
        if number == 0:
            other.stop()
        cluster.stop()
        time.sleep(SECONDS_AWAY)
        assert _get(node.port, "/healthz")[0] == 200
        assert _get(node.port, "/readyz")[0] == 503
        cluster.start()
        back.append(_wait_until_ready(node.port))
    other.start()
    back.append(_wait_until_ready(other.port))
    taps.join(timeout=300)
    _wait_for_jobs()
    assert pids <= set(node.pids()), "a server or worker was restarted"
    assert jobs.pid == job
    jobs.finish()
    return taps, back


def _wait_for_jobs() -> None:
    """Wait until the jobs, at one of their ticks, have written into the ledger and finished."""
    until = time.monotonic() + 3 * scheduler.TICK_SECONDS
    while True:
        with reading() as session:
            states = set(session.scalars(select(JobRun.state)))
        if states == {JobState.DONE}:
            return
        assert time.monotonic() < until, "the jobs do not come back"
        time.sleep(0.2)


def _is_put_off(settings: Settings) -> None:
    """The unit's preparation says that the database is away and lets the pages start."""
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "database", "prepare"]
    for more, status in ((["--unless-away"], 0), ([], 1)):
        done = subprocess.run(
            [*words, *more],
            cwd=ROOT,
            env=environment_of(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr


def _wait_until_ready(port: int) -> float:
    begun = time.monotonic()
    while _get(port, "/readyz")[0] != 200:
        if time.monotonic() - begun > MOST_SECONDS_BACK:
            pytest.fail("not ready again")
        time.sleep(0.05)
    return time.monotonic() - begun
