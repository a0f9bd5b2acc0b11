"""The tree of units of any day, and one unit with its whole history. Refuses to change any.

Whoever may see a unit today also sees what stood under it earlier, by name and date alone.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock, office, succession
from satisfaction.errors import UnitNotFoundError
from satisfaction.models import Succession, Unit, UnitName, UnitParent
from satisfaction.office import get_unit, name_of
from satisfaction.parents import follow, list_parent_links
from satisfaction.periods import day_period
from satisfaction.terms import SuccessionExtent, SuccessionKind, UnitKind
from satisfaction.text import search_form, sort_key


@dataclass(frozen=True)
class TreeRow:
    """A unit in the tree of a day: how deep it stands, and how many desks it has then."""

    unit_id: int
    depth: int
    code: str
    name: str
    kind: UnitKind
    since: date
    until_day: date | None
    desks: int
    is_demonstration: bool


def find_in_tree(rows: list[TreeRow], words: str) -> list[TreeRow]:
    """Return the rows whose name or code has these words, whatever their marks."""
    wanted = search_form(words)
    return [row for row in rows if wanted in search_form(f"{row.code} {row.name}")]


def read_tree(session: Session, scope: Set[int], day: date) -> list[TreeRow]:
    """Return the units of a scope, and what stood under them on a day, as a tree of that day."""
    known = office.units_under(session, scope, day)
    units = [
        unit
        for unit in office.find_units(session, known).values()
        if unit.names and _lives(unit, day)
    ]
    links = list_parent_links(session, day_period(day))
    living = {unit.id for unit in units}
    above = {link.unit_id: link.parent_id for link in links if link.parent_id in living}
    desks = office.list_desks(session, living, day)
    counted: dict[int, int] = {}
    for desk in desks:
        counted[desk.unit_id] = counted.get(desk.unit_id, 0) + 1
    under: dict[int | None, list[Unit]] = {}
    for unit in sorted(units, key=lambda one: _order(one, day)):
        under.setdefault(above.get(unit.id), []).append(unit)
    rows: list[TreeRow] = []
    waiting = [(unit, 0) for unit in reversed(under.get(None, []))]
    while waiting:
        unit, depth = waiting.pop()
        rows.append(_as_row(unit, depth, day, counted.get(unit.id, 0)))
        waiting += [(child, depth + 1) for child in reversed(under.get(unit.id, []))]
    return rows


def _lives(unit: Unit, day: date) -> bool:
    last = unit.names[-1].until_day
    return unit.names[0].from_day <= day and (last is None or day < last)


def _order(unit: Unit, day: date) -> tuple[object, ...]:
    return (sort_key(name_of(unit, day).name), unit.id)


def _as_row(unit: Unit, depth: int, day: date, desks: int) -> TreeRow:
    name = name_of(unit, day)
    return TreeRow(
        unit.id,
        depth,
        name.code,
        name.name,
        name.kind,
        name.from_day,
        unit.names[-1].until_day,
        desks,
        unit.is_demonstration,
    )


@dataclass(frozen=True)
class HeldParent:
    """Under what a unit stood, and when."""

    unit_id: int
    name: str
    from_day: date
    until_day: date | None


@dataclass(frozen=True)
class Followed:
    """Another unit before or after this one, how it came, and on what legal basis."""

    unit_id: int
    name: str
    kind: SuccessionKind
    extent: SuccessionExtent
    from_day: date
    legal_basis: str


@dataclass(frozen=True, kw_only=True)
class UnitSheet:
    """All that the page of one unit shows; ``is_own`` where the reader may change it."""

    unit_id: int
    names: tuple[UnitName, ...]
    current: UnitName
    ended_on: date | None
    parents: tuple[HeldParent, ...]
    children: tuple[TreeRow, ...]
    before: tuple[Followed, ...]
    after: tuple[Followed, ...]
    is_demonstration: bool


def read_unit(session: Session, scope: Set[int], unit_id: int) -> UnitSheet:
    """Return one unit of a scope, or one that ever stood under it, with its whole history.

    Raises: UnitNotFoundError, also for any other unit.
    """
    if unit_id not in ever_under(session, scope):
        raise UnitNotFoundError(unit_id=unit_id)
    unit = get_unit(session, unit_id)
    today = clock.today()
    day = today if _lives(unit, today) else unit.names[-1].from_day
    return UnitSheet(
        unit_id=unit.id,
        names=tuple(unit.names),
        current=name_of(unit, today),
        ended_on=unit.names[-1].until_day,
        parents=tuple(
            HeldParent(
                link.parent_id,
                name_of(get_unit(session, link.parent_id), link.from_day).name,
                link.from_day,
                link.until_day,
            )
            for link in succession.list_links(session, unit.id)
        ),
        children=tuple(row for row in read_tree(session, {unit.id}, day) if row.depth == 1),
        before=tuple(
            _as_followed(session, row.predecessor_id, row)
            for row in succession.list_predecessors(session, unit)
        ),
        after=tuple(
            _as_followed(session, row.successor_id, row)
            for row in succession.list_successors(session, unit)
        ),
        is_demonstration=unit.is_demonstration,
    )


def _as_followed(session: Session, unit_id: int, row: Succession) -> Followed:
    name = name_of(get_unit(session, unit_id), row.from_day).name
    return Followed(unit_id, name, row.kind, row.extent, row.from_day, row.legal_basis)


def ever_under(session: Session, unit_ids: Set[int]) -> frozenset[int]:
    """Return these units and all that ever stood under them, also those that have ended."""
    children: dict[int, list[int]] = {}
    for unit_id, parent_id in session.execute(select(UnitParent.unit_id, UnitParent.parent_id)):
        children.setdefault(parent_id, []).append(unit_id)
    return follow(unit_ids, children)


def list_choices(session: Session, unit_ids: Set[int], day: date) -> list[tuple[int, str]]:
    """Return the units of a scope that live on a day, indented as the tree of that day."""
    living = [row for row in read_tree(session, unit_ids, day) if row.unit_id in unit_ids]
    return [(row.unit_id, f"{row.name} · {row.code}") for row in living]
