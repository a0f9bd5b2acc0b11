"""Who changes the office, and the entry in the log that each change leaves.

Refuses units outside the editor's own, and a change without what was before and after it.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.errors import OfficeChangeRefusedError, UnitNotFoundError
from satisfaction.faults import OfficeFault
from satisfaction.models import Unit
from satisfaction.office import get_unit
from satisfaction.terms import AuditAction

FIRST_DAY = date(1945, 9, 2)
MOST_YEARS_AHEAD = 10


@dataclass(frozen=True)
class Editor:
    """Who makes a change, within which units, and from which network."""

    scope: Set[int]
    account_id: int | None = None
    network: str = ""


def operator(session: Session) -> Editor:
    """Return the editor who sits at the server itself and reaches every unit."""
    return Editor(frozenset(session.scalars(select(Unit.id))))


def get_own_unit(session: Session, editor: Editor, unit_id: int) -> Unit:
    """Return a unit of the editor's.

    Raises: UnitNotFoundError, also for any other unit.
    """
    if unit_id not in editor.scope:
        raise UnitNotFoundError(unit_id=unit_id)
    return get_unit(session, unit_id)


def check_day(day: date) -> date:
    """Return a day from which something may hold.

    Raises: OfficeChangeRefusedError for one that is a slip of the pen.
    """
    if not is_likely(day):
        raise OfficeChangeRefusedError(fault=OfficeFault.UNLIKELY_DAY, day=day)
    return day


def is_likely(day: date) -> bool:
    """Say whether a day lies within what an office remembers or plans."""
    return FIRST_DAY <= day <= date(clock.today().year + MOST_YEARS_AHEAD, 12, 31)


def keep_change(
    session: Session,
    editor: Editor,
    *,
    what: str,
    unit_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **named: Any,
) -> None:
    """Log a change with what was before and after it; days become text.

    Writes: audit_entry.
    """
    record_deed(
        session,
        AuditAction.OFFICE_CHANGED,
        account_id=editor.account_id,
        unit_id=unit_id,
        network=editor.network,
        detail={"what": what, **_plain(named), "before": _plain(before), "after": _plain(after)},
    )


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in (values or {}).items()
    }
