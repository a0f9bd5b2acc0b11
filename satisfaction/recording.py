"""The only writer of ratings: the touch page, offline batches, phone pages and paper end here.

Refuses to change or remove a rating: a correction is a further rating that supersedes the first.
Compiled statements, few for any number of ratings, because a tap waits for them.
"""

import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Protocol, TypeVar

import uuid6
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.comments import record_comment
from satisfaction.database import CommitGroup, run_durably
from satisfaction.days import hold_days, mark_days
from satisfaction.errors import (
    AlreadyRatedError,
    KioskNotFoundError,
    NotFoundError,
    RatingConflictError,
    RatingNotFoundError,
    RatingRefusedError,
)
from satisfaction.facts import (
    RATINGS,
    Facts,
    Reference,
    Row,
    find_kiosks,
    read_facts,
    stand_together,
)
from satisfaction.models import Comment, Rating, RatingMark, RatingReason, RatingVoid
from satisfaction.rating_rows import store_rows
from satisfaction.refusals import keep_refusals
from satisfaction.taps import (
    LONGEST_COMMENT,
    ReasonsGiven,
    RecordingOutcome,
    Tap,
    comment_commitment,
)
from satisfaction.terms import AuditAction, RecordingResult, RefusalReason
from satisfaction.text import clean
from satisfaction.verdicts import CORRECTION_WINDOW, judge
from satisfaction.visit_rows import restore_forgotten

__all__ = [
    "CORRECTION_WINDOW",
    "LONGEST_COMMENT",
    "ReasonsGiven",
    "Recorder",
    "RecordingOutcome",
    "Tap",
    "comment_commitment",
    "new_rating_id",
    "record_comment",
    "record_rating",
    "record_ratings",
    "record_reasons",
    "void_rating",
]

LONGEST_EXPLANATION = 500
Answer = TypeVar("Answer")


class TapMaker(Protocol):
    """Makes the tap of a message once the device that sent it is known."""

    def __call__(self, *, kiosk_id: int, desk_id: int) -> Tap: ...


@dataclass(frozen=True)
class _Delivered:
    """A live tap as it came in: a hashed credential, and the message."""

    credential: bytes
    as_tap: TapMaker


class Recorder:
    """Records ratings of one database; one of these serves all threads of a process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reference = Reference()
        self._met: set[bytes] = set()
        self._group: CommitGroup[Tap | _Delivered, RecordingOutcome | NotFoundError] = CommitGroup(
            engine, self._handle
        )

    def record(self, tap: Tap) -> RecordingOutcome:
        """Record one live tap and return when it is durable, together with others who wait."""
        return _told(self._group.submit(tap))

    def record_delivered(self, credential: bytes, as_tap: TapMaker) -> RecordingOutcome:
        """Record one live tap of the device that holds a hashed credential.

        The credential is looked up in the transaction that stores the tap, which saves a read of
        its own and makes a revocation count at once; a stranger never comes so far.
        Raises: KioskNotFoundError.
        """
        if credential not in self._met:
            with self._engine.connect() as connection:
                _get_kiosk(credential, find_kiosks(connection, [credential]))
            self._met.add(credential)
        return _told(self._group.submit(_Delivered(credential, as_tap)))

    def record_batch(self, taps: Sequence[Tap]) -> list[RecordingOutcome]:
        """Record a delivered batch in one transaction; a bad item does not hold up the others."""
        return run_durably(
            self._engine,
            lambda connection: record_ratings(connection, taps, reference=self._reference),
        )

    def settle(self, work: Callable[[Connection, Reference], Answer]) -> Answer:
        """Run work durably in one transaction of its own, with what is known of the office.

        It is run again after a deadlock, so it must bear being run twice.
        """
        return run_durably(self._engine, lambda connection: work(connection, self._reference))

    def _handle(
        self, connection: Connection, items: Sequence[Tap | _Delivered]
    ) -> list[RecordingOutcome | NotFoundError]:
        credentials = {item.credential for item in items if isinstance(item, _Delivered)}
        kiosks = find_kiosks(connection, credentials)
        made = [_make_tap(item, kiosks) for item in items]
        taps = [tap for tap in made if isinstance(tap, Tap)]
        outcomes = iter(
            record_ratings(connection, taps, reference=self._reference, kiosks=kiosks.values())
        )
        return [next(outcomes) if isinstance(tap, Tap) else tap for tap in made]


def _make_tap(item: Tap | _Delivered, kiosks: dict[bytes, Row]) -> Tap | NotFoundError:
    """Return the tap of an item, or why its device may send none; others are not held up."""
    if isinstance(item, Tap):
        return item
    try:
        kiosk = _get_kiosk(item.credential, kiosks)
    except NotFoundError as problem:
        return problem
    return item.as_tap(kiosk_id=kiosk.id, desk_id=kiosk.desk_id)


def _get_kiosk(credential: bytes, kiosks: dict[bytes, Row]) -> Row:
    kiosk = kiosks.get(credential)
    if kiosk is None or kiosk.revoked_at is not None:
        raise KioskNotFoundError()
    return kiosk


def _told(answer: RecordingOutcome | NotFoundError) -> RecordingOutcome:
    if isinstance(answer, NotFoundError):
        raise answer
    return answer


def new_rating_id() -> uuid.UUID:
    """Return a time-ordered id (UUIDv7) for a rating made on the server, as from a paper slip."""
    return uuid.UUID(bytes=uuid6.uuid7().bytes)


def record_rating(session: Session, tap: Tap) -> RecordingOutcome:
    """Record one rating within the caller's unit of work.

    Writes: rating, its reasons and comment, the visit's outcome; or the refusal.
    Raises: RatingConflictError, AlreadyRatedError, RatingRefusedError when it is not counted; the
    refusal itself is stored if the caller keeps the unit of work.
    """
    outcome = record_ratings(session.connection(), [tap])[0]
    if outcome.result is RecordingResult.CONFLICT:
        raise RatingConflictError(RefusalReason.CONFLICT, rating_id=tap.rating_id)
    if outcome.result is RecordingResult.ALREADY_RATED:
        raise AlreadyRatedError(RefusalReason.ALREADY_RATED, rating_id=tap.rating_id)
    if outcome.reason is not None:
        raise RatingRefusedError(outcome.reason, rating_id=tap.rating_id)
    return outcome


def record_ratings(
    connection: Connection,
    taps: Sequence[Tap],
    *,
    reference: Reference | None = None,
    kiosks: Iterable[Row] = (),
) -> list[RecordingOutcome]:
    """Record any number of ratings in the caller's transaction and answer each, in order.

    ``kiosks`` are what this transaction has already read of the taps' devices.
    Writes: as ``record_rating``; visits that were forgotten; marks the closed days whose counts
    change.
    """
    reference = reference or Reference()
    reference.load(connection, taps)
    received_at = clock.now()
    outcomes: dict[int, RecordingOutcome] = {}
    waiting = list(enumerate(taps))
    remade: set[date] = set()
    while waiting:
        here = [tap for _, tap in waiting]
        read = partial(read_facts, connection, here, reference=reference, received_at=received_at)
        facts = read(kiosks=kiosks)
        if days := restore_forgotten(facts, here):
            remade |= days
            facts = read(kiosks=facts.kiosks.values())
        kiosks = ()
        waiting = _record_round(connection, waiting, facts, outcomes)
    mark_days(connection, remade)
    _confirm_known(connection, outcomes.values())
    return [outcomes[place] for place in range(len(taps))]


def _record_round(
    connection: Connection,
    waiting: list[tuple[int, Tap]],
    facts: Facts,
    outcomes: dict[int, RecordingOutcome],
) -> list[tuple[int, Tap]]:
    """Settle each tap, or leave it for the next round if it hangs on one of this round."""
    accepted: list[tuple[int, Tap]] = []
    refused: list[tuple[Tap, RecordingOutcome]] = []
    left: list[tuple[int, Tap]] = []
    busy: set[uuid.UUID] = set()
    for place, tap in waiting:
        names = {name for name in (tap.rating_id, tap.visit, tap.supersedes) if name is not None}
        is_free = not names & busy
        busy |= names
        if not is_free:
            left.append((place, tap))
            continue
        outcome = judge(tap, facts)
        outcomes[place] = outcome
        if outcome.result is RecordingResult.RECORDED:
            accepted.append((place, tap))
        elif outcome.result is not RecordingResult.KNOWN:
            refused.append((tap, outcome))
    keep_refusals(connection, refused, known_kiosks=facts.kiosks)
    lost = _insert(connection, [tap for _, tap in accepted], facts)
    return left + [(place, tap) for place, tap in accepted if tap.rating_id in lost]


def _insert(connection: Connection, taps: Sequence[Tap], facts: Facts) -> set[uuid.UUID]:
    """Store accepted taps; return the ids that another transaction was faster with.

    Rows are written in the order of their keys, so that two batches seldom wait for each other.
    """
    if not taps:
        return set()
    taps = sorted(taps, key=lambda tap: tap.rating_id)
    salts = {tap.rating_id: secrets.token_bytes(16) for tap in taps if tap.comment}
    rows = [_as_row(tap, facts, salts.get(tap.rating_id)) for tap in taps]
    visits = [facts.visits[tap.visit] for tap in taps if tap.visit]
    days = {row["local_day"] for row in rows} | {visit.closed_day for visit in visits}
    days.discard(None)
    hold_days(connection, days)
    stored = store_rows(connection, rows)
    kept = [tap for tap in taps if tap.rating_id in stored]
    _keep_words(connection, kept, facts, salts)
    mark_days(connection, days)
    return {tap.rating_id for tap in taps} - stored


def _as_row(tap: Tap, facts: Facts, salt: bytes | None) -> dict[str, Any]:
    visit = facts.visits[tap.visit] if tap.visit else None
    desk = facts.desk_of(tap)
    assert desk is not None
    before = facts.ratings.get(tap.supersedes) if tap.supersedes else None
    return {
        "id": tap.rating_id,
        "visit_id": visit.id if visit else None,
        "unit_id": desk.unit_id,
        "desk_id": desk.id,
        "level_id": facts.reference.shown[tap.configuration_id].level_ids[tap.level],
        "configuration_id": tap.configuration_id,
        "kiosk_id": tap.kiosk_id,
        "device_epoch": tap.device_epoch,
        "device_counter": tap.device_counter,
        "source": tap.source,
        "is_assisted": facts.is_assisted(tap),
        "language": tap.language,
        "layout": tap.layout,
        "tapped_at": tap.tapped_at,
        "received_at": facts.received_at,
        "clock_offset_ms": tap.clock_offset_ms,
        "local_day": facts.placements[tap].local_day,
        "supersedes_seq": before.seq if before else None,
        "comment_commit": comment_commitment(tap.comment, salt) if salt else None,
    }


def _keep_words(
    connection: Connection, taps: Sequence[Tap], facts: Facts, salts: dict[uuid.UUID, bytes]
) -> None:
    """Store reasons, comments and marks that came together with their ratings."""
    spoken = [tap for tap in taps if tap.reasons or tap.comment or facts.placements[tap].marks]
    if not spoken:
        return
    ids = [tap.rating_id for tap in spoken]
    found = connection.execute(select(Rating.id, Rating.seq).where(Rating.id.in_(ids)))
    seqs = {row.id: row.seq for row in found}
    for tap in spoken:
        marks = facts.placements[tap].marks
        if marks:
            connection.execute(
                insert(RatingMark),
                [
                    {
                        "rating_seq": seqs[tap.rating_id],
                        "mark": mark,
                        "marked_at": facts.received_at,
                    }
                    for mark in marks
                ],
            )
        _insert_reasons(
            connection, seqs[tap.rating_id], tap.reasons, facts.reference, facts.received_at
        )
        if tap.comment:
            connection.execute(
                insert(Comment),
                {
                    "rating_seq": seqs[tap.rating_id],
                    "given_at": facts.received_at,
                    "commitment": comment_commitment(tap.comment, salts[tap.rating_id]),
                    "body": tap.comment,
                    "salt": salts[tap.rating_id],
                },
            )


def _insert_reasons(
    connection: Connection,
    rating_seq: int,
    codes: Iterable[str],
    reference: Reference,
    given_at: datetime,
) -> None:
    rows = [
        {"rating_seq": rating_seq, "reason_id": reference.reason_ids[code], "given_at": given_at}
        for code in sorted(set(codes))
    ]
    if rows:
        connection.execute(insert(RatingReason), rows)


def record_reasons(session: Session, given: ReasonsGiven) -> RecordingOutcome:
    """Store the reasons chosen after a rating, once; a repeated delivery changes nothing.

    Writes: rating_reason; marks the day.
    Raises: RatingRefusedError for an unknown reason, or a rating that is not this device's.
    """
    connection = session.connection()
    received_at = clock.now()
    rating = _lock_rating(connection, given.rating_id)
    if rating is None or not _may_give_reasons(connection, given.kiosk_id, rating):
        raise RatingRefusedError(RefusalReason.UNKNOWN_VISIT, rating_id=given.rating_id)
    reference = Reference()
    reference.load_reasons(connection, given.reasons)
    if not set(given.reasons) <= reference.reason_ids.keys():
        raise RatingRefusedError(RefusalReason.UNKNOWN_REASON, rating_id=given.rating_id)
    earlier = connection.scalar(select(func.count()).where(RatingReason.rating_seq == rating.seq))
    if not earlier:
        days = {rating.local_day} - {None}
        hold_days(connection, days)
        _insert_reasons(connection, rating.seq, given.reasons, reference, received_at)
        mark_days(connection, days)
    return RecordingOutcome(
        rating_id=given.rating_id,
        result=RecordingResult.KNOWN if earlier else RecordingResult.RECORDED,
        received_at=received_at,
    )


def _may_give_reasons(connection: Connection, kiosk_id: int | None, rating: Row) -> bool:
    """Say whether reasons come from where the rating came from; the device may be paired anew."""
    if kiosk_id is None or rating.kiosk_id is None or kiosk_id == rating.kiosk_id:
        return bool(kiosk_id == rating.kiosk_id)
    return stand_together(connection, {kiosk_id, rating.kiosk_id})


def _lock_rating(connection: Connection, rating_id: uuid.UUID) -> Any:
    """Return a rating, held until the transaction ends, so that what belongs to it comes once."""
    held = select(Rating.seq).where(Rating.id == rating_id).with_for_update(key_share=True)
    if connection.scalar(held) is None:
        return None
    return RATINGS.run(connection, [rating_id]).one()


def void_rating(
    session: Session, rating_id: uuid.UUID, *, account_id: int | None, explanation: str
) -> uuid.UUID:
    """Have an answer counted as voided from now on; a second time changes nothing.

    What is voided, and returned, is the rating that counts: the last of its corrections.
    Writes: rating_void, audit_entry; marks the day. The visit stays rated, as it was.
    Raises: RatingNotFoundError.
    """
    connection = session.connection()
    rating = _lock_rating(connection, rating_id)
    if rating is None:
        raise RatingNotFoundError(rating_id=rating_id)
    if rating.superseded_by is not None:
        last = connection.scalar(select(Rating.id).where(Rating.seq == rating.superseded_by))
        assert last is not None
        return void_rating(session, last, account_id=account_id, explanation=explanation)
    if connection.scalar(select(RatingVoid.rating_seq).where(RatingVoid.rating_seq == rating.seq)):
        return rating_id
    days = {rating.local_day} - {None}
    hold_days(connection, days)
    connection.execute(
        insert(RatingVoid),
        {
            "rating_seq": rating.seq,
            "voided_at": clock.now(),
            "voided_by_id": account_id,
            "explanation": clean(explanation)[:LONGEST_EXPLANATION],
        },
    )
    mark_days(connection, days)
    record_deed(
        session,
        AuditAction.RATING_VOIDED,
        account_id=account_id,
        unit_id=rating.unit_id,
        detail={"rating_id": str(rating_id)},
    )
    return rating_id


def _confirm_known(connection: Connection, outcomes: Iterable[RecordingOutcome]) -> None:
    """Make the commit wait for a synchronous standby also when nothing new was written.

    Source: a transaction that writes nothing does not wait, so a repeated delivery could be
    answered for a row that no standby has yet.
    """
    if connection.dialect.name == "postgresql" and any(
        outcome.result is RecordingResult.KNOWN for outcome in outcomes
    ):
        connection.execute(select(func.pg_logical_emit_message(True, "known", "")))
