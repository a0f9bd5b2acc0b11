"""Keep who did what. Refuses citizens' words and full network addresses."""

from typing import Any

from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.models import AuditEntry
from satisfaction.terms import AuditAction


def record_deed(
    session: Session,
    action: AuditAction,
    *,
    account_id: int | None = None,
    unit_id: int | None = None,
    network: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry to the log, within the unit of work of the deed itself."""
    entry = AuditEntry(
        at=clock.now(),
        action=action,
        account_id=account_id,
        unit_id=unit_id,
        network=network,
        detail=detail or {},
    )
    session.add(entry)
    return entry
