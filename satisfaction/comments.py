"""Words that a citizen adds after a rating: once, and never changed. Refuses to mark or judge.

Numbers that lead to a person are hidden before anything is stored.
"""

import secrets
import uuid

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.errors import RatingNotFoundError
from satisfaction.models import Comment, Rating
from satisfaction.taps import comment_commitment, storable_comment
from satisfaction.terms import RecordingResult

_INSERT = {
    "sqlite": sqlite.insert(Comment).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(Comment).on_conflict_do_nothing(),
}


def record_comment(session: Session, rating_id: uuid.UUID, text: str) -> RecordingResult:
    """Store words that follow a rating, once for an answer and its corrections.

    Words that come a second time, also at the same moment, change nothing and are *known*; so is
    a text of which nothing is left.
    Writes: comment, with its salted commitment.
    Raises: RatingNotFoundError.
    """
    connection = session.connection()
    rating = connection.execute(
        select(Rating.seq, Rating.visit_id).where(Rating.id == rating_id)
    ).one_or_none()
    if rating is None:
        raise RatingNotFoundError(rating_id=rating_id)
    answer = [rating.seq] if rating.visit_id is None else _hold_answer(connection, rating.visit_id)
    body = storable_comment(text)
    earlier = select(Comment.rating_seq).where(Comment.rating_seq.in_(answer)).limit(1)
    if not body or connection.scalar(earlier) is not None:
        return RecordingResult.KNOWN
    salt = secrets.token_bytes(16)
    stored = connection.execute(
        _INSERT[connection.dialect.name],
        {
            "rating_seq": rating.seq,
            "given_at": clock.now(),
            "commitment": comment_commitment(body, salt),
            "body": body,
            "salt": salt,
        },
    )
    return RecordingResult.RECORDED if stored.rowcount else RecordingResult.KNOWN


def _hold_answer(connection: Connection, visit_id: int) -> list[int]:
    """Return the ratings of a visit, the first one held, so that words come to it one by one."""
    connection.execute(_first_of(visit_id).with_for_update(key_share=True))
    return list_answer(connection, visit_id)


def _first_of(visit_id: int) -> Select[int]:
    return select(Rating.seq).where(Rating.visit_id == visit_id, Rating.supersedes_seq.is_(None))


def list_answer(connection: Connection, visit_id: int) -> list[int]:
    """Return a visit's rating and its corrections in their order; the last one counts."""
    answer: list[int] = []
    following = connection.scalar(_first_of(visit_id))
    while following is not None:
        answer.append(following)
        following = connection.scalar(select(Rating.seq).where(Rating.supersedes_seq == following))
    return answer


def has_comment(session: Session, visit_id: int) -> bool:
    """Say whether words have been added to the answer of a visit, erased ones too."""
    answer = list_answer(session.connection(), visit_id)
    found = select(Comment.rating_seq).where(Comment.rating_seq.in_(answer)).limit(1)
    return session.scalar(found) is not None
