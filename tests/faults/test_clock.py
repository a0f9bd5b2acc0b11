"""The server's wall clock jumps under taps, letters and jobs, and was wrong at the start (R5).

The real programs run with a wall clock that the test turns; the device's own clock is right. A
server that begins in 1970 takes no tap before it is set right, as by the network's time. One whose
clock falls an hour behind is told of taps that are still to come by it: they are kept, of no day.
"""

import os
import shutil
import struct
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from satisfaction import calendars, clock, counting, rollups, subscriptions
from satisfaction.config import Settings
from satisfaction.database import db, reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import Delivery, JobRun, Rating, RatingMark
from satisfaction.periods import Period
from satisfaction.placing import CLOCK_TOLERANCE
from satisfaction.subscriptions import Wanted
from satisfaction.terms import DeliveryState, Dimension, JobState, LetterKind, Mark
from tests.conftest import Office, make_office
from tests.faults.live import Lived, LiveTaps
from tests.faults.serving import Jobs, Product, mail_at
from tests.faults.test_offline import answer_to, live_visits
from tests.jobs.posting import PostOffice, post_office

# What a turned clock does is the same over any database; the long form asks it of both.
pytestmark = pytest.mark.once(unless_long=True)

IS_LONG = os.environ.get("FAULTS") == "long"
COMPILER = shutil.which("gcc") or shutil.which("cc")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
# Five past six on a Tuesday evening in Hà Nội, when the letters of the day are due.
BEGUN = datetime(2026, 3, 10, 11, 5, tzinfo=UTC)
TODAY = date(2026, 3, 10)
EPOCH = datetime(1970, 1, 1, 0, 10, tzinfo=UTC)
JUMPS = [DAY, timedelta(), -HOUR, timedelta(), HOUR, timedelta()] if IS_LONG else [DAY, timedelta()]
# One tick of the scheduler and what it starts; a busy machine may take longer.
TICK_SECONDS = 20.0
SECONDS_UNSET = 8.0
READERS = 5
VISITS = 12_000 if IS_LONG else 5_000
EDGE_SECONDS = 1.0


class _Clock:
    """How far the wall clock of the programs that look at a file is ahead of this machine's."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._right = BEGUN - datetime.now(UTC)
        self.be_ahead(timedelta())

    def be_ahead(self, by: timedelta) -> None:
        """Be so far ahead of the right time of the test."""
        whole = self._right + by
        nanoseconds = (whole // timedelta(microseconds=1)) * 1000
        # In place, because the programs have mapped these very bytes.
        with self.file.open("r+b" if self.file.exists() else "wb") as opened:
            opened.write(struct.pack("=q", nanoseconds))

    def now(self) -> datetime:
        """Return the right time of the test."""
        return datetime.now(UTC) + self._right


@dataclass
class _Stand:
    """The programs of an office, its clock and what came to its readers.

    Time: ``behind`` holds from when until when the clock was behind, by the monotonic one.
    """

    ward: Office
    clock: _Clock
    product: Product
    post: PostOffice
    behind: list[tuple[float, float]] = field(default_factory=list)

    def is_behind(self, moment: float) -> bool | None:
        """Say whether the clock was behind at a moment; None so near a jump that nobody knows."""
        if any(abs(moment - edge) < EDGE_SECONDS for span in self.behind for edge in span):
            return None
        return any(first < moment < last for first, last in self.behind)


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    """Return the compiled clock."""
    assert COMPILER is not None, "apt-get install -y --no-install-recommends gcc libc6-dev"
    target = tmp_path / "clock.so"
    source = Path(__file__).with_name("clock.c")
    words = [COMPILER, "-shared", "-fPIC", "-O1", "-o", str(target), str(source), "-ldl"]
    subprocess.run(words, check=True, capture_output=True)
    return target


def _plant() -> Office:
    with clock.replaced(BEGUN - 30 * DAY), unit_of_work() as session:
        ward = make_office(session)
        spans = calendars.read_spans("7:30-19:00")
        week = calendars.Week((spans,) * 5 + ((), ()))
        calendars.set_week(session, ward.unit.id, week=week, from_day=date(2025, 1, 1))
    with clock.replaced(BEGUN - HOUR), unit_of_work() as session:
        for number in range(READERS):
            wanted = Wanted(
                address=f"reader{number}@example.gov.vn",
                unit_id=ward.unit.id,
                kinds=frozenset({LetterKind.DAILY}),
            )
            subscriptions.subscribe(session, {ward.unit.id}, wanted)
    return ward


@contextmanager
def _jobs(settings: Settings, port: int) -> Iterator[None]:
    """Run the jobs, which find their mail server at a port."""
    jobs = Jobs(settings, more=mail_at(port))
    jobs.start()
    try:
        yield
        jobs.finish()
    finally:
        jobs.stop()


def _check_nothing_is_dated() -> None:
    """Before the clock is set, no tap is stored and no job planned."""
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Rating)) == 0
        assert session.scalar(select(func.count()).select_from(JobRun)) == 0


def _wait_for_a_run() -> None:
    """Wait until the jobs have ticked, by whatever clock."""
    until = time.monotonic() + 120
    while True:
        with reading() as session:
            if session.scalar(select(JobRun.id).limit(1)) is not None:
                return
        assert time.monotonic() < until, "the jobs do not run"
        time.sleep(0.2)


def _wait_for_letters(stand: _Stand) -> None:
    until = time.monotonic() + 90
    while len(stand.post.arrived) < READERS:
        assert time.monotonic() < until, "the letters do not come"
        time.sleep(0.2)


def _live_through(app: Flask, stand: _Stand, monkeypatch: pytest.MonkeyPatch) -> Lived:
    """Start everything with a clock of 1970, set it right, and have it jump."""
    settings: Settings = app.config["SETTINGS"]
    with clock.replaced(stand.clock.now):
        visits = live_visits(stand.ward, VISITS)
    db.engine.dispose()
    stand.clock.be_ahead(EPOCH - BEGUN)
    stand.product.start()
    with _jobs(settings, stand.post.server.port):
        monkeypatch.setenv("CLOCK_FILE", str(stand.clock.file.with_name("device")))
        taps = LiveTaps(stand.product.port, stand.ward.tokens[0])
        taps.start([answer_to(stand.ward, visit, 4) for visit in visits])
        time.sleep(SECONDS_UNSET)
        _check_nothing_is_dated()
        stand.clock.be_ahead(timedelta())
        _wait_for_a_run()
        _wait_for_letters(stand)
        for ahead in JUMPS:
            stand.clock.be_ahead(ahead)
            begun = time.monotonic()
            time.sleep(TICK_SECONDS)
            if ahead < -CLOCK_TOLERANCE:
                stand.behind.append((begun, time.monotonic()))
        return taps.finish()


def test_whatever_the_clock_does_nothing_is_lost_or_done_twice(
    app: Flask, shim: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward = _plant()
    turned = _Clock(tmp_path / "server")
    _Clock(tmp_path / "device")
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    monkeypatch.setenv("CLOCK_FILE", str(turned.file))
    product = Product(app.config["SETTINGS"])
    with post_office() as post:
        stand = _Stand(ward, turned, product, post)
        try:
            lived = _live_through(app, stand, monkeypatch)
        finally:
            product.stop()
    letters, runs = _check_letters(post), _check_runs()
    dated = _check_ratings(stand, lived)
    with clock.replaced(turned.now):
        _check_figures(ward, dated)
    print(
        f"\nR5 ({db.engine.dialect.name}): 1970 at the start, nothing stored then, and "
        f"{len(JUMPS)} jumps:"
        f" {len(lived.given)} taps, 0 lost, 0 doubled, {dated} of their day and"
        f" {len(lived.given) - dated} of none, which were to come by it; {letters} letters planned"
        f" and delivered once each; {runs} runs of jobs, none twice; figures equal a recount"
    )


def _check_ratings(stand: _Stand, lived: Lived) -> int:
    """Every tap is kept once: of its day, or marked as of none while the clock was behind.

    Returns: how many are of their day.
    """
    with reading() as session:
        kept = [
            (str(row[0]), row[1]) for row in session.execute(select(Rating.id, Rating.local_day))
        ]
        unknown = select(func.count()).where(RatingMark.mark == Mark.DAY_UNKNOWN)
        marked = session.scalar(unknown)
    assert len(lived.given) > 100
    assert Counter(name for name, _ in kept) == Counter(item["id"] for item in lived.given)
    for name, day in kept:
        is_behind = stand.is_behind(lived.answered[name])
        assert day in {TODAY, None} if is_behind is None else day == (None if is_behind else TODAY)
    dated = sum(day == TODAY for _, day in kept)
    assert marked == len(kept) - dated
    assert bool(stand.behind) is (dated < len(kept))
    return dated


def _check_letters(post: PostOffice) -> int:
    with reading() as session:
        kept = session.scalars(select(Delivery)).all()
    assert {one.state for one in kept} == {DeliveryState.SENT}
    came = Counter(one["Message-ID"] for one in post.arrived)
    assert came == Counter({one.message_id: 1 for one in kept})
    # The letter of the day, and that of the morrow, whose evening the clock once showed.
    assert len(kept) == 2 * READERS
    return len(kept)


def _check_runs() -> int:
    with reading() as session:
        runs = session.scalars(select(JobRun)).all()
        twice = session.scalar(select(func.count()).select_from(JobRun).where(JobRun.attempts != 1))
    assert twice == 0
    assert {one.state for one in runs} == {JobState.DONE}
    assert len({(one.job, one.planned_at) for one in runs}) == len(runs)
    return len(runs)


def _check_figures(ward: Office, given: int) -> None:
    """The day as it is counted live, and again from its rebuilt counts, is what was tapped."""
    query = CountQuery(
        unit_id=ward.unit.id, period=Period(TODAY - DAY, TODAY + 3 * DAY), by=Dimension.DAY
    )
    with reading() as session:
        counted = counting.count(session, query)
    with clock.replaced(BEGUN + DAY):
        with unit_of_work() as session:
            rollups.rebuild_day(session, TODAY)
        with reading() as session:
            again = counting.count(session, query)
    for figures in (counted, again):
        answers = {row.key: sum(level.count for level in row.levels) for row in figures.rows}
        assert {day: number for day, number in answers.items() if number} == {str(TODAY): given}
