"""What somebody has to look at after a period: dissatisfied answers by desk, with their reasons.

Refuses everything by which a citizen or an officer could be known: no words, no dossier, no time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from satisfaction.counting import standing_ratings
from satisfaction.models import Desk, Level, Rating, RatingReason, RatingVoid, Reason
from satisfaction.periods import Period
from satisfaction.terms import Leaning
from satisfaction.text import sort_key


@dataclass(frozen=True)
class ReasonCount:
    """How many dissatisfied answers of a desk named one reason."""

    code: str
    label_vi: str
    label_en: str
    count: int


@dataclass(frozen=True)
class Concern:
    """The dissatisfied answers of one desk, of them the lowest, and the reasons that were named."""

    desk_name: str
    amount: int
    lowest: int
    reasons: tuple[ReasonCount, ...]


def list_concerns(
    session: Session, unit_ids: Collection[int], period: Period
) -> tuple[Concern, ...]:
    """Return the desks with dissatisfied answers, those with the most first."""
    within = _dissatisfied(unit_ids, period)
    amounts: dict[int, list[int]] = {}
    levels = standing_ratings(Rating.desk_id, Level.position).where(*within)
    for row in session.execute(levels):
        tally = amounts.setdefault(row.desk_id, [0, 0])
        tally[0] += row.amount
        tally[1] += row.amount if row.position == 1 else 0
    names = session.execute(select(Desk.id, Desk.name).where(Desk.id.in_(amounts)))
    reasons = _list_reasons(session, within)
    found = [
        Concern(name, amounts[desk_id][0], amounts[desk_id][1], tuple(reasons.get(desk_id, ())))
        for desk_id, name in names
    ]
    return tuple(sorted(found, key=lambda one: (-one.amount, sort_key(one.desk_name))))


def _dissatisfied(unit_ids: Collection[int], period: Period) -> list[ColumnElement[bool]]:
    return [
        Rating.unit_id.in_(unit_ids),
        Rating.local_day >= period.first_day,
        Rating.local_day < period.end_day,
        Rating.visit_id.is_not(None),
        RatingVoid.rating_seq.is_(None),
        Level.leaning == Leaning.DISSATISFIED,
    ]


def _list_reasons(session: Session, within: list[ColumnElement[bool]]) -> dict[int, Any]:
    query = (
        standing_ratings(Rating.desk_id, Reason.code, Reason.label_vi, Reason.label_en)
        .join(RatingReason, RatingReason.rating_seq == Rating.seq)
        .join(Reason, Reason.id == RatingReason.reason_id)
        .where(*within)
    )
    found: dict[int, list[ReasonCount]] = {}
    for row in session.execute(query):
        reason = ReasonCount(row.code, row.label_vi, row.label_en, row.amount)
        found.setdefault(row.desk_id, []).append(reason)
    for reasons in found.values():
        reasons.sort(key=lambda one: (-one.count, one.code))
    return found
