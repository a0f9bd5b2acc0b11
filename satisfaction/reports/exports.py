"""Which reports left the house, with the digest of their bytes. Refuses to keep the files.

Source: the office signs the file in its own tool, so that anybody can see whether the signed one is
the one that was taken away.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction.audit import record_deed
from satisfaction.models import Account, AuditEntry
from satisfaction.periods import Period
from satisfaction.terms import AuditAction

MOST_LISTED = 10
FULL, PUBLIC = "full", "public"


@dataclass(frozen=True)
class Export:
    """One file that was taken away: when, by whom, of which days, in which form."""

    at: datetime
    officer: str
    first_day: date
    last_day: date
    form: str
    version: str
    digest: str


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What is taken away: of which unit and period, in which form, whole or as it is published."""

    unit_id: int
    period: Period
    form: str
    version: str = FULL


def record_export(
    session: Session,
    taken: Taken,
    *,
    content: bytes,
    account_id: int | None,
    network: str = "",
) -> None:
    """Keep in the log that a file was taken away, and which bytes."""
    record_deed(
        session,
        AuditAction.REPORT_EXPORTED,
        account_id=account_id,
        unit_id=taken.unit_id,
        network=network,
        detail={
            "from": taken.period.first_day.isoformat(),
            "to": taken.period.last_day.isoformat(),
            "form": taken.form,
            "version": taken.version,
            "sha256": digest_of(content),
        },
    )


def list_exports(session: Session, unit_id: int) -> Sequence[Export]:
    """Return the last files that were taken away of a unit, the newest first."""
    found = session.execute(
        select(AuditEntry, Account.display_name)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .where(AuditEntry.action == AuditAction.REPORT_EXPORTED, AuditEntry.unit_id == unit_id)
        .order_by(AuditEntry.id.desc())
        .limit(MOST_LISTED)
    )
    return [
        Export(
            entry.at,
            name or "",
            date.fromisoformat(entry.detail["from"]),
            date.fromisoformat(entry.detail["to"]),
            entry.detail["form"],
            entry.detail.get("version", FULL),
            entry.detail["sha256"],
        )
        for entry, name in found
        if "sha256" in entry.detail
    ]
