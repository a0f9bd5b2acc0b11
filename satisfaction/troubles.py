"""What is wrong with the system itself, for whoever runs it. Refuses to mend or to word anything.

Cheap enough to be asked with every overview of a system administrator.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from satisfaction import backups, clock, ledger
from satisfaction.checks import OLDEST_BACKUP
from satisfaction.config import Settings
from satisfaction.disks import Fullness, measure_disk
from satisfaction.models import Delivery, JobRun
from satisfaction.terms import DeliveryState, JobState

# A mail server may be away over lunch, and a device is watched every hour.
LONGEST_IN_OUTBOX = timedelta(hours=3)
LONGEST_WITHOUT_JOBS = timedelta(hours=2)


class TroubleKind(StrEnum):
    """What may be wrong, the worst first."""

    DISK_FULL = "disk_full"
    JOBS_STAND = "jobs_stand"
    JOB_FAILED = "job_failed"
    OLD_BACKUP = "old_backup"
    LETTERS_WAIT = "letters_wait"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One thing that is wrong: ``job`` names the job that failed, ``share`` how full a disk is.

    Time: ``since`` is when it last went well, or when it began; None where that is unknown.
    """

    kind: TroubleKind
    since: datetime | None = None
    job: str = ""
    share: float = 0.0


def list_troubles(session: Session, settings: Settings, *, jobs: Sequence[str]) -> list[Trouble]:
    """Return what is wrong now, the worst first; ``jobs`` are those that should run."""
    backup_folder = backups.plan_from(settings).folder
    found = [
        *_disks({settings.data_folder, backup_folder}),
        *_jobs(session, jobs),
        *_backups(session, backup_folder),
        *_letters(session),
    ]
    order = list(TroubleKind)
    return sorted(found, key=lambda one: order.index(one.kind))


def _disks(folders: set[Path]) -> list[Trouble]:
    disks = [measure_disk(folder) for folder in folders if folder.exists()]
    full = [disk for disk in disks if disk.fullness in {Fullness.NEARLY_FULL, Fullness.FULL}]
    share = max((disk.used_share for disk in full), default=0.0)
    return [Trouble(kind=TroubleKind.DISK_FULL, share=share)] if full else []


def _jobs(session: Session, names: Sequence[str]) -> list[Trouble]:
    """Jobs whose last run failed for good or is being tried again, or that nobody runs at all."""
    latest = ledger.list_latest(session, names)
    found = [
        Trouble(kind=TroubleKind.JOB_FAILED, job=name, since=line.planned_at)
        for name, line in latest.items()
        if line.state is JobState.FAILED or line.problem
    ]
    newest = max((line.planned_at for line in latest.values()), default=None)
    if newest is not None and clock.now() - newest > LONGEST_WITHOUT_JOBS:
        found.append(Trouble(kind=TroubleKind.JOBS_STAND, since=newest))
    return found


def _backups(session: Session, folder: Path) -> list[Trouble]:
    """An office that is a day old has a backup of that day."""
    listed = backups.list_backups(folder)
    newest = listed[0].taken_at if listed else None
    begun = session.scalar(select(func.min(JobRun.planned_at)).where(JobRun.unit_id.is_(None)))
    last = newest or begun
    if last is None or clock.now() - last <= OLDEST_BACKUP:
        return []
    return [Trouble(kind=TroubleKind.OLD_BACKUP, since=newest)]


def _letters(session: Session) -> list[Trouble]:
    states = (DeliveryState.PLANNED, DeliveryState.SENDING, DeliveryState.UNCERTAIN)
    waiting = select(func.min(Delivery.planned_at)).where(Delivery.state.in_(states))
    oldest = session.scalar(waiting)
    if oldest is None or clock.now() - oldest <= LONGEST_IN_OUTBOX:
        return []
    return [Trouble(kind=TroubleKind.LETTERS_WAIT, since=oldest)]
