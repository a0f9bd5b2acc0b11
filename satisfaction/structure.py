"""The tree of units as an administrator sees and changes it. Refuses to rewrite the past.

Names, codes, kinds and parents hold from a day on; a unit that ends keeps its ratings, and what
followed it is kept with its legal basis.
Source: domain of the two-tier reform of 01/07/2025; NQ 1656/NQ-UBTVQH15.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from satisfaction import office, succession
from satisfaction.editing import Editor, check_day, get_own_unit, keep_change
from satisfaction.errors import OfficeChangeRefusedError, UnitUnderItselfError
from satisfaction.faults import OfficeFault
from satisfaction.furnishing import refuse_used_after
from satisfaction.models import Desk, Unit, UnitName, UnitParent
from satisfaction.office import get_unit, name_of
from satisfaction.periods import Period
from satisfaction.terms import (
    SuccessionExtent,
    SuccessionKind,
    UnitKind,
)
from satisfaction.wording import read_code, read_words

LONGEST_CODE = 32
LONGEST_NAME = 200
LONGEST_BASIS = 200
ENDINGS = (SuccessionKind.MERGED, SuccessionKind.SPLIT, SuccessionKind.DISSOLVED)


@dataclass(frozen=True, kw_only=True)
class NewUnit:
    """What is said of a unit that is founded; without a parent it stands at the top."""

    code: str
    name: str
    kind: UnitKind
    legal_basis: str = ""
    from_day: date
    parent_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewName:
    """Another name, code or kind, from a day on."""

    code: str
    name: str
    kind: UnitKind
    legal_basis: str = ""
    from_day: date


@dataclass(frozen=True, kw_only=True)
class Ending:
    """From which day a unit is no more, why, and what followed it, wholly or in part."""

    kind: SuccessionKind
    extent: SuccessionExtent = SuccessionExtent.WHOLE
    successor_ids: Sequence[int] = ()
    legal_basis: str = ""
    from_day: date


def found_unit(session: Session, editor: Editor, new: NewUnit) -> Unit:
    """Add a unit under one of the editor's, or at the top, from a day on.

    Writes: unit, unit_name, unit_parent, audit_entry.
    Raises: UnitNotFoundError; OfficeChangeRefusedError.
    """
    code = read_code(new.code, field="code", longest=LONGEST_CODE)
    name = read_words(new.name, field="name", longest=LONGEST_NAME)
    basis = _read_basis(new.legal_basis)
    check_day(new.from_day)
    _refuse_taken(session, None, code, Period(new.from_day, date.max))
    parent = None
    if new.parent_id is not None:
        parent = get_own_unit(session, editor, new.parent_id)
        _check_life(parent, new.from_day, OfficeFault.PARENT_NOT_THERE)
    office.load_scales(session)
    unit = office.add_unit(
        session, code, name=name, kind=new.kind, from_day=new.from_day, parent=parent
    )
    session.refresh(unit, ["names"])
    unit.names[0].legal_basis = basis
    after = {
        "code": code,
        "name": name,
        "kind": new.kind.value,
        "legal_basis": basis,
        "from_day": new.from_day,
        "parent_id": new.parent_id,
    }
    keep_change(session, editor, what="unit_founded", unit_id=unit.id, after=after)
    session.flush()
    return unit


def rename_unit(session: Session, editor: Editor, *, unit_id: int, new: NewName) -> UnitName:
    """Give a unit another name, code or kind from a day on; its series goes on.

    Writes: unit_name, audit_entry.
    Raises: UnitNotFoundError; OfficeChangeRefusedError.
    """
    unit = get_own_unit(session, editor, unit_id)
    code = read_code(new.code, field="code", longest=LONGEST_CODE)
    name = read_words(new.name, field="name", longest=LONGEST_NAME)
    basis = _read_basis(new.legal_basis)
    check_day(new.from_day)
    _check_life(unit, new.from_day)
    if any(one.from_day == new.from_day for one in unit.names):
        raise OfficeChangeRefusedError(fault=OfficeFault.DAY_TAKEN, day=new.from_day)
    before = name_of(unit, new.from_day)
    if (before.code, before.name, before.kind) == (code, name, new.kind):
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    _refuse_taken(session, unit, code, Period(new.from_day, before.until_day or date.max))
    return succession.rename_unit(
        session,
        unit,
        name=name,
        code=code,
        kind=new.kind,
        legal_basis=basis,
        from_day=new.from_day,
        account_id=editor.account_id,
    )


def move_unit(
    session: Session, editor: Editor, *, unit_id: int, parent_id: int | None, from_day: date
) -> None:
    """Put a unit under another of the editor's from a day on.

    Writes: unit_parent, audit_entry.
    Raises: UnitNotFoundError; OfficeChangeRefusedError, also for a unit under itself.
    """
    unit = get_own_unit(session, editor, unit_id)
    parent = None if parent_id is None else get_own_unit(session, editor, parent_id)
    check_day(from_day)
    _check_life(unit, from_day)
    if parent is not None:
        _check_life(parent, from_day, OfficeFault.PARENT_NOT_THERE)
    links = succession.list_links(session, unit.id)
    current = next((link for link in links if _holds(link, from_day)), None)
    if current is not None and current.from_day == from_day:
        raise OfficeChangeRefusedError(fault=OfficeFault.DAY_TAKEN, day=from_day)
    if (current.parent_id if current else None) == parent_id:
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    try:
        succession.move_unit(session, unit, parent, from_day=from_day, account_id=editor.account_id)
    except UnitUnderItselfError as circle:
        raise OfficeChangeRefusedError(fault=OfficeFault.UNDER_ITSELF) from circle


def end_unit(session: Session, editor: Editor, *, unit_id: int, ending: Ending) -> None:
    """Let a unit be until a day, itself excluded, and keep what followed it; no rating moves.

    Its desks end with it.
    Writes: unit_name, unit_parent, desk, succession, audit_entry.
    Raises: UnitNotFoundError; OfficeChangeRefusedError, also while it has units under it, or
    ratings from that day on.
    """
    unit = get_own_unit(session, editor, unit_id)
    basis = _read_basis(ending.legal_basis)
    day = check_day(ending.from_day)
    _check_life(unit, day)
    if any(one.from_day >= day for one in unit.names):
        raise OfficeChangeRefusedError(fault=OfficeFault.BEFORE_BEGIN, day=unit.names[-1].from_day)
    _refuse_parent_of_others(session, unit, day)
    successors = _get_successors(session, editor, unit, ending)
    desks = [
        desk for desk in _desks(session, unit) if desk.until_day is None or desk.until_day > day
    ]
    refuse_used_after(session, desks, day)
    _end_desks(session, editor, desks, day)
    unit.names[-1].until_day = min(unit.names[-1].until_day or date.max, day)
    for link in succession.list_links(session, unit.id):
        if link.from_day >= day:
            raise OfficeChangeRefusedError(fault=OfficeFault.BEFORE_BEGIN, day=link.from_day)
        link.until_day = min(link.until_day or date.max, day)
    for successor in successors:
        succession.add_succession(
            session,
            unit,
            successor=successor,
            kind=ending.kind,
            extent=ending.extent,
            from_day=day,
            legal_basis=basis,
        )
    after = {
        "until_day": day,
        "kind": ending.kind.value,
        "extent": ending.extent.value if successors else None,
        "successor_ids": [one.id for one in successors],
        "legal_basis": basis,
    }
    before = {"until_day": None}
    keep_change(session, editor, what="unit_ended", unit_id=unit.id, before=before, after=after)
    session.flush()


def _read_basis(text: str) -> str:
    return read_words(text, field="legal_basis", longest=LONGEST_BASIS, may_be_empty=True)


def _check_life(unit: Unit, day: date, fault: OfficeFault | None = None) -> None:
    """Refuse a day on which a unit was not there."""
    founded, last = unit.names[0].from_day, unit.names[-1].until_day
    if day < founded:
        raise OfficeChangeRefusedError(fault=fault or OfficeFault.BEFORE_BEGIN, day=founded)
    if last is not None and day >= last:
        raise OfficeChangeRefusedError(fault=fault or OfficeFault.AFTER_END, day=last)


def _refuse_taken(session: Session, unit: Unit | None, code: str, period: Period) -> None:
    """Refuse a code that another unit bears on one of the same days."""
    taken = session.scalars(
        select(UnitName.unit_id).where(
            UnitName.code == code,
            UnitName.from_day < period.end_day,
            or_(UnitName.until_day.is_(None), UnitName.until_day > period.first_day),
        )
    )
    if any(unit is None or other != unit.id for other in taken):
        raise OfficeChangeRefusedError(fault=OfficeFault.CODE_TAKEN, code=code)


def _holds(link: UnitParent, day: date) -> bool:
    return link.from_day <= day and (link.until_day is None or day < link.until_day)


def _desks(session: Session, unit: Unit) -> Sequence[Desk]:
    return session.scalars(select(Desk).where(Desk.unit_id == unit.id)).all()


def _refuse_parent_of_others(session: Session, unit: Unit, day: date) -> None:
    child = session.scalar(
        select(UnitParent.unit_id)
        .where(
            UnitParent.parent_id == unit.id,
            or_(UnitParent.until_day.is_(None), UnitParent.until_day > day),
        )
        .limit(1)
    )
    if child is not None:
        name = name_of(get_unit(session, child), day).name
        raise OfficeChangeRefusedError(fault=OfficeFault.HAS_UNITS, name=name)


def _get_successors(session: Session, editor: Editor, unit: Unit, ending: Ending) -> Sequence[Unit]:
    ids = sorted(set(ending.successor_ids))
    if ending.kind is SuccessionKind.DISSOLVED and ids:
        raise OfficeChangeRefusedError(fault=OfficeFault.NEEDS_NO_SUCCESSOR)
    if ending.kind is not SuccessionKind.DISSOLVED and not ids:
        raise OfficeChangeRefusedError(fault=OfficeFault.NEEDS_SUCCESSOR)
    if unit.id in ids:
        raise OfficeChangeRefusedError(fault=OfficeFault.UNDER_ITSELF)
    is_split = ending.kind is SuccessionKind.SPLIT or len(ids) > 1
    if is_split and ending.extent is SuccessionExtent.WHOLE:
        raise OfficeChangeRefusedError(fault=OfficeFault.WHOLE_TO_ONE)
    successors = [get_own_unit(session, editor, one) for one in ids]
    for successor in successors:
        _check_life(successor, ending.from_day, OfficeFault.SUCCESSOR_NOT_THERE)
    return successors


def _end_desks(session: Session, editor: Editor, desks: Sequence[Desk], day: date) -> None:
    """End desks with their unit; one that was to begin later never does."""
    for desk in desks:
        if desk.from_day >= day:
            raise OfficeChangeRefusedError(fault=OfficeFault.BEFORE_BEGIN, day=desk.from_day)
        succession.retire_desk(session, desk, until_day=day, account_id=editor.account_id)
