"""Mark, after the fact, ratings that are to be looked at: too quick, in bursts, outside of hours.

Refuses to change what is counted: a mark stands beside a rating, and the rating still counts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from satisfaction import clock
from satisfaction.models import Rating, RatingMark, RatingVoid, Visit
from satisfaction.terms import Mark, RatingSource

TOO_QUICK = timedelta(seconds=2)
QUICK_IN_A_ROW = 3
BURST = timedelta(seconds=60)
MOST_IN_A_BURST = 9
Hours = Callable[[int, datetime], bool | None]
_INSERT: dict[str, Any] = {
    "sqlite": sqlite.insert(RatingMark).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(RatingMark).on_conflict_do_nothing(),
}
_superseder = aliased(Rating, name="superseder")


@dataclass(frozen=True)
class _Given:
    """A rating that counts: where, and when by the server's time."""

    seq: int
    unit_id: int
    desk_id: int
    at: datetime
    is_at_desk: bool


def no_hours(_unit_id: int, _at: datetime) -> None:
    """Say that nobody has set when this unit is open, so that nothing is outside of it."""


def mark_day(session: Session, day: date, *, hours: Hours) -> int:
    """Mark the ratings of a day; return how many marks are new.

    ``hours`` says whether a unit was open at a time, or None where nobody knows. Only a kiosk
    stands in the office: a link from the office may be opened at home in the evening.
    Time: it may run twice and late; what came in since then is looked at together with the rest.
    Writes: rating_mark.
    """
    given = _list_given(session, day)
    marks = {(seq, Mark.TOO_QUICK) for seq in _find_quick(session, day)}
    marks |= {(seq, Mark.BURST) for seq in _find_bursts(given)}
    at_desk = (one for one in given if one.is_at_desk)
    marks |= {
        (one.seq, Mark.OUTSIDE_HOURS) for one in at_desk if hours(one.unit_id, one.at) is False
    }
    if not marks:
        return 0
    known = _known_marks(session, sorted({seq for seq, _mark in marks}))
    now = clock.now()
    rows = [{"rating_seq": seq, "mark": mark, "marked_at": now} for seq, mark in sorted(marks)]
    connection = session.connection()
    connection.execute(_INSERT[connection.dialect.name], rows)
    return len(marks - known)


def _known_marks(session: Session, seqs: Sequence[int]) -> set[tuple[int, Mark]]:
    found = session.execute(
        select(RatingMark.rating_seq, RatingMark.mark).where(RatingMark.rating_seq.in_(seqs))
    )
    return {(row.rating_seq, row.mark) for row in found}


def _corrected(tapped_at: datetime, offset_ms: int | None) -> datetime:
    return tapped_at + timedelta(milliseconds=offset_ms or 0)


def _list_given(session: Session, day: date) -> list[_Given]:
    """Return the day's ratings that count and were tapped by citizens, by desk and time."""
    rows = session.execute(
        select(
            Rating.seq,
            Rating.unit_id,
            Rating.desk_id,
            Rating.tapped_at,
            Rating.clock_offset_ms,
            Rating.source,
        )
        .outerjoin(_superseder, _superseder.supersedes_seq == Rating.seq)
        .outerjoin(RatingVoid, RatingVoid.rating_seq == Rating.seq)
        .where(
            Rating.local_day == day,
            Rating.source != RatingSource.PAPER,
            _superseder.seq.is_(None),
            RatingVoid.rating_seq.is_(None),
        )
    )
    given = [
        _Given(
            row.seq,
            row.unit_id,
            row.desk_id,
            _corrected(row.tapped_at, row.clock_offset_ms),
            row.source is RatingSource.KIOSK,
        )
        for row in rows
    ]
    return sorted(given, key=lambda one: (one.desk_id, one.at, one.seq))


def _find_bursts(given: Iterable[_Given]) -> set[int]:
    """Return the ratings of every minute in which a desk got more than one person can give."""
    found: set[int] = set()
    for _desk, group in groupby(given, key=lambda one: one.desk_id):
        run = list(group)
        for last in range(MOST_IN_A_BURST, len(run)):
            first = last - MOST_IN_A_BURST
            if run[last].at - run[first].at <= BURST:
                found |= {one.seq for one in run[first : last + 1]}
    return found


def _find_quick(session: Session, day: date) -> set[int]:
    """Return the ratings of visits in a row that were answered before the screen can be read.

    A visit that was not rated at a kiosk, or rated at leisure, ends the row.
    """
    answers = _answers_at_kiosks(session, day)
    visits = session.execute(
        select(Visit.id, Visit.desk_id, Visit.closed_at, Visit.shown_at)
        .where(Visit.closed_day == day)
        .order_by(Visit.desk_id, Visit.closed_at, Visit.id)
    )
    found: set[int] = set()
    for _desk, group in groupby(visits, key=lambda visit: visit.desk_id):
        run: list[int] = []
        for visit in group:
            answer = answers.get(visit.id)
            run = [*run, answer.seq] if answer and _is_quick(visit, answer) else []
            if len(run) >= QUICK_IN_A_ROW:
                found |= set(run)
    return found


def _answers_at_kiosks(session: Session, day: date) -> dict[int, Any]:
    """Return for each visit that was rated at a kiosk on a day the rating that stands.

    Found by their own day, and that after it for who is served at midnight: from the visits no
    index leads to a rating that was corrected, so that every visit would read all ratings ever
    given, while nobody else can write.
    """
    rows = session.execute(
        select(Rating.visit_id, Rating.seq, Rating.tapped_at, Rating.clock_offset_ms)
        .outerjoin(_superseder, _superseder.supersedes_seq == Rating.seq)
        .where(
            Rating.local_day.in_((day, day + timedelta(days=1))),
            Rating.source == RatingSource.KIOSK,
            Rating.visit_id.is_not(None),
            _superseder.seq.is_(None),
        )
    )
    return {row.visit_id: row for row in rows}


def _is_quick(visit: Any, answer: Any) -> bool:
    """Say whether a visit was rated at once; what came before its screen says nothing."""
    asked_at = max(visit.closed_at, visit.shown_at or visit.closed_at)
    waited = _corrected(answer.tapped_at, answer.clock_offset_ms) - asked_at
    return bool(timedelta(0) <= waited <= TOO_QUICK)
