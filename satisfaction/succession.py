"""How the office changes: new names, other parents, successors, and desks that end.

Refuses to move a rating or to rewrite what was: each change holds from a day on, and figures of
earlier days stay where they were counted.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from satisfaction.audit import record_deed
from satisfaction.errors import InvalidPeriodError, UnitUnderItselfError
from satisfaction.models import Desk, Succession, Unit, UnitName, UnitParent
from satisfaction.office import segments_under
from satisfaction.periods import Period
from satisfaction.terms import AuditAction, SuccessionExtent, SuccessionKind, UnitKind
from satisfaction.text import clean, search_form

Dated = TypeVar("Dated", UnitName, UnitParent)


def rename_unit(
    session: Session,
    unit: Unit,
    *,
    name: str,
    code: str | None = None,
    kind: UnitKind | None = None,
    legal_basis: str = "",
    from_day: date,
    account_id: int | None = None,
) -> UnitName:
    """Give a unit another name from a day on; its code and kind stay unless told otherwise.

    Writes: unit_name, audit_entry. Raises: InvalidPeriodError for a day outside the unit's life
    or one on which a name begins already.
    """
    _lock_units(session, unit)
    before = _at(_names(session, unit), from_day)
    if before is None or before.from_day == from_day:
        raise InvalidPeriodError(unit_id=unit.id, from_day=from_day)
    name = clean(name)
    new = UnitName(
        unit_id=unit.id,
        code=code or before.code,
        kind=kind or before.kind,
        name=name,
        search=search_form(name),
        legal_basis=clean(legal_basis),
        from_day=from_day,
        until_day=before.until_day,
    )
    before.until_day = from_day
    session.add(new)
    detail = {"what": "unit_renamed", "before": _words(before), "after": _words(new)}
    _record(session, unit, account_id, detail | {"from_day": from_day.isoformat()})
    session.flush()
    session.expire(unit, ["names"])
    return new


def move_unit(
    session: Session,
    unit: Unit,
    parent: Unit | None,
    *,
    from_day: date,
    account_id: int | None = None,
) -> None:
    """Put a unit under another parent, or under none, from a day on.

    Writes: unit_parent, audit_entry.
    Raises: UnitUnderItselfError; InvalidPeriodError for a day on which a parent begins already.
    """
    _lock_units(session, unit, *([parent] if parent else []))
    links = list_links(session, unit.id)
    before = _at(links, from_day)
    if before is not None and before.from_day == from_day:
        raise InvalidPeriodError(unit_id=unit.id, from_day=from_day)
    until_day = before.until_day if before else None
    if before is None:
        until_day = min((link.from_day for link in links if link.from_day > from_day), default=None)
    else:
        before.until_day = from_day
        session.flush()
    if parent is not None:
        _refuse_circle(session, unit, parent, Period(from_day, until_day or date.max))
        session.add(
            UnitParent(unit_id=unit.id, parent_id=parent.id, from_day=from_day, until_day=until_day)
        )
    detail = {
        "what": "unit_moved",
        "before": {"parent_id": before.parent_id if before else None},
        "after": {"parent_id": parent.id if parent else None},
    }
    _record(session, unit, account_id, detail | {"from_day": from_day.isoformat()})
    session.flush()


def _words(name: UnitName) -> dict[str, str]:
    words = {"code": name.code, "name": name.name, "kind": name.kind.value}
    return words | ({"legal_basis": name.legal_basis} if name.legal_basis else {})


def _refuse_circle(session: Session, unit: Unit, parent: Unit, period: Period) -> None:
    if any(parent.id in part.unit_ids for part in segments_under(session, unit.id, period)):
        raise UnitUnderItselfError(unit_id=unit.id, parent_id=parent.id)


def _lock_units(session: Session, *units: Unit) -> None:
    """Hold units until the unit of work ends, in one order, so that their history stays one."""
    ids = sorted(unit.id for unit in units)
    session.execute(select(Unit.id).where(Unit.id.in_(ids)).order_by(Unit.id).with_for_update())


def _names(session: Session, unit: Unit) -> Sequence[UnitName]:
    return session.scalars(select(UnitName).where(UnitName.unit_id == unit.id)).all()


def _at(rows: Sequence[Dated], day: date) -> Dated | None:
    """Return the row that holds on a day."""
    for row in rows:
        if row.from_day <= day and (row.until_day is None or day < row.until_day):
            return row
    return None


def retire_desk(
    session: Session, desk: Desk, *, until_day: date, account_id: int | None = None
) -> None:
    """Let a desk serve until a day, itself excluded; what was given there stays counted.

    Writes: desk, audit_entry. Raises: InvalidPeriodError for a day before it began to serve.
    """
    if until_day <= desk.from_day:
        raise InvalidPeriodError(first_day=desk.from_day, end_day=until_day)
    before, desk.until_day = desk.until_day, until_day
    record_deed(
        session,
        AuditAction.OFFICE_CHANGED,
        account_id=account_id,
        unit_id=desk.unit_id,
        detail={
            "what": "desk_retired",
            "desk_id": desk.id,
            "desk": desk.name,
            "before": {"until_day": before.isoformat() if before else None},
            "after": {"until_day": until_day.isoformat()},
        },
    )
    session.flush()


def add_succession(
    session: Session,
    predecessor: Unit,
    *,
    successor: Unit,
    kind: SuccessionKind,
    extent: SuccessionExtent,
    from_day: date,
    legal_basis: str = "",
) -> Succession:
    """Keep that one unit followed another from a day on; no rating moves.

    Raises: UnitUnderItselfError for a unit that would follow itself.
    """
    if predecessor.id == successor.id:
        raise UnitUnderItselfError(unit_id=predecessor.id, parent_id=successor.id)
    succession = Succession(
        predecessor_id=predecessor.id,
        successor_id=successor.id,
        kind=kind,
        extent=extent,
        from_day=from_day,
        legal_basis=clean(legal_basis),
    )
    session.add(succession)
    session.flush()
    return succession


def list_links(session: Session, unit_id: int) -> Sequence[UnitParent]:
    """Return under what a unit stood, oldest first."""
    return session.scalars(
        select(UnitParent).where(UnitParent.unit_id == unit_id).order_by(UnitParent.from_day)
    ).all()


def list_predecessors(session: Session, unit: Unit) -> Sequence[Succession]:
    """Return what a unit followed, oldest first."""
    return session.scalars(
        select(Succession)
        .where(Succession.successor_id == unit.id)
        .order_by(Succession.from_day, Succession.id)
        .options(joinedload(Succession.predecessor))
    ).all()


def list_successors(session: Session, unit: Unit) -> Sequence[Succession]:
    """Return what followed a unit, oldest first."""
    return session.scalars(
        select(Succession)
        .where(Succession.predecessor_id == unit.id)
        .order_by(Succession.from_day, Succession.id)
        .options(joinedload(Succession.successor))
    ).all()


def _record(
    session: Session, unit: Unit, account_id: int | None, detail: Mapping[str, Any]
) -> None:
    record_deed(
        session,
        AuditAction.OFFICE_CHANGED,
        account_id=account_id,
        unit_id=unit.id,
        detail=dict(detail),
    )
