"""PostgreSQL that is stopped and started under load, and one that is away at the start (R22)."""

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

from satisfaction import schema
from satisfaction.config import Settings
from satisfaction.database import db, reading, unit_of_work
from satisfaction.models import Rating
from tests.conftest import make_office
from tests.engines import Cluster, Engines
from tests.faults.serving import ROOT, Product, environment_of
from tests.faults.test_kill import Message, plant_messages
from wsgi import create_app

IS_LONG = os.environ.get("FAULTS") == "long"
STOPS = 10 if IS_LONG else 2
SECONDS_AWAY = 5.0 if IS_LONG else 1.5
MOST_SECONDS_BACK = 10.0


def _get(port: int, path: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


class _Taps(threading.Thread):
    """A device that taps each message until it is stored."""

    def __init__(self, port: int, messages: list[tuple[str, Message]]) -> None:
        super().__init__()
        self.port, self.messages = port, messages
        self.statuses: Counter[int] = Counter()
        self.stored: set[str] = set()

    def run(self) -> None:
        for credential, message in self.messages:
            while (status := self._post(credential, message)) != 200:
                self.statuses[status] += 1
                time.sleep(0.05)
            self.statuses[200] += 1
            self.stored.add(message["id"])
            time.sleep(0.01)

    def _post(self, credential: str, message: Message) -> int:
        headers = {"Content-Type": "application/json", "Cookie": f"kiosk={credential}"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as asked:
            asked.request("POST", "/kiosk/ratings", json.dumps(message), headers)
            response = asked.getresponse()
            response.read()
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
        messages = plant_messages(ward, 100 * STOPS)
        db.engine.dispose()
        cluster.stop()
        _is_put_off(settings)
        product = Product(settings)
        try:
            product.start()
            assert _get(product.port, "/healthz")[0] == 200
            status, said = _get(product.port, "/readyz")
            assert (status, json.loads(said)["checks"]["database"]) == (503, "away")
            cluster.start()
            back = [_wait_until_ready(product.port)]
            taps = _Taps(product.port, messages)
            taps.start()
            for _ in range(STOPS):
                time.sleep(0.7)
                cluster.stop()
                time.sleep(SECONDS_AWAY)
                assert _get(product.port, "/healthz")[0] == 200
                assert _get(product.port, "/readyz")[0] == 503
                cluster.start()
                back.append(_wait_until_ready(product.port))
            taps.join(timeout=300)
        finally:
            product.stop()
        with reading() as session:
            stored = Counter(str(found) for found in session.scalars(select(Rating.id)))
        db.engine.dispose()
    assert set(taps.statuses) == {200, 503}, taps.statuses
    assert stored == Counter(message["id"] for _, message in messages)
    print(
        f"\nR22 (postgresql): away at the start and {STOPS} times under taps; {len(stored)} "
        f"stored, 0 lost, 0 doubled, {taps.statuses[503]} answered 503, none 500; ready again "
        f"after at most {max(back):.1f} s, no restart"
    )


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
