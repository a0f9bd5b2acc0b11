"""Four schedulers, killed at every step, over a month's end, a holiday and a day without power.

Each letter is planned once and none is lost; one arrives twice only where its sender died between
handing it over and writing down the answer. ``make faults`` has the long form and its figures.
"""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from flask import Flask
from sqlalchemy import select

from satisfaction import calendars, clock, jobs, letters, outbox, scheduler, sending, subscriptions
from satisfaction.config import Settings
from satisfaction.database import db, reading, unit_of_work
from satisfaction.mail import Courier
from satisfaction.models import Delivery, JobRun
from satisfaction.subscriptions import Wanted
from satisfaction.terms import DeliveryState, JobState, LetterKind
from tests.conftest import Office, make_office
from tests.jobs.posting import SENDER, post_office
from tests.making import rated_visit
from wsgi import create_app

IS_LONG = os.environ.get("FAULTS") == "long"
KILLS = 120 if IS_LONG else 6
READERS = 12 if IS_LONG else 3
SCHEDULERS = 4 if IS_LONG else 2
LONGEST_SECONDS = 900 if IS_LONG else 90
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
    begun = clock.start_of_day(FRIDAY) + timedelta(hours=17)
    with clock.replaced(begun), unit_of_work() as session:
        for number in range(READERS):
            wanted = Wanted(
                address=f"reader{number}@example.gov.vn",
                unit_id=ward.unit.id,
                kinds=frozenset(LetterKind),
            )
            subscriptions.subscribe(session, {ward.unit.id}, wanted)
    for day in WORKED:
        rated_visit(ward, 5, at=clock.start_of_day(day) + timedelta(hours=9))
    return ward


class _Death:
    """Kills its own process at a step, as often as it is allowed to."""

    def __init__(self, left: "Synchronized[int]", within: "Synchronized[int]", seed: int) -> None:
        self._left = left
        self._within = within
        self._draw = random.Random(seed)
        self.has_handed_over = False

    def may_come(self) -> None:
        """Die now, perhaps; what dies within the window is counted apart."""
        if self._draw.random() > 0.12:
            return
        with self._left.get_lock():
            if self._left.value <= 0:
                return
            self._left.value -= 1
            self._within.value += self.has_handed_over
        os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str) -> None:
        """Have a function be a step: death may come before it and after it."""
        step = getattr(owner, name)

        def stepping(*args: Any, **kwargs: Any) -> Any:
            self.may_come()
            answer = step(*args, **kwargs)
            self.may_come()
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
    for owner, name in (
        (sending, "plan_slot"),
        (sending, "draft"),
        (sending, "_take"),
        (sending, "_send"),
        (Courier, "connect"),
        (Courier, "_introduce"),
        (jobs, "take"),
        (jobs, "carry_out"),
    ):
        death.around(owner, name)
    whole = sending._send

    def send_one(*args: Any) -> Any:
        answer = whole(*args)
        death.has_handed_over = False
        return answer

    setattr(sending, "_send", send_one)  # noqa: B010
    death.around(Courier, "deliver")
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
            and session.scalar(select(JobRun.id).where(JobRun.state.in_(unfinished))) is None
            and session.scalar(select(Delivery.id).where(Delivery.state.in_(unsent))) is None
        )


def test_each_letter_is_planned_once_and_none_is_lost_whoever_dies(app: Flask) -> None:
    _plant()
    fork = multiprocessing.get_context("fork")
    now, left, within = fork.Value("d", 0.0), fork.Value("i", KILLS), fork.Value("i", 0)
    running: list[Any] = []
    starts = 0
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

        def keep_running() -> None:
            nonlocal starts
            running[:] = [one for one in running if one.is_alive()]
            while len(running) < SCHEDULERS:
                starts += 1
                death = _Death(left, within, starts)
                one = fork.Process(target=_schedule, args=(settings, now, death), daemon=True)
                one.start()
                running.append(one)

        try:
            for number in range((LAST - FRIDAY).days + 1):
                day = FRIDAY + timedelta(days=number)
                if day == WITHOUT_POWER:
                    continue
                for hour in (8, 18):
                    at = clock.start_of_day(day) + timedelta(hours=hour)
                    now.value = at.timestamp()
                    keep_running()
                    time.sleep(0.1)
                    while not _is_quiet(datetime.fromtimestamp(now.value, UTC)):
                        assert time.monotonic() < until, "the letters do not get through"
                        keep_running()
                        time.sleep(0.1)
                        now.value += 60
        finally:
            for one in running:
                one.kill()
                one.join()
    _check(served.arrived, killed=KILLS - left.value, within=within.value)


def _check(arrived: list[Any], *, killed: int, within: int) -> None:
    with reading() as session:
        kept = session.scalars(select(Delivery)).all()
        runs = session.execute(select(JobRun.job, JobRun.unit_id, JobRun.planned_at)).all()
    came = Counter(one["Message-ID"] for one in arrived)
    assert len(runs) == len(set(runs)), "a run was planned twice"
    # The daily letters, one for the week and one for the month.
    assert len(kept) == READERS * (len(WORKED) + 2)
    assert {one.state for one in kept} == {DeliveryState.SENT}
    assert set(came) == {one.message_id for one in kept}, "a letter is lost"
    repeated = sum(came.values()) - len(came)
    print(
        f"\nletters: {killed} kills, {len(kept)} planned, {len(came)} delivered, "
        f"{repeated} repeated, {within} deaths within the window"
    )
    assert repeated <= within
    assert killed == KILLS or not IS_LONG
