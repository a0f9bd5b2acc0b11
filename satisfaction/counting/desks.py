"""How many citizens desks served, and how many of them rated. Refuses to know how they rated."""

from collections.abc import Sequence, Set
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from satisfaction.counting.kept import read_stored
from satisfaction.counting.selecting import finished_visits
from satisfaction.counting.spans import Part, split, within
from satisfaction.figures import Served
from satisfaction.models import DailyVisitCount, Visit
from satisfaction.office import Segment
from satisfaction.periods import Period


def count_served(session: Session, unit_ids: Set[int], period: Period) -> dict[int, Served]:
    """Return for each desk of these units that served anybody how many, and how many rated."""
    stored, live = split(session, [Segment(period, frozenset(unit_ids))])
    rows: list[Any] = []
    if stored:
        rows += read_stored(session, ("served", stored), lambda: _stored_served(stored.parts))
    if live:
        visits = finished_visits(Visit.desk_id).where(
            within(live, day=Visit.closed_day, unit=Visit.unit_id)
        )
        rows += [(row.desk_id, row.finished, row.rated) for row in session.execute(visits)]
    found: dict[int, Served] = {}
    for desk_id, finished, rated in rows:
        before = found.get(desk_id, Served(0, 0))
        found[desk_id] = Served(before.finished + int(finished), before.rated + int(rated))
    return found


def _stored_served(parts: Sequence[Part]) -> Select[int, int, int]:
    model = DailyVisitCount
    return (
        select(model.desk_id, func.sum(model.finished), func.sum(model.rated))
        .where(within(parts, day=model.local_day, unit=model.unit_id))
        .group_by(model.desk_id)
    )
