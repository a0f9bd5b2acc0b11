"""Figures of a period by the units of today ("theo cơ cấu hiện tại"). Refuses to share out.

A unit that is no more counts for the one that it went to wholly; what was split, dissolved, or
went elsewhere stands under a line of its own. So both views have the same total.
Source: docs/office.md; the rule of the two-tier reform that split units are not converted.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock, counting, office
from satisfaction.errors import UnitNotFoundError
from satisfaction.figures import CountQuery, CountRow
from satisfaction.models import Desk, Succession, Unit
from satisfaction.office import get_unit, name_of
from satisfaction.periods import Period
from satisfaction.terms import Dimension, SuccessionExtent
from satisfaction.text import sort_key


@dataclass(frozen=True)
class PresentRow:
    """What counts for one unit of today, or for none; ``included`` are earlier units within it."""

    unit_id: int | None
    name: str
    included: tuple[str, ...]
    finished_visits: int
    rated_visits: int
    answers: int
    satisfied: int

    @property
    def satisfied_share(self) -> float | None:
        """Satisfied answers as a fraction of all answers."""
        return self.satisfied / self.answers if self.answers else None


@dataclass(frozen=True)
class PresentView:
    """The units of today with what counts for them, what cannot be converted, and the total."""

    unit_name: str
    is_demonstration: bool
    period: Period
    rows: tuple[PresentRow, ...]
    rest: PresentRow | None
    total: PresentRow


def count_present(
    session: Session, scope: Set[int], *, unit_id: int, period: Period
) -> PresentView:
    """Count a period for a unit of the scope, by the units that stand under it today.

    Raises: UnitNotFoundError for any other unit.
    """
    if unit_id not in scope:
        raise UnitNotFoundError(unit_id=unit_id)
    today = clock.today()
    query = CountQuery(unit_id=unit_id, period=period, by=Dimension.DESK)
    figures = counting.count(session, query)
    given_at = _units_of_desks(session, (row.key for row in figures.rows))
    under_today = office.units_under(session, {unit_id}, today)
    gathered: dict[int | None, dict[int, list[CountRow]]] = {}
    for row in figures.rows:
        earlier = given_at[row.key]
        present = find_present(session, earlier, today)
        key = present if present in under_today else None
        gathered.setdefault(key, {}).setdefault(earlier, []).append(row)
    rows = [_as_row(session, key, parts, today) for key, parts in gathered.items()]
    return PresentView(
        figures.unit_name,
        figures.is_demonstration,
        period,
        tuple(
            sorted(
                (row for row in rows if row.unit_id is not None),
                key=lambda row: sort_key(row.name),
            )
        ),
        next((row for row in rows if row.unit_id is None), None),
        _add_up(None, "", (), [figures.total]),
    )


def _units_of_desks(session: Session, keys: Iterable[str]) -> dict[str, int]:
    ids = [int(key) for key in keys]
    found = session.execute(select(Desk.id, Desk.unit_id).where(Desk.id.in_(ids)))
    return {str(row.id): row.unit_id for row in found}


def find_present(session: Session, unit_id: int, day: date) -> int | None:
    """Return the unit that a unit is on a day: itself, or the one it went to wholly; else None."""
    seen: set[int] = set()
    current = unit_id
    while current not in seen:
        seen.add(current)
        unit = session.get_one(Unit, current)
        until_day = unit.names[-1].until_day
        if until_day is None or day < until_day:
            return current
        followed = session.scalars(
            select(Succession).where(
                Succession.predecessor_id == current, Succession.from_day <= day
            )
        ).all()
        if len(followed) != 1 or followed[0].extent is not SuccessionExtent.WHOLE:
            return None
        current = followed[0].successor_id
    return None


def _as_row(
    session: Session, key: int | None, parts: dict[int, list[CountRow]], today: date
) -> PresentRow:
    included = sorted(
        (_name(session, earlier, today) for earlier in parts if earlier != key), key=sort_key
    )
    name = _name(session, key, today) if key is not None else ""
    return _add_up(key, name, tuple(included), [row for rows in parts.values() for row in rows])


def _add_up(
    key: int | None, name: str, included: tuple[str, ...], rows: Sequence[CountRow]
) -> PresentRow:
    return PresentRow(
        unit_id=key,
        name=name,
        included=included,
        finished_visits=sum(row.finished_visits or 0 for row in rows),
        rated_visits=sum(row.rated_visits or 0 for row in rows),
        answers=sum(row.answers for row in rows),
        satisfied=sum(row.satisfied for row in rows),
    )


def _name(session: Session, unit_id: int, day: date) -> str:
    return name_of(get_unit(session, unit_id), day).name
