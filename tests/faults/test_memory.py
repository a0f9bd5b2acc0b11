"""The whole product within 512 MB: held to it by the kernel where we may, and measured anyway.

The whole is server, jobs, a backup and a monthly report as PDF, all at the same time and under
taps. PostgreSQL is not of it: that is a service of its own, with memory of its own. The programs
find only what an installation has: a library that comes with the tools of the tests would be loaded
by each of them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from satisfaction import clock
from satisfaction.config import Settings
from satisfaction.database import db, unit_of_work
from satisfaction.periods import Period, month_period
from satisfaction.web import server
from tests.conftest import Office, make_office
from tests.faults.live import LiveTaps
from tests.faults.recount import check_all, stored
from tests.faults.serving import ROOT, Jobs, Product, environment_of
from tests.faults.test_offline import answer_to, live_visits
from tests.making import rated_visit

IS_LONG = os.environ.get("FAULTS") == "long"
LIMIT_BYTES = 512 * 1024 * 1024
SECONDS = 60.0 if IS_LONG else 4.0
LONGEST_COMMAND_SECONDS = 180.0
ABSENT = Path(__file__).with_name("absent")
_V1, _V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
_JOIN = ("sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"')


@contextmanager
def _limited() -> Iterator[Path | None]:
    """Make a group of processes with the limit; None where we may not."""
    root, limit = (_V1, "memory.limit_in_bytes") if _V1.is_dir() else (_V2, "memory.max")
    group = root / f"hailong-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / limit).write_text(str(LIMIT_BYTES))
    except OSError:
        with suppress(OSError):
            group.rmdir()
        yield None
        return
    try:
        yield group
    finally:
        until = time.monotonic() + 20
        while (group / "cgroup.procs").read_text().strip() and time.monotonic() < until:
            time.sleep(0.1)
        with suppress(OSError):
            group.rmdir()


def _family(pid: int) -> list[int]:
    """Return a process and all that it has begun, as far as they still run."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _proportional_bytes(pids: Sequence[int]) -> int:
    """Return the memory of processes, what they share counted once."""
    total = 0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


class _Most:
    """The most memory that was seen, of each part and of all together."""

    def __init__(self) -> None:
        self.parts: dict[str, int] = {}
        self.whole = 0

    def look(self, parts: Mapping[str, int]) -> None:
        """Measure the family of each part now."""
        found = {name: _proportional_bytes(_family(pid)) for name, pid in parts.items()}
        self.whole = max(self.whole, sum(found.values()))
        for name, amount in found.items():
            self.parts[name] = max(self.parts.get(name, 0), amount)

    def __str__(self) -> str:
        said = ", ".join(f"{name} {amount >> 20} MB" for name, amount in self.parts.items())
        return f"at most {self.whole >> 20} MB together ({said})"


def _begin(settings: Settings, within: Sequence[str], *words: str) -> "subprocess.Popen[bytes]":
    """Begin a command of the product among the other processes."""
    return subprocess.Popen(
        [*within, sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT,
        env=environment_of(settings),
        stdout=subprocess.DEVNULL,
    )


def _plant(amount: int) -> Office:
    """Plant an office with ratings in the month that is over."""
    with unit_of_work() as session:
        ward = make_office(session)
    first = clock.start_of_day(_last_month().first_day)
    for number in range(amount):
        at = first + timedelta(hours=9, minutes=7 * number)
        rated_visit(ward, number % 5 + 1, at=at, desk=number % 2)
    return ward


def _last_month() -> Period:
    return month_period(clock.today().replace(day=1) - timedelta(days=1))


def test_the_product_lives_within_half_a_gigabyte(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ABSENT))
    settings: Settings = app.config["SETTINGS"]
    ward = _plant(400 if IS_LONG else 20)
    visits = live_visits(ward, 4000 if IS_LONG else 600)
    month, paper = _last_month(), tmp_path / "month.pdf"
    report = ["report", "--unit", "00103", "--output", str(paper)]
    report += ["--from", str(month.first_day), "--until", str(month.end_day)]
    most = _Most()
    with _limited() as group:
        within = (*_JOIN, str(group)) if group else ()
        product, jobs = Product(settings, within=within), Jobs(settings, within=within)
        try:
            jobs.start()
            product.start()
            _wait_for_workers(product)
            before = [*product.pids(), jobs.pid]
            taps = LiveTaps(product.port, ward.tokens[0])
            taps.start([answer_to(ward, visit, 4) for visit in visits])
            asked = {
                "backup": _begin(settings, within, "backup", "now"),
                "report": _begin(settings, within, *report),
            }
            running = {"web": product.pids()[0], "jobs": jobs.pid}
            running |= {name: process.pid for name, process in asked.items()}
            begun = time.monotonic()
            while _is_due(begun, asked.values()):
                most.look(running)
                time.sleep(0.2)
            lived = taps.finish()
            assert [*product.pids(), jobs.pid] == before, "a process was killed"
        finally:
            jobs.stop()
            product.stop()
    assert {name: process.returncode for name, process in asked.items()} == dict.fromkeys(asked, 0)
    assert paper.read_bytes().startswith(b"%PDF")
    given = {item["id"] for item in lived.given}
    assert given
    assert given <= stored().keys()
    how = "held to 512 MB by the kernel" if group else "not held, proportional sizes only"
    engine = db.engine.dialect.name
    print(f"\nmemory ({engine}): {most}, {how}; {len(given)} taps, 0 lost; {check_all()}")
    assert group or most.whole < LIMIT_BYTES


def _wait_for_workers(product: Product) -> None:
    until = time.monotonic() + 60
    while len(product.pids()) <= server.workers and time.monotonic() < until:
        time.sleep(0.05)


def _is_due(begun: float, asked: Iterable["subprocess.Popen[bytes]"]) -> bool:
    """Say whether to go on: for the time of the test, and until every command has ended."""
    gone = time.monotonic() - begun
    assert gone < LONGEST_COMMAND_SECONDS, "a command does not end"
    return gone < SECONDS or any(process.poll() is None for process in asked)
