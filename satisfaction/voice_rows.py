"""Which ratings are voices that an officer may see, as one statement. Refuses to show anything.

A voice is a rating that was not a satisfied one, or that has words. It is a voice only once the
closing after its arrival is over, and an allegation is one of its kind only where the officer may
see allegations: elsewhere it is a rating like any other, without that reason and without words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from satisfaction import clock
from satisfaction.database import read_once
from satisfaction.models import (
    Case,
    Comment,
    Level,
    Rating,
    RatingReason,
    RatingVoid,
    Reason,
    Visit,
)
from satisfaction.periods import Period
from satisfaction.policies import group_by_closing, read_policies
from satisfaction.pseudonyms import Pseudonyms
from satisfaction.terms import ALLEGATIONS, CaseKind, CaseState, Channel, Leaning, RatingSource

NOBODY: frozenset[int] = frozenset()
_Closed = tuple[datetime, tuple[int, ...]]


@dataclass(frozen=True)
class Reader:
    """An officer who reads voices and cases: in which units what may be seen and done today.

    ``names`` are the names under which this installation shows ratings; without permission for
    allegations somewhere an officer never learns of one there. Who sees voices without ``words``
    somewhere learns that something was said, and not what.
    """

    account_id: int
    names: Pseudonyms
    voices: frozenset[int] = NOBODY
    words: frozenset[int] = NOBODY
    allegations: frozenset[int] = NOBODY
    cases: frozenset[int] = NOBODY
    handling: frozenset[int] = NOBODY
    dossiers: frozenset[int] = NOBODY


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which voices are asked for; what is left out narrows nothing.

    Shape: ``faces`` are 1 to 5, ``words`` is what is looked for in comments.
    """

    period: Period
    unit_ids: frozenset[int] | None = None
    desk_id: int | None = None
    procedure_id: int | None = None
    faces: frozenset[int] = field(default_factory=frozenset)
    is_unsatisfied: bool = False
    reason: str | None = None
    channel: Channel | None = None
    source: RatingSource | None = None
    state: CaseState | None = None
    words: str = ""


_superseder = aliased(Rating, name="superseder")
_answer = aliased(Case, name="answer")
_allegation = aliased(Case, name="allegation")
IS_LOW = Level.leaning != Leaning.SATISFIED
IS_ALLEGATION = (
    select(RatingReason.rating_seq)
    .join(Reason, Reason.id == RatingReason.reason_id)
    .where(RatingReason.rating_seq == Rating.seq, Reason.code.in_(sorted(ALLEGATIONS)))
    .exists()
)


def select_voices(
    session: Session, reader: Reader, wanted: Wanted, *, columns: Mapping[str, Any]
) -> Select[Any]:
    """Return a statement for the voices that are asked for and shown, with labelled columns.

    Columns may stand on the rating, its level and visit, and on what :func:`words_of` and
    :func:`state_of` name.
    """
    closed = tuple(_closings(session, _units(reader, wanted)))
    found = _select_shown(closed, reader.allegations, wanted)
    return found.with_only_columns(*[column.label(name) for name, column in columns.items()])


@lru_cache(maxsize=64)
def _select_shown(
    closed: tuple[_Closed, ...], allegations: frozenset[int], wanted: Wanted
) -> Select[Any]:
    """Return the statement without its columns.

    Building it takes longer than asking it, so the latest are kept.
    """
    spoken = _spoken(wanted.period.first_day)
    return (
        select(Rating.seq)
        .select_from(Rating)
        .join(Level, Level.id == Rating.level_id)
        .outerjoin(Visit, Visit.id == Rating.visit_id)
        .outerjoin(RatingVoid, RatingVoid.rating_seq == Rating.seq)
        .outerjoin(_superseder, _superseder.supersedes_seq == Rating.seq)
        .outerjoin(spoken, spoken.c.seq == Rating.seq)
        .outerjoin(
            Comment,
            and_(
                Comment.rating_seq == spoken.c.origin,
                _within(closed, Comment.given_at),
                or_(Rating.unit_id.in_(sorted(allegations)), ~IS_ALLEGATION),
            ),
        )
        .outerjoin(_answer, and_(_answer.rating_seq == Rating.seq, _answer.kind == CaseKind.VOICE))
        .outerjoin(
            _allegation,
            and_(
                _allegation.rating_seq == Rating.seq,
                _allegation.kind == CaseKind.ALLEGATION,
                _allegation.unit_id.in_(sorted(allegations)),
            ),
        )
        .where(
            Rating.local_day >= wanted.period.first_day,
            Rating.local_day < wanted.period.end_day,
            _superseder.seq.is_(None),
            RatingVoid.rating_seq.is_(None),
            _within(closed, Rating.received_at),
            # Said again below; here it spares looking things up for the many that are neither.
            or_(IS_LOW, Rating.seq.in_(select(spoken.c.seq))),
            or_(IS_LOW, Comment.rating_seq.is_not(None)),
            *_filters(allegations, wanted),
        )
    )


@lru_cache(maxsize=64)
def _spoken(first_day: date) -> Any:
    """Return for each rating that counts the earlier one of its answer that the words came to."""
    first = (
        select(Comment.rating_seq.label("origin"), Comment.rating_seq.label("seq"))
        .where(Comment.given_at >= clock.start_of_day(first_day))
        .cte("spoken", recursive=True)
    )
    following = select(first.c.origin, Rating.seq).join(
        Rating, Rating.supersedes_seq == first.c.seq
    )
    every = first.union_all(following)
    return (
        select(every.c.seq, func.min(every.c.origin).label("origin"))
        .group_by(every.c.seq)
        .subquery("words")
    )


def end_of_shown(session: Session, reader: Reader, wanted: Wanted) -> date:
    """Return the day after the last one of which voices are shown by now."""
    closings = [closing for closing, _ids in _closings(session, _units(reader, wanted))]
    # What came in at the closing itself is not shown yet, and a day may close at its end.
    last = max(closings, default=clock.now()) - timedelta(microseconds=1)
    return clock.local_day(last) + timedelta(days=1)


def _units(reader: Reader, wanted: Wanted) -> frozenset[int]:
    return reader.voices if wanted.unit_ids is None else reader.voices & wanted.unit_ids


def _closings(session: Session, units: frozenset[int]) -> list[_Closed]:
    """Return the units that are read, by the closing up to which they show their voices."""

    def group() -> list[_Closed]:
        closings = group_by_closing(read_policies(session), units, now=clock.now())
        return [(closing, tuple(sorted(ids))) for closing, ids in closings.items()]

    return read_once(session, (_closings, units), group)


def _within(closed: Sequence[_Closed], moment: Any) -> ColumnElement[bool]:
    """Return the condition of having come in before the closing of the unit."""
    parts = [and_(Rating.unit_id.in_(ids), moment < closing) for closing, ids in closed]
    return or_(*parts) if parts else Rating.seq.is_(None)


def words_of() -> dict[str, Any]:
    """Return the columns of a voice's words."""
    return {"body": Comment.body, "spoken_at": Comment.given_at}


def state_of() -> Any:
    """Return the column that says how far a voice has come, as its reader sees it."""
    return func.coalesce(_allegation.state, _answer.state, CaseState.NEW.value)


def case_token_of() -> Any:
    """Return the column that names the case of a voice, as its reader sees it."""
    return case((_allegation.id.is_not(None), _allegation.token), else_=_answer.token)


def _filters(allegations: frozenset[int], wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = {
        Rating.desk_id: wanted.desk_id,
        Visit.procedure_id: wanted.procedure_id,
        Visit.channel: wanted.channel,
        Rating.source: wanted.source,
    }
    found = [column == value for column, value in asked.items() if value is not None]
    if wanted.faces:
        found.append(Level.face.in_(sorted(wanted.faces)))
    if wanted.is_unsatisfied:
        found.append(IS_LOW)
    if wanted.state is not None:
        found.append(state_of() == wanted.state.value)
    if wanted.reason is not None:
        found.append(_has_reason(allegations, wanted.reason))
    return found


def _has_reason(allegations: frozenset[int], code: str) -> ColumnElement[bool]:
    given = (
        select(RatingReason.rating_seq)
        .join(Reason, Reason.id == RatingReason.reason_id)
        .where(RatingReason.rating_seq == Rating.seq, Reason.code == code)
        .exists()
    )
    if code in ALLEGATIONS:
        return and_(given, Rating.unit_id.in_(sorted(allegations)))
    return given
