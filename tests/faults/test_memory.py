"""The whole product within 512 MB: held to it by the kernel where we may, and measured anyway."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flask import Flask

from satisfaction.database import unit_of_work
from satisfaction.web import server
from tests.conftest import make_office
from tests.faults.live import LiveTaps
from tests.faults.serving import Product, serving
from tests.faults.test_offline import answer_to, live_visits, stored

IS_LONG = os.environ.get("FAULTS") == "long"
LIMIT_BYTES = 512 * 1024 * 1024
SECONDS = 60.0 if IS_LONG else 4.0
_V1, _V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")


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


def _proportional_bytes(pids: list[int]) -> int:
    """Return the memory of processes, what they share counted once."""
    lines = [
        line
        for pid in pids
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        if line.startswith("Pss:")
    ]
    return sum(int(line.split()[1]) * 1024 for line in lines)


def test_the_product_lives_within_half_a_gigabyte(app: Flask) -> None:
    with unit_of_work() as session:
        ward = make_office(session)
    visits = live_visits(ward, 4000 if IS_LONG else 300)
    with _limited() as group, serving(app) as product:
        until = time.monotonic() + 60
        while len(product.pids()) <= server.workers and time.monotonic() < until:
            time.sleep(0.05)
        if group is not None:
            _move(product, group)
        before = product.pids()
        taps = LiveTaps(product.port, ward.tokens[0])
        taps.start([answer_to(ward, visit, 4) for visit in visits])
        most, until = 0, time.monotonic() + SECONDS
        while time.monotonic() < until:
            most = max(most, _proportional_bytes(product.pids()))
            time.sleep(0.5)
        lived = taps.finish()
        assert product.pids() == before, "a process was killed"
    given = {item["id"] for item in lived.given}
    assert given
    assert given <= stored().keys()
    how = "held to 512 MB by the kernel" if group else "not held, measured only"
    print(f"\nmemory: web at most {most / 1024**2:.0f} MB, {how}; {len(given)} taps, 0 lost")
    assert most < LIMIT_BYTES * 0.6, "the jobs, and PDF, need the rest"


def _move(product: Product, group: Path) -> None:
    """Put the server and its workers into the group."""
    for pid in product.pids():
        (group / "cgroup.procs").write_text(str(pid))
