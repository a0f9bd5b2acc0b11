"""The ledger of jobs: planned once, carried out by whoever holds the lease, and what came of it.

Refuses to trust a clock or a process: a run is a row that only one inserter gets, and a lease that
ran out, or that reaches further than a lease can, is nobody's.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.errors import NotFoundError
from satisfaction.models import Account, JobRun
from satisfaction.terms import AuditAction, JobState
from satisfaction.timetable import DAYS_CAUGHT_UP, Job, due_moments

MOST_ATTEMPTS = 5
PAUSE = timedelta(minutes=5)
LONGEST_LEASE = timedelta(hours=6)
LONGEST_PROBLEM = 300
KEPT = timedelta(days=400)
_UNFINISHED = (JobState.PLANNED, JobState.RUNNING)
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_earlier = aliased(JobRun, name="earlier")


@dataclass(frozen=True)
class NewRun:
    """A run to be planned; one that is born done holds its result."""

    job: str
    planned_at: datetime
    unit_id: int | None = None
    asked_by_id: int | None = None
    result: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class HeldRun:
    """A run that this process carries out until its lease ends."""

    id: int
    job: str
    planned_at: datetime
    token: str


def plan_run(session: Session, new: NewRun) -> int | None:
    """Insert a run; return its key, or None where it was planned already.

    Writes: job_run.
    """
    now = clock.now()
    is_done = new.result is not None
    values = {
        "job": new.job,
        "unit_id": new.unit_id,
        "local_day": clock.local_day(new.planned_at),
        "planned_at": new.planned_at,
        "state": JobState.DONE if is_done else JobState.PLANNED,
        "attempts": 1 if is_done else 0,
        "next_try_at": now,
        "started_at": now if is_done else None,
        "finished_at": now if is_done else None,
        "asked_by_id": new.asked_by_id,
        "result": dict(new.result or {}),
        "problem": "",
    }
    insert = _INSERT[session.get_bind().dialect.name](JobRun).values(values)
    found: int | None = session.scalar(insert.on_conflict_do_nothing().returning(JobRun.id))
    return found


def list_unplanned(session: Session, jobs: Sequence[Job]) -> list[NewRun]:
    """Return the runs that are due and that nobody has planned, oldest first.

    A job that the ledger has never heard of begins today: its last moment is written down as the
    beginning and not made up for.
    """
    now = clock.now()
    first = clock.local_day(now) - timedelta(days=DAYS_CAUGHT_UP)
    known: dict[str, set[datetime]] = {}
    rows = select(JobRun.job, JobRun.planned_at).where(
        JobRun.unit_id.is_(None), JobRun.local_day >= first
    )
    for name, planned_at in session.execute(rows):
        known.setdefault(name, set()).add(planned_at)
    heard_of = set(session.scalars(select(JobRun.job).distinct()))
    found: list[NewRun] = []
    for job in jobs:
        moments = due_moments(job, now)
        if job.name not in heard_of:
            found += [NewRun(job.name, one, result={"begins": 1}) for one in moments[-1:]]
            continue
        begun = _begun(session, job)
        done = known.get(job.name, set())
        found += [NewRun(job.name, one) for one in moments if one not in done and one > begun]
    return sorted(found, key=lambda run: run.planned_at)


def _begun(session: Session, job: Job) -> datetime:
    """Return the first moment of a job that the ledger knows."""
    first = session.scalar(select(func.min(JobRun.planned_at)).where(JobRun.job == job.name))
    assert first is not None
    return first


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(
        JobRun.lease_until.is_(None),
        JobRun.lease_until <= now,
        JobRun.lease_until > now + LONGEST_LEASE,
    )


def _waiting(now: datetime, names: Sequence[str]) -> Any:
    """Return the query for a run that may begin: none of its job's earlier ones is unfinished."""
    before = (
        select(_earlier.id)
        .where(
            _earlier.job == JobRun.job,
            _earlier.planned_at < JobRun.planned_at,
            _earlier.state.in_(_UNFINISHED),
        )
        .exists()
    )
    return (
        select(JobRun)
        .where(
            JobRun.state.in_(_UNFINISHED),
            JobRun.job.in_(names),
            or_(JobRun.next_try_at <= now, JobRun.next_try_at > now + LONGEST_LEASE),
            _is_free(now),
            ~before,
        )
        .order_by(JobRun.planned_at, JobRun.id)
        .limit(1)
    )


def has_waiting(session: Session, jobs: Sequence[Job]) -> bool:
    """Say whether some run may begin now; asked without the right to write."""
    names = [job.name for job in jobs]
    return session.scalar(_waiting(clock.now(), names)) is not None


def take_run(session: Session, jobs: Sequence[Job]) -> HeldRun | None:
    """Lease the oldest run that may begin; None where there is none.

    Writes: job_run. Time: the lease is the job's own.
    """
    now = clock.now()
    leases = {job.name: job.lease for job in jobs}
    run: JobRun | None = session.scalar(
        _waiting(now, list(leases)).with_for_update(skip_locked=True)
    )
    if run is None:
        return None
    run.state = JobState.RUNNING
    run.attempts += 1
    run.started_at = run.started_at or now
    run.lease_until = now + leases[run.job]
    run.lease_token = secrets.token_hex(16)
    session.flush()
    return HeldRun(run.id, run.job, run.planned_at, run.lease_token)


def finish_run(
    session: Session, held: HeldRun, *, result: Mapping[str, int] | None, problem: str = ""
) -> bool:
    """Write down what became of a run; return False where the lease was lost meanwhile.

    One that failed is tried again after a while, a few times.
    Writes: job_run.
    """
    run = session.get_one(JobRun, held.id, with_for_update=True)
    if run.lease_token != held.token:
        return False
    run.lease_until = run.lease_token = None
    run.problem = problem[:LONGEST_PROBLEM]
    if result is not None:
        run.state, run.result = JobState.DONE, dict(result)
    elif run.attempts >= MOST_ATTEMPTS:
        run.state = JobState.FAILED
    else:
        run.state = JobState.PLANNED
        run.next_try_at = clock.now() + PAUSE * run.attempts
    run.finished_at = clock.now() if run.state in {JobState.DONE, JobState.FAILED} else None
    return True


def prune_runs(session: Session) -> int:
    """Forget runs that ended long ago; return how many. What is unfinished stays.

    Writes: job_run.
    """
    last_day = clock.today() - KEPT
    statement = delete(JobRun).where(JobRun.local_day < last_day, JobRun.state.not_in(_UNFINISHED))
    result: CursorResult[Any] = session.connection().execute(statement)
    return result.rowcount


def start_by_hand(session: Session, job: str, *, known: Sequence[str], account_id: int) -> None:
    """Have a job run as soon as somebody is free, whatever the time.

    Writes: job_run, audit_entry.
    Raises: NotFoundError for a job that nobody knows.
    """
    if job not in known:
        raise NotFoundError(job=job)
    plan_run(session, NewRun(job, clock.now(), asked_by_id=account_id))
    record_deed(
        session, AuditAction.JOB_STARTED_BY_HAND, account_id=account_id, detail={"job": job}
    )


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """One run as it is shown."""

    job: str
    local_day: date
    planned_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    state: JobState
    attempts: int
    result: Mapping[str, Any]
    problem: str
    asked_by: str

    @property
    def late(self) -> timedelta | None:
        """By how much the run began after its moment."""
        return self.started_at - self.planned_at if self.started_at else None

    @property
    def is_made_up_for(self) -> bool:
        """Whether the run belonged to an earlier day than the one on which it began."""
        return self.started_at is not None and clock.local_day(self.started_at) > self.local_day


def list_runs(session: Session, *, job: str | None = None, most: int = 200) -> Sequence[LedgerLine]:
    """Return the newest runs, the newest first."""
    query = (
        select(JobRun, Account.display_name)
        .outerjoin(Account, Account.id == JobRun.asked_by_id)
        .order_by(JobRun.planned_at.desc(), JobRun.id.desc())
        .limit(most)
    )
    if job is not None:
        query = query.where(JobRun.job == job)
    return [_as_line(run, asked_by or "") for run, asked_by in session.execute(query)]


def list_latest(session: Session, names: Sequence[str]) -> Mapping[str, LedgerLine]:
    """Return the newest run of each of these jobs, where it has one."""
    found = ((name, list_runs(session, job=name, most=1)) for name in names)
    return {name: lines[0] for name, lines in found if lines}


def _as_line(run: JobRun, asked_by: str) -> LedgerLine:
    return LedgerLine(
        job=run.job,
        local_day=run.local_day,
        planned_at=run.planned_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        state=run.state,
        attempts=run.attempts,
        result=run.result,
        problem=run.problem,
        asked_by=asked_by,
    )
