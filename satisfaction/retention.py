"""Erase what leads to a person once its time is over. Refuses to touch what a figure stands on.

Erased are a citizen's words with their salt, the link from a visit to its dossier and ticket, and
officers' words on cases that were closed that long ago. Ratings, procedures, channels, outcomes
and the commitments of the words stay, so that every figure stays what it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.models import Case, CaseEvent, Comment, Rating, Unit, Visit
from satisfaction.models.visit import IS_LINKED
from satisfaction.policies import read_policies
from satisfaction.terms import AuditAction, CaseState

MOST_AT_ONCE = 2000


@dataclass(frozen=True)
class Erased:
    """How much was erased, or is due: words of citizens, links to dossiers, words on cases."""

    words: int = 0
    links: int = 0
    notes: int = 0

    def __add__(self, other: "Erased") -> "Erased":
        return Erased(self.words + other.words, self.links + other.links, self.notes + other.notes)

    def __bool__(self) -> bool:
        return bool(self.words or self.links or self.notes)


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, or the last one of that month."""
    whole = day.year * 12 + day.month - 1 - months
    year, month = divmod(whole, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def count_due(session: Session) -> Erased:
    """Return how much is due to be erased now."""
    total = Erased()
    for _unit_id, _limit, condition in _units(session):
        total += Erased(*[session.scalar(one) or 0 for one in _counts(condition)])
    return total


def erase_due_words(session: Session, *, most: int = MOST_AT_ONCE) -> Erased:
    """Erase what is due, unit by unit, at most so many rows of each kind; return how many.

    Time: it may run twice and late; nothing due means nothing written. What was erased is written
    to the log with the units and counts alone.
    Writes: comment, visit, case_event, audit_entry.
    """
    total = Erased()
    for unit_id, limit, condition in _units(session):
        erased = _erase(session, condition, most=most)
        if erased:
            record_deed(
                session,
                AuditAction.WORDS_ERASED,
                unit_id=unit_id,
                detail={**vars(erased), "before_day": limit.isoformat()},
            )
        total += erased
    session.flush()
    return total


@dataclass(frozen=True)
class _Due:
    """The conditions of being due in one unit."""

    words: ColumnElement[bool]
    links: ColumnElement[bool]
    notes: ColumnElement[bool]


def _units(session: Session) -> Iterator[tuple[int, date, _Due]]:
    """Yield every unit with the day before which its words are over."""
    policies, today = read_policies(session), clock.today()
    for unit_id in session.scalars(select(Unit.id).order_by(Unit.id)).all():
        limit = months_before(today, policies.of(unit_id, today).kept_months)
        yield unit_id, limit, _due(unit_id, limit)


def _due(unit_id: int, limit: date) -> _Due:
    of_unit = select(Rating.seq).where(Rating.seq == Comment.rating_seq, Rating.unit_id == unit_id)
    cases = select(Case.id).where(
        Case.unit_id == unit_id, Case.state == CaseState.DONE, Case.closed_day < limit
    )
    return _Due(
        words=and_(
            Comment.body.is_not(None),
            Comment.given_at < clock.start_of_day(limit),
            of_unit.exists(),
        ),
        links=and_(
            Visit.unit_id == unit_id,
            Visit.closed_day < limit,
            IS_LINKED,
        ),
        notes=and_(CaseEvent.words.is_not(None), CaseEvent.case_id.in_(cases)),
    )


def _counts(due: _Due) -> tuple[Any, ...]:
    return (
        select(func.count()).select_from(Comment).where(due.words),
        select(func.count()).select_from(Visit).where(due.links),
        select(func.count()).select_from(CaseEvent).where(due.notes),
    )


def _erase(session: Session, due: _Due, *, most: int) -> Erased:
    now = clock.now()
    words = session.scalars(select(Comment.rating_seq).where(due.words).limit(most)).all()
    links = session.scalars(select(Visit.id).where(due.links).limit(most)).all()
    notes = session.scalars(select(CaseEvent.id).where(due.notes).limit(most)).all()
    connection = session.connection()
    if words:
        erased = {"body": None, "salt": None, "erased_at": now}
        connection.execute(update(Comment).where(Comment.rating_seq.in_(words)).values(erased))
    if links:
        unlinked = {"dossier_id": None, "ticket_number": ""}
        connection.execute(update(Visit).where(Visit.id.in_(links)).values(unlinked))
    if notes:
        forgotten = {"words": None, "erased_at": now}
        connection.execute(update(CaseEvent).where(CaseEvent.id.in_(notes)).values(forgotten))
    return Erased(len(words), len(links), len(notes))
