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
from satisfaction.reports.report import Report
from satisfaction.terms import AuditAction

MOST_LISTED = 10


@dataclass(frozen=True)
class Export:
    """One file that was taken away: when, by whom, of which days, in which form."""

    at: datetime
    officer: str
    first_day: date
    last_day: date
    form: str
    digest: str


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def record_export(
    session: Session,
    report: Report,
    *,
    content: bytes,
    form: str,
    account_id: int | None,
    network: str = "",
) -> None:
    """Keep in the log that a report was taken away, and which bytes."""
    period = report.query.period
    record_deed(
        session,
        AuditAction.REPORT_EXPORTED,
        account_id=account_id,
        unit_id=report.query.unit_id,
        network=network,
        detail={
            "from": period.first_day.isoformat(),
            "to": period.last_day.isoformat(),
            "form": form,
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
            entry.detail["sha256"],
        )
        for entry, name in found
        if "sha256" in entry.detail
    ]
