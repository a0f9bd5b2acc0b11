"""Four schedulers, killed at every step, over a month's end, a holiday and a day without power.

Each letter is planned once and none is lost; one arrives twice only where its sender died between
handing it over and writing down the answer. Each due slot of each job is done once (R12).
``make faults`` has the long form, which walks through every hour, and its figures.
"""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import (
    calendars,
    clock,
    jobs,
    ledger,
    letters,
    outbox,
    scheduler,
    sending,
    subscriptions,
)
from satisfaction.config import Settings
from satisfaction.database import db, reading, unit_of_work
from satisfaction.mail import Courier
from satisfaction.models import Delivery, JobRun
from satisfaction.subscriptions import Wanted
from satisfaction.terms import DeliveryState, JobState, LetterKind, Role
from satisfaction.timetable import due_moments
from tests.admin.officers import make_officer
from tests.conftest import Office, make_office
from tests.faults.recount import check_all
from tests.jobs.posting import SENDER, post_office
from tests.making import rated_visit
from wsgi import create_app

IS_LONG = os.environ.get("FAULTS") == "long"
KILLS = 120 if IS_LONG else 6
READERS = 12 if IS_LONG else 3
SCHEDULERS = 4 if IS_LONG else 2
LONGEST_SECONDS = 2400 if IS_LONG else 300
HOURS = range(24) if IS_LONG else (8, 18)
FEWEST_SLOTS = 100
# A letter that is under way for longer than this is in nobody's hands any more.
LONGEST_UNDER_WAY_SECONDS = 3.0
FORK = multiprocessing.get_context("fork")
# Friday is worked, Saturday and Sunday are not, the 1st is a Sunday, Monday is a holiday, and on
# Tuesday nothing runs at all.
FRIDAY = date(2026, 2, 27)
HOLIDAY = date(2026, 3, 2)
WITHOUT_POWER = date(2026, 3, 3)
LAST = date(2026, 3, 5)
WORKED = (FRIDAY, WITHOUT_POWER, date(2026, 3, 4), LAST)


def _plant() -> Office:
    with clock.replaced(clock.start_of_day(FRIDAY - timedelta(days=30))), unit_of_work() as session:
        ward = make_office(session)
        spans = calendars.read_spans("7:30-17:00")
        week = calendars.Week((spans,) * 5 + ((), ()))
        calendars.set_week(session, ward.unit.id, week=week, from_day=date(2025, 1, 1))
        holiday = calendars.NewSpecialDay(HOLIDAY, "Ngày nghỉ")
        calendars.set_special_day(session, ward.unit.id, holiday)
    with clock.replaced(clock.start_of_day(FRIDAY - timedelta(days=30))):
        reader = make_officer("reader", Role.SUPERVISOR, unit=ward.unit)
    begun = clock.start_of_day(FRIDAY) + timedelta(hours=17)
    with clock.replaced(begun), unit_of_work() as session:
        for number in range(READERS):
            wanted = Wanted(
                address=f"reader{number}@example.gov.vn",
                unit_id=ward.unit.id,
                kinds=frozenset(LetterKind),
                account_id=reader.id,
            )
            subscriptions.subscribe(session, {ward.unit.id}, wanted)
    for day in WORKED:
        rated_visit(ward, 5, at=clock.start_of_day(day) + timedelta(hours=9))
    return ward


STEPS: tuple[tuple[Any, str], ...] = (
    (sending, "plan_slot"),
    (sending, "draft"),
    (sending, "_take"),
    (sending, "_send"),
    (Courier, "connect"),
    (Courier, "_introduce"),
    (Courier, "deliver"),
    (jobs, "take"),
    (jobs, "carry_out"),
)
TAKE = STEPS.index((jobs, "take"))


class Deaths:
    """How many schedulers may die at each step by now, and how many did; shared by all of them."""

    def __init__(self, fork: Any) -> None:
        self._allowed = fork.Array("i", len(STEPS))
        self._died = fork.Array("i", len(STEPS))
        self._within = fork.Value("i", 0)
        draw = random.Random(2)
        rounds = [draw.sample(range(len(STEPS)), len(STEPS)) for _ in range(KILLS)]
        self._next = [step for one in rounds for step in one][:KILLS]

    @property
    def total(self) -> int:
        """How many died."""
        return sum(self._died)

    @property
    def within(self) -> int:
        """How many died after handing a letter over and before writing down the answer."""
        return int(self._within.value)

    @property
    def by_step(self) -> str:
        """How many died at each step, in words."""
        return ", ".join(f"{name} {n}" for (_, name), n in zip(STEPS, self._died, strict=True))

    def allow(self, share: float) -> None:
        """Let this share of all deaths happen by now, each at the step that it was drawn for."""
        while self._next and len(self._next) > KILLS * (1 - share):
            self._allowed[self._next.pop()] += 1

    def allow_the_rest_anywhere(self) -> None:
        """Let what did not happen at its step happen where everybody comes by."""
        self._allowed[TAKE] = self._died[TAKE] + KILLS - self.total

    def claim(self, step: int, *, is_within: bool) -> bool:
        """Take one of the deaths that are allowed at a step."""
        with self._died.get_lock():
            if self._died[step] >= self._allowed[step]:
                return False
            self._died[step] += 1
            self._within.value += is_within
            return True


class _Death:
    """Kills its own process before or after a step, where that is allowed."""

    def __init__(self, deaths: Deaths, seed: int) -> None:
        self._deaths = deaths
        self._draw = random.Random(seed)
        self.has_handed_over = False

    def may_come(self, step: int) -> None:
        """Die now, perhaps; what dies within the window is counted apart."""
        if self._draw.random() < 0.5 and self._deaths.claim(step, is_within=self.has_handed_over):
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, step: int) -> None:
        """Have a function be a step: death may come before it and after it."""
        owner, name = STEPS[step]
        whole = getattr(owner, name)

        def stepping(*args: Any, **kwargs: Any) -> Any:
            self.may_come(step)
            answer = whole(*args, **kwargs)
            self.may_come(step)
            return answer

        setattr(owner, name, stepping)


def _schedule(settings: Settings, now: Any, death: _Death) -> None:
    """Be one scheduler, by the clock that the test turns."""
    app = create_app(settings=settings)

    def told() -> datetime:
        return datetime.fromtimestamp(now.value, UTC)

    def handed(session: Any, held: Any) -> bool:
        death.has_handed_over = True
        answer: bool = hand_over(session, held)
        return answer

    def finished(session: Any, held: Any, answer: Any) -> None:
        finish(session, held, answer)

    hand_over, finish = outbox.hand_over, outbox.finish_delivery
    outbox.hand_over = handed
    outbox.finish_delivery = finished
    for step in range(len(STEPS)):
        death.around(step)
    whole = sending._send

    def send_one(*args: Any) -> Any:
        answer = whole(*args)
        death.has_handed_over = False
        return answer

    setattr(sending, "_send", send_one)  # noqa: B010
    with app.app_context(), clock.replaced(told):
        while True:
            scheduler.run_due_jobs()
            scheduler.plan_and_send()
            time.sleep(0.05)


def _is_quiet(now: datetime) -> bool:
    """Say whether everything that is due by now was planned, carried out and sent."""
    unfinished = (JobState.PLANNED, JobState.RUNNING)
    unsent = (DeliveryState.PLANNED, DeliveryState.SENDING, DeliveryState.UNCERTAIN)
    with clock.replaced(now), reading() as session:
        return (
            not letters.list_due(session)
            and not ledger.list_unplanned(session, jobs.JOBS)
            and session.scalar(select(JobRun.id).where(JobRun.state.in_(unfinished))) is None
            and session.scalar(select(Delivery.id).where(Delivery.state.in_(unsent))) is None
        )


class _Walk:
    """The clock that all schedulers see, and every time that it has shown."""

    def __init__(self, now: "Synchronized[float]") -> None:
        self._now = now
        self._under_way: dict[str | None, float] = {}
        self.shown: list[datetime] = []

    @property
    def at(self) -> datetime:
        """What it shows."""
        return self.shown[-1]

    def turn_to(self, at: datetime) -> None:
        """Show a later time."""
        if not self.shown or at > self.at:
            self.shown.append(at)
            self._now.value = at.timestamp()

    def step(self) -> None:
        """Go on by a minute, but not before what may be planned or begun now has been.

        A lease of minutes would be over in less time than a busy machine takes to write an answer
        down, so whoever is sending a letter has real time for it.
        """
        with clock.replaced(self.at), reading() as session:
            if ledger.list_unplanned(session, jobs.JOBS):
                return
            if ledger.has_waiting(session, jobs.JOBS) or self._is_sending(session):
                return
        self.turn_to(self.at + timedelta(minutes=1))

    def _is_sending(self, session: Session) -> bool:
        """Say whether a letter may still be in the hands of somebody who lives."""
        leases = session.scalars(
            select(Delivery.lease_token).where(Delivery.state == DeliveryState.SENDING)
        )
        now = time.monotonic()
        self._under_way = {lease: self._under_way.get(lease, now) for lease in leases}
        return any(now - first < LONGEST_UNDER_WAY_SECONDS for first in self._under_way.values())

    def slots(self) -> set[tuple[str, datetime]]:
        """Return the moments of each job that were due while the clock was looked at.

        The newest one at the first look is the beginning; what a missed day owes is due as well.
        """
        found: set[tuple[str, datetime]] = set()
        begun: dict[str, datetime] = {}
        for at in self.shown:
            for job in jobs.JOBS:
                moments = due_moments(job, at)
                first = begun.setdefault(job.name, moments[-1])
                found |= {(job.name, one) for one in moments if one >= first}
        return found


def _stops() -> list[datetime]:
    """Return the times to which the clock is turned: some of each day but one."""
    days = [FRIDAY + timedelta(days=number) for number in range((LAST - FRIDAY).days + 1)]
    return [
        clock.start_of_day(day) + timedelta(hours=hour, minutes=40 if IS_LONG else 0)
        for day in days
        if day != WITHOUT_POWER
        for hour in HOURS
    ]


@dataclass
class _Schedulers:
    """As many schedulers as there have to be, whoever dies."""

    settings: Settings
    now: "Synchronized[float]"
    deaths: Deaths
    running: list[Any] = field(default_factory=list)
    starts: int = 0

    def keep_running(self) -> None:
        """Start one for each that has died."""
        self.running = [one for one in self.running if one.is_alive()]
        while len(self.running) < SCHEDULERS:
            self.starts += 1
            death = _Death(self.deaths, self.starts)
            words = (self.settings, self.now, death)
            one = FORK.Process(target=_schedule, args=words, daemon=True)
            one.start()
            self.running.append(one)

    def stop(self) -> None:
        """Kill them all."""
        for one in self.running:
            one.kill()
            one.join()


def test_each_letter_is_planned_once_and_none_is_lost_whoever_dies(app: Flask) -> None:
    _plant()
    now, deaths = FORK.Value("d", 0.0), Deaths(FORK)
    walk, stops = _Walk(now), _stops()
    until = time.monotonic() + LONGEST_SECONDS
    with post_office() as served:
        settings: Settings = app.config["SETTINGS"].model_copy(
            update={
                "smtp_host": "127.0.0.1",
                "smtp_port": served.server.port,
                "smtp_security": "none",
                "smtp_from": SENDER,
                "smtp_per_minute": 6000,
            }
        )
        db.engine.dispose()
        schedulers = _Schedulers(settings, now, deaths)
        try:
            for number, stop in enumerate(stops, start=1):
                walk.turn_to(stop)
                deaths.allow(number / len(stops))
                schedulers.keep_running()
                time.sleep(0.1)
                while not _is_quiet(walk.at):
                    assert time.monotonic() < until, f"stuck at {walk.at}; died: {deaths.by_step}"
                    schedulers.keep_running()
                    time.sleep(0.1)
                    walk.step()
            deaths.allow_the_rest_anywhere()
            while deaths.total < KILLS:
                assert time.monotonic() < until, "nobody comes by to die"
                schedulers.keep_running()
                time.sleep(0.1)
        finally:
            schedulers.stop()
    _check_letters(served.arrived, deaths)
    _check_slots(walk)


def _check_letters(arrived: list[Any], deaths: Deaths) -> None:
    with reading() as session:
        kept = session.scalars(select(Delivery)).all()
    came = Counter(one["Message-ID"] for one in arrived)
    # The daily letters, one for the week and one for the month.
    assert len(kept) == READERS * (len(WORKED) + 2)
    assert {one.state for one in kept} == {DeliveryState.SENT}
    assert set(came) == {one.message_id for one in kept}, "a letter is lost"
    repeated = sum(came.values()) - len(came)
    print(
        f"\nletters ({db.engine.dialect.name}): {SCHEDULERS} schedulers, {deaths.total} kills "
        f"({deaths.by_step}), {len(kept)} planned, {len(came)} delivered, 0 lost, "
        f"{repeated} repeated, {deaths.within} deaths within the window"
    )
    assert repeated <= deaths.within
    assert deaths.total == KILLS


def _check_slots(walk: _Walk) -> None:
    """Every slot that came due was done, once; who died over it was followed within two leases."""
    with reading() as session:
        rows = session.scalars(select(JobRun)).all()
    keys = Counter((run.job, run.unit_id, run.planned_at) for run in rows)
    assert set(keys.values()) == {1}, "a run was planned twice"
    assert {run.state for run in rows} == {JobState.DONE}
    slots = {(run.job, run.planned_at): run for run in rows if run.unit_id is None}
    assert slots.keys() == walk.slots()
    leases = {job.name: job.lease for job in jobs.JOBS}
    followed = [
        (run.finished_at - run.started_at) / leases[run.job] / (run.attempts - 1)
        for run in slots.values()
        if run.attempts > 1 and run.finished_at and run.started_at
    ]
    longest = max(followed, default=0.0)
    print(
        f"R12 ({db.engine.dialect.name}): {len(slots)} slots due = {len(slots)} done once, "
        f"{len(followed)} of them taken over from the dead, after at most {longest:.1f} leases; "
        + check_all()
    )
    if IS_LONG:
        assert len(slots) >= FEWEST_SLOTS
        assert followed
        assert longest <= 2
