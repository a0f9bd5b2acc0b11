"""A disk that fills up under use: nothing is half stored, and nothing has to be restarted (R3).

The disk is a small file system in memory, so the test is root's. What was answered 200 is there;
everything else is answered 503 with when to come again.
"""

import http.client
import json
import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask_migrate import downgrade

from satisfaction import backups, clock, rollups, schema
from satisfaction.backups import BackupKind
from satisfaction.config import Settings
from satisfaction.database import db, reading, unit_of_work
from satisfaction.errors import BackupFailedError
from satisfaction.outages import Outage, find_outage
from tests.conftest import make_office
from tests.engines import Engines
from tests.faults.recount import check_all, stored
from tests.faults.serving import Product
from tests.faults.test_kill import Message, plant_messages
from tests.making import rated_visit
from wsgi import create_app

IS_LONG = os.environ.get("FAULTS") == "long"
DISK_KILOBYTES = 6 * 1024
ROUNDS = 10 if IS_LONG else 2
TAPS = 150
MOST_SECONDS_TO_RESUME = 5.0


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    options = f"size={DISK_KILOBYTES}k,mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def _full(folder: Path) -> Iterator[None]:
    """Fill the disk to its last byte; make room again afterwards."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 512, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    yield
    ballast.unlink()


@dataclass
class _Taps:
    """A device that taps without pause and keeps every answer."""

    port: int
    messages: list[tuple[str, Message]]
    statuses: Counter[int] = field(default_factory=Counter)
    stored: set[str] = field(default_factory=set)
    last_stored_at: float = 0.0
    is_stopped: bool = False

    def run(self) -> None:
        waiting = list(self.messages)
        while waiting and not self.is_stopped:
            credential, message = waiting[0]
            status, after = _ask(self.port, "POST", credential, message)
            self.statuses[status] += 1
            if status == 200:
                self.stored.add(message["id"])
                self.last_stored_at = time.monotonic()
                waiting.pop(0)
            else:
                assert after is not None, f"{status} without Retry-After"
            time.sleep(0.01)


def _ask(port: int, method: str, credential: str, message: Message) -> tuple[int, str | None]:
    path = "/kiosk/ratings" if method == "POST" else "/kiosk/"
    headers = {"Content-Type": "application/json", "Cookie": f"kiosk={credential}"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, json.dumps(message), headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.headers.get("Retry-After")


def _ready(port: int) -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return response.status, json.loads(response.read())["checks"]["disk"]


def test_a_full_disk_loses_nothing_and_needs_no_restart(engines: Engines, tmp_path: Path) -> None:
    if not isinstance(engines.template, Path):
        assert find_outage(OSError(28, "no space")) is Outage.DISK_FULL
        return
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    with _small_disk(tmp_path / "disk") as disk, engines.fresh_settings(disk) as settings:
        app = create_app(settings=settings)
        with app.app_context():
            _fill_while_tapping(settings, disk)
            _fill_beside_other_work(settings, disk)
            db.engine.dispose()


def _fill_while_tapping(settings: Settings, disk: Path) -> None:
    with unit_of_work() as session:
        ward = make_office(session)
    product = Product(settings)
    resumed, refused = [], 0
    try:
        product.start()
        for _ in range(ROUNDS):
            messages = plant_messages(ward, TAPS)
            taps = _Taps(product.port, messages)
            thread = threading.Thread(target=taps.run)
            thread.start()
            time.sleep(0.3)
            with _full(disk):
                time.sleep(1.0)
                credential, message = messages[0]
                assert _ask(product.port, "GET", credential, message)[0] == 200
                assert _ready(product.port) == (503, "full")
                begun = taps.last_stored_at
                time.sleep(1.0)
                assert taps.last_stored_at == begun, "the disk was not full"
            room_at = time.monotonic()
            while taps.last_stored_at < room_at:
                assert time.monotonic() < room_at + MOST_SECONDS_TO_RESUME
                time.sleep(0.01)
            resumed.append(taps.last_stored_at - room_at)
            thread.join(timeout=120)
            assert set(taps.statuses) == {200, 503}, taps.statuses
            assert _ready(product.port)[0] == 200
            assert len(taps.stored) == TAPS
            assert taps.stored <= stored().keys(), "an acknowledged rating is lost"
            refused += taps.statuses[503]
    finally:
        product.stop()
    said = check_all()
    print(
        f"\nR3 disk full under taps: {ROUNDS} times, {len(stored())} acknowledged = stored, "
        f"{refused} answered 503, none 500; again after at most {max(resumed):.2f} s; {said}"
    )


def _fill_beside_other_work(settings: Settings, disk: Path) -> None:
    """Rebuild, back up and migrate on a full disk: each fails whole, and works afterwards."""
    plan = backups.plan_from(settings)
    with unit_of_work() as session:
        ward = make_office(session, code="00999", name="Phường khác")
    for minute in range(5):
        yesterday = clock.start_of_day(clock.today()) - timedelta(minutes=minute + 60)
        rated_visit(ward, 4, at=yesterday)
    before = stored()
    with reading() as session:
        (day, *_) = rollups.list_stale_days(session)
    with _full(disk):
        with pytest.raises(Exception, match=r"full|unable to open") as failed:
            _rebuild(day)
        assert find_outage(failed.value) is not None
        with pytest.raises(BackupFailedError):
            backups.take_backup(plan, BackupKind.NIGHTLY)
    assert backups.list_backups(plan.folder) == []
    _rebuild(day)
    downgrade(revision="-1")
    old = schema.current_revision()
    with _full(disk), pytest.raises(BackupFailedError):
        schema.prepare_database()
    assert schema.current_revision() == old
    with _full(disk), pytest.raises(Exception, match=r"full|unable to open|cannot"):
        schema.prepare_database(takes_backup=False)
    assert schema.current_revision() == old
    schema.prepare_database(takes_backup=False)
    schema.check_database()
    assert stored() == before
    print(
        "R3 disk full under rebuild, backup, migration: each undone whole, each works after; "
        + check_all()
    )


def _rebuild(day: date) -> None:
    with unit_of_work() as session:
        rollups.rebuild_day(session, day)
