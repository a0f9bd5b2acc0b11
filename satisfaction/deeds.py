"""The log of deeds as it is read: by page, as a file, and forgotten when it is old enough.

Refuses to change an entry. What no unit is named in is shown with the account that did it. Those
who read the log of every unit that there is are shown all of it: also what names nobody, and what
was done in units that nobody answers for any more.
"""

import json
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    String,
    and_,
    cast,
    delete,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.models import Account, AuditEntry, Grant, UnitName
from satisfaction.terms import AuditAction
from satisfaction.text import clean

PAGE = 100
CHUNK = 1000
FEWEST_MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which deeds are asked for; what is left out is not asked about.

    ``before_id`` goes on after a page: only older entries than it are shown.
    """

    account: str = ""
    action: AuditAction | None = None
    unit_id: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    words: str = ""
    before_id: int | None = None


@dataclass(frozen=True)
class DeedLine:
    """One deed: when, what, who, where, from which network, and what about."""

    id: int
    at: datetime
    action: AuditAction
    account: str
    display_name: str
    unit_code: str
    unit_name: str
    network: str
    detail: dict[str, Any]

    def as_json(self) -> str:
        """Return the deed as one line of JSON with stable names."""
        return json.dumps(
            {
                "id": self.id,
                "at": self.at.isoformat(),
                "action": self.action.value,
                "account": self.account or None,
                "unit": self.unit_code or None,
                "network": self.network or None,
                "detail": self.detail,
            },
            ensure_ascii=False,
        )


@dataclass(frozen=True)
class DeedPage:
    """Some deeds, the newest first, and where the next page begins, if there is one."""

    lines: Sequence[DeedLine]
    next_id: int | None


def list_deeds(session: Session, scope: Set[int], wanted: Wanted) -> DeedPage:
    """Return a page of deeds that these units' readers may see."""
    rows = list(_lines(session, _statement(session, scope, wanted).limit(PAGE + 1)))
    shown = rows[:PAGE]
    return DeedPage(shown, shown[-1].id if len(rows) > PAGE else None)


def read_chunk(session: Session, scope: Set[int] | None, wanted: Wanted) -> Sequence[DeedLine]:
    """Return the next deeds for a file, the newest first; fewer than CHUNK are the last.

    Without a scope everything is read, which is for whoever holds the machine.
    """
    return list(_lines(session, _statement(session, scope, wanted).limit(CHUNK)))


def _statement(
    session: Session, scope: Set[int] | None, wanted: Wanted
) -> Select[AuditEntry, str, str]:
    statement = (
        select(AuditEntry, Account.name, Account.display_name)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .order_by(AuditEntry.id.desc())
    )
    conditions = _conditions(wanted)
    if scope is not None:
        conditions.append(_visible(session, scope))
    return statement.where(*conditions)


def _visible(session: Session, scope: Set[int]) -> ColumnElement[bool]:
    holders = select(Grant.account_id).where(Grant.unit_id.in_(scope))
    theirs = or_(Account.unit_id.in_(scope), AuditEntry.account_id.in_(holders))
    seen = or_(AuditEntry.unit_id.in_(scope), and_(AuditEntry.unit_id.is_(None), theirs))
    return true() if _living_units(session) <= scope else seen


def _living_units(session: Session) -> Set[int]:
    today = clock.today()
    return set(
        session.scalars(
            select(UnitName.unit_id).where(
                UnitName.from_day <= today,
                or_(UnitName.until_day.is_(None), UnitName.until_day > today),
            )
        )
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.account:
        conditions.append(Account.name == clean(wanted.account).casefold())
    if wanted.action is not None:
        conditions.append(AuditEntry.action == wanted.action)
    if wanted.unit_id is not None:
        conditions.append(AuditEntry.unit_id == wanted.unit_id)
    if wanted.first_day is not None:
        conditions.append(AuditEntry.at >= clock.start_of_day(wanted.first_day))
    if wanted.last_day is not None:
        conditions.append(AuditEntry.at < clock.end_of_day(wanted.last_day))
    if wanted.before_id is not None:
        conditions.append(AuditEntry.id < wanted.before_id)
    if wanted.words:
        text = cast(AuditEntry.detail, String)
        # Both engines keep the detail as JSON with every other sign than ASCII written out.
        typed = json.dumps(clean(wanted.words))[1:-1]
        conditions.append(text.icontains(typed, autoescape=True))
    return conditions


def _lines(session: Session, statement: Select[AuditEntry, str, str]) -> Iterator[DeedLine]:
    rows = session.execute(statement).all()
    units = {row[0].unit_id for row in rows if row[0].unit_id is not None}
    names = {
        found.unit_id: found
        for found in session.scalars(
            select(UnitName).where(UnitName.unit_id.in_(units)).order_by(UnitName.from_day)
        )
    }
    for entry, account, display_name in rows:
        unit = names.get(entry.unit_id) if entry.unit_id is not None else None
        yield DeedLine(
            id=entry.id,
            at=entry.at,
            action=entry.action,
            account=account or "",
            display_name=display_name or "",
            unit_code=unit.code if unit else "",
            unit_name=unit.name if unit else "",
            network=entry.network,
            detail=entry.detail,
        )


def write_lines(read: Callable[[Wanted], Sequence[DeedLine]], wanted: Wanted) -> Iterator[str]:
    """Yield the deeds as JSON lines; ``read`` returns a chunk in a transaction of its own."""
    while True:
        chunk = read(wanted)
        yield "".join(f"{line.as_json()}\n" for line in chunk)
        if len(chunk) < CHUNK:
            return
        wanted = replace(wanted, before_id=chunk[-1].id)


def record_export(session: Session, *, account_id: int | None, filters: dict[str, Any]) -> None:
    """Write down that the log itself was taken away, and which part of it.

    Writes: audit_entry.
    """
    record_deed(session, AuditAction.AUDIT_EXPORTED, account_id=account_id, detail=filters)


def prune_deeds(session: Session, *, months: int) -> int:
    """Forget deeds older than so many months; never fewer than twelve. Return how many.

    What changed in the office stays: it is the only history of what has no versions of its own.
    Writes: audit_entry.
    """
    today = clock.today()
    back = today.year * 12 + today.month - 1 - max(months, FEWEST_MONTHS)
    limit = clock.start_of_day(date(back // 12, back % 12 + 1, 1))
    is_history = and_(
        AuditEntry.action == AuditAction.OFFICE_CHANGED,
        AuditEntry.detail["what"].as_string().is_not(None),
    )
    result: CursorResult[Any] = session.connection().execute(
        delete(AuditEntry).where(AuditEntry.at < limit, not_(is_history))
    )
    return result.rowcount
