"""What was changed in the office, by whom and when, from the log. Refuses to change the log."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction.models import Account, AuditEntry
from satisfaction.terms import AuditAction

MOST_SHOWN = 100
_ACTIONS = (AuditAction.OFFICE_CHANGED, AuditAction.CATALOGUE_IMPORTED)
_WHAT = AuditEntry.detail["what"].as_string()
POLICY_CHANGES = ("policy_set", "policy_inherited")
HOURS_CHANGES = ("hours", "special_day_set", "special_day_removed")
_SPOKEN = {"what", "before", "after"}


@dataclass(frozen=True)
class LoggedChange:
    """One change; ``who`` is empty for one that was made at the server itself."""

    at: datetime
    who: str
    what: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    named: Mapping[str, Any]


def list_unit_changes(
    session: Session, unit_ids: Set[int], *, whats: Collection[str] = ()
) -> list[LoggedChange]:
    """Return the latest changes of these units, or those of some kinds, the newest first."""
    condition = AuditEntry.unit_id.in_(list(unit_ids))
    if whats:
        condition &= _WHAT.in_(whats)
    return _list(session, condition)


def list_catalogue_changes(session: Session) -> list[LoggedChange]:
    """Return the latest changes of what all units share, the newest first."""
    return _list(session, AuditEntry.unit_id.is_(None))


def _list(session: Session, condition: Any) -> list[LoggedChange]:
    rows = session.execute(
        select(AuditEntry, Account.display_name)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .where(AuditEntry.action.in_(_ACTIONS), condition)
        .order_by(AuditEntry.id.desc())
        .limit(MOST_SHOWN)
    )
    return [_as_change(entry, name or "") for entry, name in rows]


def _as_change(entry: AuditEntry, who: str) -> LoggedChange:
    detail = entry.detail
    named = {name: value for name, value in detail.items() if name not in _SPOKEN}
    what = detail.get("what") or "other"
    if entry.action is AuditAction.CATALOGUE_IMPORTED:
        what = "catalogue_imported"
    return LoggedChange(
        entry.at, who, what, detail.get("before") or {}, detail.get("after") or {}, named
    )
