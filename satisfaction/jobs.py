"""What the office's system does by itself, each a plain function that may run twice and late.

Refuses to keep time: the table below says when each is due, and the ledger what was done. A new
job is one more line.
"""

import logging
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import TypeVar

from flask import current_app
from sqlalchemy.orm import Session

from satisfaction import (
    backups,
    calendars,
    case_opening,
    clock,
    deeds,
    ledger,
    marking,
    office,
    pruning,
    retention,
    reviews,
    rollups,
    watch,
)
from satisfaction.case_opening import Opened
from satisfaction.database import reading, unit_of_work
from satisfaction.ledger import HeldRun
from satisfaction.periods import day_period
from satisfaction.retention import Erased
from satisfaction.timetable import Job, Result, hourly, on_any_day
from satisfaction.web.shell import shell_version

logger = logging.getLogger("hailong.jobs")
# Devices deliver for 72 hours what they tapped without a network; odd days before are marked too.
DAYS_LOOKED_AT = 4
Done = TypeVar("Done")


def rebuild_days(due_day: date) -> Result:
    """Store anew the counts of stale days before this one, mark odd ratings of the last four."""
    with reading() as session:
        stale = [day for day in rollups.list_stale_days(session) if day < due_day]
    recent = [due_day - timedelta(days=back) for back in range(DAYS_LOOKED_AT, 0, -1)]
    marks = 0
    for day in sorted({*stale, *recent}):
        with unit_of_work() as session:
            if day in stale:
                rollups.rebuild_day(session, day)
            calendar = calendars.read_calendar(session, day_period(day))
            marks += marking.mark_day(session, day, hours=calendar.is_open)
    return {"days": len(stale), "marks": marks}


def watch_fleet() -> Result:
    """Count what somebody has to see to among all devices and desks."""
    with reading() as session:
        units = office.living_units(session, clock.today())
        alerts = watch.list_alerts(session, units, version=shell_version())
    return {"alerts": len(alerts)}


def prune() -> Result:
    """Forget what is no longer needed, and deeds older than the office keeps them."""
    months = current_app.config["SETTINGS"].audit_months
    with unit_of_work() as session:
        pruned = pruning.prune(session)
        forgotten = deeds.prune_deeds(session, months=months)
        runs = ledger.prune_runs(session)
    rows = pruned.throttles + pruned.quotas + pruned.sign_ins + forgotten + runs
    return {"rows": rows}


def close_idle_accounts() -> Result:
    """Close the accounts that nobody used for as long as the office allows."""
    idle_days = current_app.config["SETTINGS"].account_idle_days
    with unit_of_work() as session:
        closed = reviews.disable_idle(session, idle_days=idle_days)
    return {"accounts": len(closed)}


def back_up() -> Result:
    """Take the backup of the night and prove it, unless somebody has done so already."""
    backup = backups.run_nightly_backup(current_app.config["SETTINGS"])
    return {"ratings": backup.contents.ratings}


def see_to_cases() -> Result:
    """Open the cases that open by themselves, and raise late ones to the unit's head.

    A few at a time, so that no tap waits long.
    """
    total, raised = Opened(), 0
    while opened := _in_one_go(case_opening.open_due_cases):
        total += opened
    while late := _in_one_go(case_opening.escalate_late_cases):
        raised += late
    return {"cases": total.allegations + total.patterns, "raised": raised}


def erase_words() -> Result:
    """Erase words and links whose time is over, a few at a time, so that no tap waits long."""
    total = Erased()
    while erased := _in_one_go(retention.erase_due_words):
        total += erased
    return {"words": total.words, "links": total.links, "notes": total.notes}


def _in_one_go(work: Callable[[Session], Done]) -> Done:
    """Do a part of a work in a transaction of its own; return how much was done."""
    with unit_of_work() as session:
        return work(session)


NIGHTLY: tuple[Job, ...] = (
    Job(
        name="rebuild",
        times=(time(0, 20),),
        run=rebuild_days,
        catches_up=True,
        lease=timedelta(hours=2),
    ),
    Job(name="prune", times=(time(0, 50),), run=on_any_day(prune), catches_up=True),
    Job(name="idle", times=(time(1, 5),), run=on_any_day(close_idle_accounts), catches_up=True),
    Job(
        name="retention",
        times=(time(1, 20),),
        run=on_any_day(erase_words),
        catches_up=True,
        lease=timedelta(hours=2),
    ),
)
# Of these only the newest moment counts: yesterday's backup cannot be taken today.
NEWEST: tuple[Job, ...] = (
    Job(name="backup", times=(time(2, 30),), run=on_any_day(back_up), lease=timedelta(hours=3)),
    Job(name="fleet", times=hourly(5), run=on_any_day(watch_fleet)),
    Job(name="escalate", times=hourly(35), run=on_any_day(see_to_cases)),
)
JOBS: tuple[Job, ...] = NIGHTLY + NEWEST


def job_names() -> tuple[str, ...]:
    """Return the names of the jobs, in the order of the table."""
    return tuple(job.name for job in JOBS)


def plan_due() -> int:
    """Plan what is due; return how many runs were planned here and not by somebody else."""
    with reading() as session:
        unplanned = ledger.list_unplanned(session, JOBS)
    planned = 0
    for new in unplanned:
        with unit_of_work() as session:
            planned += ledger.plan_run(session, new) is not None
    return planned


def take() -> HeldRun | None:
    """Lease a run that waits, if there is one."""
    with reading() as session:
        if not ledger.has_waiting(session, JOBS):
            return None
    with unit_of_work() as session:
        return ledger.take_run(session, JOBS)


def carry_out(held: HeldRun) -> bool:
    """Run a job that is held, and write down what came of it; return whether it went well."""
    job = next(one for one in JOBS if one.name == held.job)
    result: Result | None = None
    problem = ""
    try:
        result = job.run(clock.local_day(held.planned_at))
    except Exception as failure:  # One job's fault must not stop the others.
        problem = f"{type(failure).__name__}: {failure}"
        logger.exception("job %s failed", held.job)
    else:
        told = {"job": held.job, "due_at": held.planned_at.isoformat(), "result": dict(result)}
        logger.info("job done", extra=told)
    with unit_of_work() as session:
        ledger.finish_run(session, held, result=result, problem=problem)
    return result is not None
