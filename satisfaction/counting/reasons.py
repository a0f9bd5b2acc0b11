"""Why people were not satisfied: the reasons they chose, of answers that count as not satisfied.

Refuses to let an allegation show, in a count or in a denominator, to who may not see any.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from satisfaction.counting.kept import read_stored
from satisfaction.counting.selecting import reasoned_ratings, reasoning_ratings
from satisfaction.counting.sources import RATINGS, Source
from satisfaction.counting.spans import Part, Stored, split, within
from satisfaction.figures import CountQuery, ReasonCount, ReasonCounts
from satisfaction.models import DailyReasonCount, DailyReasonedCount, Rating, RatingReason, Reason
from satisfaction.office import segments_under
from satisfaction.terms import ALLEGATIONS


def count_reasons(
    session: Session, query: CountQuery, *, with_allegations: bool = False
) -> ReasonCounts:
    """Return how often each reason was chosen, and by how many answers any was, most first.

    Without allegations an answer that gave nothing else is one that gave no reason at all.
    Raises: UnitNotFoundError.
    """
    segments = segments_under(session, query.unit_id, query.period)
    stored, live = split(session, segments)
    if query.source is not None:
        stored, live = Stored(), [(part.period, part.unit_ids) for part in segments]
    amounts: dict[int, int] = {}
    reasoned = reasoned_openly = 0
    for counts, sums in (
        _count_stored(session, query, stored),
        _count_live(session, query, live),
    ):
        for reason_id, amount in counts:
            amounts[reason_id] = amounts.get(reason_id, 0) + int(amount)
        reasoned += int(sums[0] or 0)
        reasoned_openly += int(sums[1] or 0)
    known = {reason.id: reason for reason in session.scalars(select(Reason))}
    shown = [
        ReasonCount(known[key].code, known[key].label_vi, known[key].label_en, amount)
        for key, amount in sorted(amounts.items(), key=lambda one: (-one[1], one[0]))
        if amount and (with_allegations or known[key].code not in ALLEGATIONS)
    ]
    return ReasonCounts(tuple(shown), reasoned if with_allegations else reasoned_openly)


_Counted = tuple[Sequence[Any], Sequence[Any]]


def _count_stored(session: Session, query: CountQuery, stored: Stored) -> _Counted:
    if not stored:
        return [], (0, 0)
    given = read_stored(
        session,
        ("given", query, stored),
        lambda: _stored_given(query, stored.parts),
    )
    reasoned = read_stored(
        session,
        ("reasoned", query, stored),
        lambda: _stored_reasoned(query, stored.parts),
    )
    return given, reasoned[0]


def _stored_given(query: CountQuery, parts: Sequence[Part]) -> Select[int, int]:
    counts = DailyReasonCount
    return (
        select(counts.reason_id, func.sum(counts.given))
        .where(within(parts, day=counts.local_day, unit=counts.unit_id), *_GIVEN.filters(query))
        .group_by(counts.reason_id)
    )


def _stored_reasoned(query: CountQuery, parts: Sequence[Part]) -> Select[int, int]:
    sums = DailyReasonedCount
    return select(func.sum(sums.reasoned), func.sum(sums.reasoned_openly)).where(
        within(parts, day=sums.local_day, unit=sums.unit_id), *_REASONED.filters(query)
    )


def _count_live(session: Session, query: CountQuery, parts: Sequence[Part]) -> _Counted:
    if not parts:
        return [], (0, 0)
    wanted = [within(parts, day=Rating.local_day, unit=Rating.unit_id), *RATINGS.filters(query)]
    by_reason = reasoned_ratings(RatingReason.reason_id).where(*wanted)
    together = reasoning_ratings().where(*wanted)
    return session.execute(by_reason).all(), session.execute(together).one()


_GIVEN, _REASONED = (
    Source(model, model.channel, model.procedure_key)
    for model in (DailyReasonCount, DailyReasonedCount)
)
