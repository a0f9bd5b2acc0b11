"""Which unit stood under which one, and when. Refuses to know what a unit is called."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction.database import read_once
from satisfaction.models import UnitParent
from satisfaction.periods import Period


@dataclass(frozen=True, slots=True)
class ParentLink:
    """A unit stood under another from a day on, and until another, when it was there no more."""

    unit_id: int
    parent_id: int
    from_day: date
    until_day: date | None

    def holds_on(self, day: date) -> bool:
        """Say whether it stood there on a day."""
        return self.from_day <= day and (self.until_day is None or day < self.until_day)


def follow(starts: Iterable[int], edges: Mapping[int, Collection[int]]) -> frozenset[int]:
    """Return all that is reached from some units along edges, themselves included; circles end."""
    seen: set[int] = set()
    waiting = list(starts)
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(edges.get(current, ()))
    return frozenset(seen)


def list_parent_links(session: Session, period: Period) -> Sequence[ParentLink]:
    """Return who stood under whom at any time of a period.

    There are few of them, and one page asks of many periods, so a reading session reads all once.
    """
    return [
        link
        for link in read_once(session, list_parent_links, lambda: _read_links(session))
        if link.from_day < period.end_day
        and (link.until_day is None or link.until_day > period.first_day)
    ]


def _read_links(session: Session) -> Sequence[ParentLink]:
    rows = session.execute(
        select(
            UnitParent.unit_id, UnitParent.parent_id, UnitParent.from_day, UnitParent.until_day
        ).order_by(UnitParent.id)
    )
    return [ParentLink(*row) for row in rows]
