"""The clock of the jobs: APScheduler in a process of its own, one tick every fifteen seconds.

Refuses to remember anything: its store is empty at each start, and what is due stands in the
database. Any number of these may run, and any of them may be killed at any instant.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from types import FrameType
from typing import Any

from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from satisfaction import clock, jobs, schema, sending
from satisfaction.errors import SatisfactionError
from satisfaction.logs import configure_logs

TICK_SECONDS = 15
logger = logging.getLogger("hailong.jobs")


class SteadyScheduler(BlockingScheduler):  # type: ignore[misc]  # The library has no types.
    """A scheduler that ticks on when the wall clock is set, back or forward.

    APScheduler keeps the next run as a time of the wall clock: after a step back by an hour it
    would be silent for an hour, and after one from 1970, where a machine without a battery begins,
    it would list every tick of those years before the next one. Here a run that lies further from
    now than one tick is due at once.
    """

    def _process_jobs(self) -> float:
        now = clock.local_time(clock.now())
        for job in self.get_jobs():
            if job.next_run_time and abs(job.next_run_time - now) > timedelta(seconds=TICK_SECONDS):
                job.modify(next_run_time=now)
        wait: float | None = super()._process_jobs()
        return TICK_SECONDS if wait is None else min(wait, TICK_SECONDS)


class Ticks:
    """What happens at each tick, until it is told to stop; a run that has begun is finished."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._is_checked = False
        self.stopped = threading.Event()

    def run_jobs(self) -> None:
        """Plan what is due, and carry out what waits."""
        self._guarded(run_due_jobs)

    def send_letters(self) -> None:
        """Plan the letters that are due, and send those that wait."""
        self._guarded(plan_and_send)

    def _guarded(self, work: Callable[[threading.Event], Any]) -> None:
        """Try again at the next tick while the clock is not set or the database out of reach."""
        if not clock.is_set():
            logger.warning("the clock is not set: nothing is planned, tried again")
            return
        with self._app.app_context():
            try:
                self._check_once()
                work(self.stopped)
            except (SQLAlchemyError, SatisfactionError) as problem:
                logger.warning("tick failed, tried again in %s s: %s", TICK_SECONDS, problem)

    def _check_once(self) -> None:
        """Refuse a database of another version, which may have come only after the start.

        Raises: DatabaseTooNewError, DatabaseNotReadyError, DatabaseUnusableError.
        """
        if not self._is_checked:
            schema.check_database()
            self._is_checked = True


def run_due_jobs(stopped: threading.Event | None = None) -> int:
    """Plan and carry out everything that is due now; return how many runs went well."""
    jobs.plan_due()
    done = 0
    while not (stopped and stopped.is_set()):
        held = jobs.take()
        if held is None:
            break
        done += jobs.carry_out(held)
    return done


def plan_and_send(stopped: threading.Event | None = None) -> int:
    """Plan the letters that are due and send those that wait; return how many a server took."""
    sending.plan_letters(stopped)
    return sending.send_waiting(stopped)


def run(app: Flask) -> None:
    """Tick until SIGTERM or Ctrl-C; what is being done then is finished first."""
    configure_logs(os.environ)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    ticks = Ticks(app)
    scheduler = SteadyScheduler(timezone=clock.OFFICE_ZONE)
    for name, work in (("jobs", ticks.run_jobs), ("letters", ticks.send_letters)):
        scheduler.add_job(
            work,
            "interval",
            seconds=TICK_SECONDS,
            id=name,
            next_run_time=clock.local_time(clock.now()),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if ticks.stopped.is_set():
            return
        # Not here: the signal may have come while the scheduler was holding its own locks.
        ticks.stopped.set()
        threading.Thread(target=scheduler.shutdown, name="stop").start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler.start()
