"""On which line a grouped value stands, what it is called, and where it comes in the order.

Refuses to count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction.counting.tallies import Tallies
from satisfaction.figures import CountQuery
from satisfaction.models import Desk, Procedure, Sector
from satisfaction.office import find_units, name_of, names_of
from satisfaction.terms import Dimension
from satisfaction.text import sort_key

BY_PROCEDURE = {Dimension.PROCEDURE, Dimension.SECTOR}


@dataclass(frozen=True)
class Line:
    """Where a tally is shown: a stable key, the words, and the place in the order."""

    key: str
    label: str
    detail: str = ""
    order: Any = ()

    def __hash__(self) -> int:
        """Return a hash that costs little, because the order is long."""
        return hash(self.key)


def find_lines(session: Session, query: CountQuery, tallies: Tallies) -> dict[Any, Line]:
    """Return for each grouped value the line on which it stands."""
    keys = list(tallies)
    if query.by is Dimension.DESK:
        return _desk_lines(session, query, keys)
    if query.by is Dimension.UNIT:
        return _unit_lines(session, query, keys)
    if query.by in BY_PROCEDURE:
        return _procedure_lines(session, query, keys)
    if query.by in {Dimension.CHANNEL, Dimension.SOURCE}:
        return {key: Line(key.value, key.value, order=_place(key)) for key in keys}
    return {key: Line(str(key), str(key), order=str(key)) for key in keys}


def _place(word: StrEnum) -> int:
    """Return the place of a word in its vocabulary."""
    return [member.value for member in type(word)].index(word.value)


def _desk_lines(session: Session, query: CountQuery, keys: Sequence[int]) -> dict[Any, Line]:
    wanted = select(Desk.id, Desk.unit_id, Desk.name, Desk.detail).where(Desk.id.in_(keys))
    desks = session.execute(wanted).all()
    names = names_of(session, {desk.unit_id for desk in desks}, query.period.last_day)
    lines = {}
    for desk in desks:
        unit_name = names[desk.unit_id]
        is_own = desk.unit_id == query.unit_id
        lines[desk.id] = Line(
            str(desk.id),
            desk.name,
            desk.detail if is_own else unit_name,
            (not is_own, sort_key(unit_name), sort_key(desk.name), desk.id),
        )
    return lines


def _unit_lines(session: Session, query: CountQuery, keys: Sequence[int]) -> dict[Any, Line]:
    lines = {}
    for unit in find_units(session, keys).values():
        name = name_of(unit, query.period.last_day)
        is_own = unit.id == query.unit_id
        order = (not is_own, sort_key(name.name), unit.id)
        lines[unit.id] = Line(name.code, name.name, order=order)
    return lines


def _procedure_lines(
    session: Session, query: CountQuery, keys: Sequence[int | None]
) -> dict[Any, Line]:
    found = session.execute(
        select(
            Procedure.id, Procedure.national_code, Procedure.short_name, Sector.name.label("sector")
        )
        .join(Sector)
        .where(Procedure.id.in_([key for key in keys if key]))
    )
    lines: dict[Any, Line] = {None: Line("unknown", "", order=(True, sort_key(""), ""))}
    for procedure in found:
        if query.by is Dimension.SECTOR:
            words = (procedure.sector, procedure.sector, "")
        else:
            words = (procedure.national_code, procedure.short_name, procedure.sector)
        lines[procedure.id] = Line(*words, order=(False, sort_key(words[1]), words[0]))
    return lines
