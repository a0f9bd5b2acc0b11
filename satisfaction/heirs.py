"""Who answers for a unit that is no more. Refuses to move anything: what was given stays there.

A unit that ended is answered for by the one that it stood under at its end, and by the one that
it went to whole. A unit that was parted went to nobody whole, so its successors do not share it.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from satisfaction.database import read_once
from satisfaction.models import Succession, UnitName
from satisfaction.parents import follow, list_parent_links
from satisfaction.periods import Period, day_period
from satisfaction.terms import SuccessionExtent

_EVER = Period(date.min, date.max)
_Edges = Mapping[int, frozenset[int]]


def units_reached(session: Session, unit_ids: Iterable[int], day: date) -> frozenset[int]:
    """Return these units, what stands under them on a day, and what they answer for by then."""
    return follow(unit_ids, _inverted(_read_above(session, day)))


def answering_for(session: Session, unit_id: int, day: date) -> frozenset[int]:
    """Return a unit and all who answer for it on a day: those from whom it is reached."""
    return follow([unit_id], _read_above(session, day))


def _read_above(session: Session, day: date) -> _Edges:
    """Return for each unit those right above it on a day, or its heirs where it ended by then."""
    return read_once(session, (_read_above, day), lambda: _find_above(session, day))


def _find_above(session: Session, day: date) -> _Edges:
    above: dict[int, frozenset[int]] = {
        link.unit_id: frozenset({link.parent_id})
        for link in list_parent_links(session, day_period(day))
    }
    ends = _read_ends(session, day)
    if not ends:
        return above
    for link in list_parent_links(session, _EVER):
        end = ends.get(link.unit_id)
        if end is not None and link.from_day < end and (link.until_day or end) >= end:
            above[link.unit_id] = above.get(link.unit_id, frozenset()) | {link.parent_id}
    followed = session.execute(
        select(Succession.predecessor_id, Succession.successor_id).where(
            Succession.extent == SuccessionExtent.WHOLE, Succession.predecessor_id.in_(ends)
        )
    )
    for unit_id, successor_id in followed:
        above[unit_id] = above.get(unit_id, frozenset()) | {successor_id}
    return above


def _read_ends(session: Session, day: date) -> Mapping[int, date]:
    """Return the units that ended by a day, each with the first day on which it was no more."""
    rows = session.execute(
        select(UnitName.unit_id, func.max(UnitName.until_day).label("end"))
        .group_by(UnitName.unit_id)
        .having(func.count() == func.count(UnitName.until_day))
    )
    return {row.unit_id: row.end for row in rows if row.end <= day}


def _inverted(edges: _Edges) -> _Edges:
    found: dict[int, frozenset[int]] = {}
    for start, ends in edges.items():
        for end in ends:
            found[end] = found.get(end, frozenset()) | {start}
    return found
