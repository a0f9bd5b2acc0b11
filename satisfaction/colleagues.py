"""Officers whom cases may be given to, and where. Refuses to offer one without the permission."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import accounts, clock
from satisfaction.heirs import answering_for
from satisfaction.models import Account, Grant, Unit
from satisfaction.office import name_of
from satisfaction.terms import CaseKind, Permission, Role
from satisfaction.text import sort_key


@dataclass(frozen=True)
class Colleague:
    """An officer whom a case may be given to.

    ``unit_names`` are the units that the officer is of, where cases of several are handed out.
    """

    account_id: int
    name: str
    unit_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """In which units an officer may handle cases today, and in which of them allegations too."""

    cases: frozenset[int]
    allegations: frozenset[int]


class _Held(NamedTuple):
    account_id: int
    name: str
    unit_id: int
    role: Role


def list_colleagues(
    session: Session, unit_id: int, *, kind: CaseKind | None = None
) -> tuple[Colleague, ...]:
    """Return the officers who may handle a unit's cases today, by name.

    An allegation may be given to those alone who may see allegations there.
    """
    above = _lines(session, [unit_id])[unit_id]
    found = {
        Colleague(one.account_id, one.name)
        for one in _list_held(session, above)
        if kind is not CaseKind.ALLEGATION or _sees_allegations(one)
    }
    return _sorted(found)


def list_helpers(session: Session, unit_ids: Collection[int]) -> tuple[Colleague, ...]:
    """Return the officers who may handle cases of at least one of these units, by name.

    Of several units it is said of which unit each of them is.
    """
    if not unit_ids:
        return ()
    if len(unit_ids) == 1:
        return list_colleagues(session, *unit_ids)
    above = {one for line in _lines(session, unit_ids).values() for one in line}
    held: dict[tuple[int, str], set[int]] = {}
    for one in _list_held(session, above):
        held.setdefault((one.account_id, one.name), set()).add(one.unit_id)
    names = _names_of(session, set().union(*held.values()))
    return _sorted(
        Colleague(
            account_id, name, tuple(sorted((names[unit_id] for unit_id in ids), key=sort_key))
        )
        for (account_id, name), ids in held.items()
    )


def read_reach(session: Session, account_id: int, unit_ids: Collection[int]) -> Reach:
    """Return in which of these units an officer may handle cases today."""
    lines = _lines(session, unit_ids)
    above = {one for line in lines.values() for one in line}
    held = [one for one in _list_held(session, above) if one.account_id == account_id]
    return Reach(
        _under(lines, {one.unit_id for one in held}),
        _under(lines, {one.unit_id for one in held if _sees_allegations(one)}),
    )


def _under(lines: Mapping[int, Collection[int]], granted: set[int]) -> frozenset[int]:
    return frozenset(unit_id for unit_id, line in lines.items() if not granted.isdisjoint(line))


def _lines(session: Session, unit_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Return each unit with those who answer for it today."""
    today = clock.today()
    return {unit_id: answering_for(session, unit_id, today) for unit_id in unit_ids}


def _list_held(session: Session, unit_ids: Collection[int]) -> list[_Held]:
    """Return who may handle cases today by a role that was given in these very units."""
    today = clock.today()
    roles = [role for role, held in accounts.PERMISSIONS.items() if Permission.HANDLE_CASES in held]
    found = session.execute(
        select(Account.id, Account.display_name, Grant.unit_id, Grant.role)
        .join(Grant, Grant.account_id == Account.id)
        .where(
            Account.disabled_at.is_(None),
            Grant.unit_id.in_(sorted(unit_ids)),
            Grant.role.in_(roles),
            Grant.from_day <= today,
            Grant.until_day.is_(None) | (Grant.until_day > today),
        )
    )
    return [_Held(*row) for row in found]


def _sees_allegations(held: _Held) -> bool:
    return Permission.SEE_ALLEGATIONS in accounts.PERMISSIONS[held.role]


def _names_of(session: Session, unit_ids: Iterable[int]) -> dict[int, str]:
    today = clock.today()
    units = session.scalars(select(Unit).where(Unit.id.in_(sorted(unit_ids))))
    return {unit.id: name_of(unit, today).name for unit in units}


def _sorted(people: Iterable[Colleague]) -> tuple[Colleague, ...]:
    return tuple(sorted(people, key=lambda one: (sort_key(one.name), one.account_id)))
