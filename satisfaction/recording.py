"""The only writer of ratings: the touch page, offline batches, phone pages and paper end here.

Refuses to change or remove a rating: a correction is a further rating that supersedes the first.
The statements below are compiled Core statements, few for any number of ratings, because a tap
waits for them; docs/adr/0004-one-way-in.md gives the figures.
"""

import hashlib
import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import uuid6
from sqlalchemy import Engine, and_, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from satisfaction import clock
from satisfaction.database import CommitGroup, writing_engine
from satisfaction.days import hold_days, mark_days
from satisfaction.errors import AlreadyRatedError, RatingConflictError, RatingRefusedError
from satisfaction.models import (
    AuditEntry,
    Comment,
    Configuration,
    Desk,
    Kiosk,
    Level,
    Rating,
    RatingReason,
    Reason,
    Refusal,
    Visit,
)
from satisfaction.terms import (
    AuditAction,
    Language,
    Layout,
    Outcome,
    RatingSource,
    RecordingResult,
    RefusalReason,
)

_Row = Any
FUTURE_TOLERANCE = timedelta(minutes=5)
CORRECTION_WINDOW = timedelta(minutes=2)
LONGEST_COMMENT = 500


@dataclass(frozen=True, kw_only=True)
class Tap:
    """One answer as it was delivered.

    Time: ``tapped_at`` is the device's own aware time; ``clock_offset_ms`` added to it gives the
    server's time. Units: ``level`` is the position on the scale, 1 the lowest.
    """

    rating_id: uuid.UUID
    desk_id: int
    configuration_id: int
    scale_id: int
    level: int
    tapped_at: datetime
    visit: uuid.UUID | None = None
    kiosk_id: int | None = None
    device_epoch: int | None = None
    device_counter: int | None = None
    source: RatingSource = RatingSource.KIOSK
    is_assisted: bool = False
    language: Language = Language.VI
    layout: Layout = Layout.ROW
    clock_offset_ms: int | None = None
    supersedes: uuid.UUID | None = None
    reasons: tuple[str, ...] = ()
    comment: str = ""

    @property
    def corrected_at(self) -> datetime:
        """The tap's time by the server's clock."""
        return self.tapped_at + timedelta(milliseconds=self.clock_offset_ms or 0)


@dataclass(frozen=True, kw_only=True)
class ReasonsGiven:
    """Reasons chosen after a rating was stored."""

    rating_id: uuid.UUID
    kiosk_id: int | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RecordingOutcome:
    """The answer to one delivered rating; a repeated delivery gets the first answer's fields."""

    rating_id: uuid.UUID
    result: RecordingResult
    received_at: datetime
    reason: RefusalReason | None = None


@dataclass(frozen=True)
class _Shown:
    """What a configuration allowed a citizen to answer; never changes, so it may be kept."""

    scale_id: int
    level_ids: dict[int, int]
    allows_unlinked: bool


@dataclass
class Reference:
    """Configurations and reasons of one database, read once each."""

    shown: dict[int, _Shown] = field(default_factory=dict)
    reason_ids: dict[str, int] = field(default_factory=dict)

    def load(self, connection: Connection, taps: Sequence[Tap]) -> None:
        """Read what these taps name and what has not been read before."""
        missing = {tap.configuration_id for tap in taps} - self.shown.keys()
        for row in connection.execute(_CONFIGURATIONS, {"ids": list(missing)}) if missing else ():
            shown = self.shown.setdefault(row.id, _Shown(row.scale_id, {}, row.allows_unlinked))
            shown.level_ids[row.position] = row.level_id
        self.load_reasons(connection, {code for tap in taps for code in tap.reasons})

    def load_reasons(self, connection: Connection, codes: Iterable[str]) -> None:
        """Read the reasons' keys when one of these codes has not been seen."""
        if set(codes) - self.reason_ids.keys():
            rows = connection.execute(select(Reason.code, Reason.id))
            self.reason_ids.update({row.code: row.id for row in rows})


@dataclass
class _Facts:
    """What the database knows about a group of taps, read at the start of its transaction."""

    connection: Connection
    reference: Reference
    received_at: datetime
    ratings: dict[uuid.UUID, _Row]
    visits: dict[uuid.UUID, _Row]
    desks: dict[int, _Row]
    kiosks: dict[int, _Row]


_rating = Rating.__table__
_first = aliased(Rating, name="first")
_superseder = aliased(Rating, name="superseder")
_CONFIGURATIONS = (
    select(
        Configuration.id,
        Configuration.scale_id,
        Configuration.allows_unlinked,
        Level.position,
        Level.id.label("level_id"),
    )
    .join(Level, Level.scale_id == Configuration.scale_id)
    .where(Configuration.id.in_(bindparam("ids", expanding=True)))
)
_RATINGS = (
    select(*_rating.c, Visit.token.label("visit_token"), _superseder.seq.label("superseded_by"))
    .outerjoin(Visit, Visit.id == Rating.visit_id)
    .outerjoin(_superseder, _superseder.supersedes_seq == Rating.seq)
    .where(Rating.id.in_(bindparam("ids", expanding=True)))
)
_VISITS = (
    select(
        Visit.id,
        Visit.token,
        Visit.unit_id,
        Visit.desk_id,
        Visit.closed_at,
        Visit.closed_day,
        _first.seq.label("first_seq"),
    )
    .outerjoin(_first, and_(_first.visit_id == Visit.id, _first.supersedes_seq.is_(None)))
    .where(Visit.token.in_(bindparam("tokens", expanding=True)))
)
_DESKS = select(Desk.id, Desk.unit_id, Desk.from_day, Desk.until_day).where(
    Desk.id.in_(bindparam("ids", expanding=True))
)
_KIOSKS = select(Kiosk.id, Kiosk.desk_id, Kiosk.enrolled_at, Kiosk.revoked_at).where(
    Kiosk.id.in_(bindparam("ids", expanding=True))
)
_INSERT = {
    "sqlite": sqlite.insert(Rating).on_conflict_do_nothing().returning(Rating.id),
    "postgresql": postgresql.insert(Rating).on_conflict_do_nothing().returning(Rating.id),
}
_INSERT_REFUSAL = {
    "sqlite": sqlite.insert(Refusal).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(Refusal).on_conflict_do_nothing(),
}
_VISIT_RATED = (
    update(Visit.__table__)  # type: ignore[arg-type]
    .where(Visit.__table__.c.id == bindparam("visit"))
    .values(outcome=Outcome.RATED)
)


class Recorder:
    """Records ratings of one database; one of these serves all threads of a process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = writing_engine(engine)
        self._reference = Reference()
        self._group: CommitGroup[Tap, RecordingOutcome] = CommitGroup(engine, self._handle)

    def record(self, tap: Tap) -> RecordingOutcome:
        """Record one live tap and return when it is durable, together with others who wait."""
        return self._group.submit(tap)

    def record_batch(self, taps: Sequence[Tap]) -> list[RecordingOutcome]:
        """Record a delivered batch in one transaction; a bad item does not hold up the others."""
        with self._engine.begin() as connection:
            return self._handle(connection, taps)

    def _handle(self, connection: Connection, taps: Sequence[Tap]) -> list[RecordingOutcome]:
        return record_ratings(connection, taps, reference=self._reference)


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
    connection: Connection, taps: Sequence[Tap], *, reference: Reference | None = None
) -> list[RecordingOutcome]:
    """Record any number of ratings in the caller's transaction and answer each, in order.

    Writes: as ``record_rating``; marks the closed days whose counts change.
    """
    reference = reference or Reference()
    reference.load(connection, taps)
    received_at = clock.now()
    outcomes: dict[int, RecordingOutcome] = {}
    waiting = list(enumerate(taps))
    while waiting:
        facts = _read_facts(connection, [tap for _, tap in waiting], reference, received_at)
        waiting = _record_round(connection, waiting, facts, outcomes)
    _confirm_known(connection, outcomes.values())
    return [outcomes[place] for place in range(len(taps))]


def _record_round(
    connection: Connection,
    waiting: list[tuple[int, Tap]],
    facts: _Facts,
    outcomes: dict[int, RecordingOutcome],
) -> list[tuple[int, Tap]]:
    """Settle each tap, or leave it for the next round if it hangs on one of this round."""
    accepted: list[tuple[int, Tap]] = []
    refused: list[tuple[Tap, RecordingOutcome]] = []
    left: list[tuple[int, Tap]] = []
    busy: set[uuid.UUID] = set()
    for place, tap in waiting:
        names = {tap.rating_id, tap.visit, tap.supersedes} - {None}
        if names & busy:
            left.append((place, tap))
            continue
        busy |= {name for name in names if name is not None}
        outcome = _judge(tap, facts)
        outcomes[place] = outcome
        if outcome.result is RecordingResult.RECORDED:
            accepted.append((place, tap))
        elif outcome.result is not RecordingResult.KNOWN:
            refused.append((tap, outcome))
    _keep_refusals(connection, refused)
    lost = _insert(connection, [tap for _, tap in accepted], facts)
    return left + [(place, tap) for place, tap in accepted if tap.rating_id in lost]


def _read_facts(
    connection: Connection, taps: Sequence[Tap], reference: Reference, received_at: datetime
) -> _Facts:
    ids = {tap.rating_id for tap in taps} | {tap.supersedes for tap in taps if tap.supersedes}
    tokens = {tap.visit for tap in taps if tap.visit}
    kiosks = {tap.kiosk_id for tap in taps if tap.kiosk_id}
    ratings = connection.execute(_RATINGS, {"ids": list(ids)})
    visits = connection.execute(_VISITS, {"tokens": list(tokens)}) if tokens else ()
    desks = connection.execute(_DESKS, {"ids": list({tap.desk_id for tap in taps})})
    known = connection.execute(_KIOSKS, {"ids": list(kiosks)}) if kiosks else ()
    return _Facts(
        connection=connection,
        reference=reference,
        received_at=received_at,
        ratings={row.id: row for row in ratings},
        visits={row.token: row for row in visits},
        desks={row.id: row for row in desks},
        kiosks={row.id: row for row in known},
    )


def _judge(tap: Tap, facts: _Facts) -> RecordingOutcome:
    """Decide what becomes of one tap; nothing is written here."""
    first = facts.ratings.get(tap.rating_id)
    if first is not None:
        is_same = _is_same(tap, first, facts)
        return RecordingOutcome(
            rating_id=tap.rating_id,
            result=RecordingResult.KNOWN if is_same else RecordingResult.CONFLICT,
            received_at=first.received_at,
            reason=None if is_same else RefusalReason.CONFLICT,
        )
    reason = next((found for check in _CHECKS if (found := check(tap, facts))), None)
    result = RecordingResult.RECORDED
    if reason is not None:
        is_second = reason is RefusalReason.ALREADY_RATED
        result = RecordingResult.ALREADY_RATED if is_second else RecordingResult.REFUSED
    return RecordingOutcome(
        rating_id=tap.rating_id, result=result, received_at=facts.received_at, reason=reason
    )


def _is_same(tap: Tap, row: _Row, facts: _Facts) -> bool:
    """Say whether a stored rating has this tap's content."""
    shown = facts.reference.shown.get(tap.configuration_id)
    before = facts.ratings.get(tap.supersedes) if tap.supersedes else None
    return (
        shown is not None
        and (shown.scale_id, shown.level_ids.get(tap.level)) == (tap.scale_id, row.level_id)
        and (before.seq if before else None) == row.supersedes_seq
        and all(getattr(tap, name) == getattr(row, name) for name in _SAME)
        and (tap.visit, clock.require_aware(tap.tapped_at)) == (row.visit_token, row.tapped_at)
        and _has_same_words(tap, row, facts.connection)
    )


_SAME = (
    "desk_id",
    "configuration_id",
    "kiosk_id",
    "device_epoch",
    "device_counter",
    "source",
    "is_assisted",
    "language",
    "layout",
)


def _has_same_words(tap: Tap, row: _Row, connection: Connection) -> bool:
    """Compare the comment, unless it was erased, and reasons that came with the rating."""
    if bool(tap.comment) != (row.comment_commit is not None):
        return False
    if tap.comment:
        salt = connection.scalar(select(Comment.salt).where(Comment.rating_seq == row.seq))
        if salt and comment_commitment(tap.comment, salt) != row.comment_commit:
            return False
    if not tap.reasons:
        return True
    stored = connection.scalars(
        select(Reason.code).join(RatingReason).where(RatingReason.rating_seq == row.seq)
    )
    return set(stored) == set(tap.reasons)


def _check_desk(tap: Tap, facts: _Facts) -> RefusalReason | None:
    desk = facts.desks.get(tap.desk_id)
    if desk is None:
        return RefusalReason.UNKNOWN_DESK
    day = _day(tap, facts)
    if day < desk.from_day or (desk.until_day is not None and day >= desk.until_day):
        return RefusalReason.RETIRED_DESK
    return None


def _check_time(tap: Tap, facts: _Facts) -> RefusalReason | None:
    if tap.corrected_at > facts.received_at + FUTURE_TOLERANCE:
        return RefusalReason.TIME_IN_FUTURE
    return None


def _check_kiosk(tap: Tap, facts: _Facts) -> RefusalReason | None:
    if tap.kiosk_id is None:
        return None
    kiosk = facts.kiosks.get(tap.kiosk_id)
    if kiosk is None or kiosk.revoked_at is not None:
        return RefusalReason.REVOKED_KIOSK
    if tap.corrected_at < kiosk.enrolled_at - FUTURE_TOLERANCE:
        return RefusalReason.BEFORE_ENROLMENT
    return RefusalReason.WRONG_DESK if kiosk.desk_id != tap.desk_id else None


def _check_level(tap: Tap, facts: _Facts) -> RefusalReason | None:
    shown = facts.reference.shown.get(tap.configuration_id)
    if shown is None:
        return RefusalReason.UNKNOWN_CONFIGURATION
    if tap.scale_id != shown.scale_id or tap.level not in shown.level_ids:
        return RefusalReason.LEVEL_OF_ANOTHER_SCALE
    if not set(tap.reasons) <= facts.reference.reason_ids.keys():
        return RefusalReason.UNKNOWN_REASON
    return None


def _check_visit(tap: Tap, facts: _Facts) -> RefusalReason | None:
    if tap.visit is None:
        shown = facts.reference.shown[tap.configuration_id]
        return None if shown.allows_unlinked else RefusalReason.UNLINKED_NOT_ALLOWED
    visit = facts.visits.get(tap.visit)
    if visit is None:
        return RefusalReason.UNKNOWN_VISIT
    if visit.desk_id != tap.desk_id:
        return RefusalReason.WRONG_DESK
    return RefusalReason.VISIT_NOT_FINISHED if visit.closed_at is None else None


def _check_single(tap: Tap, facts: _Facts) -> RefusalReason | None:
    """One rating counts for a visit; only the citizen's own correction may follow it."""
    visit = facts.visits.get(tap.visit) if tap.visit else None
    if tap.supersedes is None:
        is_rated = visit is not None and visit.first_seq is not None
        return RefusalReason.ALREADY_RATED if is_rated else None
    before = facts.ratings.get(tap.supersedes)
    is_correction = (
        visit is not None
        and before is not None
        and before.visit_id == visit.id
        and before.superseded_by is None
        and before.kiosk_id == tap.kiosk_id
        and timedelta(0) <= tap.tapped_at - before.tapped_at <= CORRECTION_WINDOW
    )
    return None if is_correction else RefusalReason.ALREADY_RATED


_Check = Callable[[Tap, _Facts], RefusalReason | None]
_CHECKS: tuple[_Check, ...] = (
    _check_time,
    _check_desk,
    _check_kiosk,
    _check_level,
    _check_visit,
    _check_single,
)


def _day(tap: Tap, facts: _Facts) -> date:
    """Return the office's day of a tap; a clock a little fast never makes a day to come."""
    return clock.local_day(min(clock.require_aware(tap.corrected_at), facts.received_at))


def _insert(connection: Connection, taps: Sequence[Tap], facts: _Facts) -> set[uuid.UUID]:
    """Store accepted taps; return the ids that another transaction was faster with."""
    if not taps:
        return set()
    salts = {tap.rating_id: secrets.token_bytes(16) for tap in taps if tap.comment}
    rows = [_as_row(tap, facts, salts.get(tap.rating_id)) for tap in taps]
    visits = [facts.visits[tap.visit] for tap in taps if tap.visit]
    days = {row["local_day"] for row in rows} | {visit.closed_day for visit in visits}
    hold_days(connection, days)
    stored = set(connection.execute(_INSERT[connection.dialect.name], rows).scalars())
    kept = [tap for tap in taps if tap.rating_id in stored]
    rated = [facts.visits[tap.visit] for tap in kept if tap.visit]
    if rated:
        connection.execute(_VISIT_RATED, [{"visit": visit.id} for visit in rated])
    _keep_words(connection, kept, facts, salts)
    mark_days(connection, days)
    return {tap.rating_id for tap in taps} - stored


def _as_row(tap: Tap, facts: _Facts, salt: bytes | None) -> dict[str, Any]:
    visit = facts.visits[tap.visit] if tap.visit else None
    return {
        "id": tap.rating_id,
        "visit_id": visit.id if visit else None,
        "unit_id": facts.desks[tap.desk_id].unit_id,
        "desk_id": tap.desk_id,
        "level_id": facts.reference.shown[tap.configuration_id].level_ids[tap.level],
        "configuration_id": tap.configuration_id,
        "kiosk_id": tap.kiosk_id,
        "device_epoch": tap.device_epoch,
        "device_counter": tap.device_counter,
        "source": tap.source,
        "is_assisted": tap.is_assisted,
        "language": tap.language,
        "layout": tap.layout,
        "tapped_at": tap.tapped_at,
        "received_at": facts.received_at,
        "clock_offset_ms": tap.clock_offset_ms,
        "local_day": _day(tap, facts),
        "supersedes_seq": facts.ratings[tap.supersedes].seq if tap.supersedes else None,
        "comment_commit": comment_commitment(tap.comment, salt) if salt else None,
    }


def comment_commitment(comment: str, salt: bytes) -> bytes:
    """Return the salted commitment of a comment.

    Shape: 32 bytes, SHA-256 of the domain word, the salt and the text in UTF-8.
    """
    return hashlib.sha256(b"c1" + salt + comment.encode()).digest()


def _keep_words(
    connection: Connection, taps: Sequence[Tap], facts: _Facts, salts: dict[uuid.UUID, bytes]
) -> None:
    """Store reasons and comments that came together with their ratings."""
    spoken = [tap for tap in taps if tap.reasons or tap.comment]
    if not spoken:
        return
    ids = [tap.rating_id for tap in spoken]
    found = connection.execute(select(Rating.id, Rating.seq).where(Rating.id.in_(ids)))
    seqs = {row.id: row.seq for row in found}
    for tap in spoken:
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

    Raises: RatingRefusedError for an unknown reason, or a rating that is not this device's.
    """
    connection = session.connection()
    received_at = clock.now()
    rating = connection.execute(_RATINGS, {"ids": [given.rating_id]}).one_or_none()
    if rating is None or rating.kiosk_id != given.kiosk_id:
        raise RatingRefusedError(RefusalReason.UNKNOWN_VISIT, rating_id=given.rating_id)
    reference = Reference()
    reference.load_reasons(connection, given.reasons)
    if not set(given.reasons) <= reference.reason_ids.keys():
        raise RatingRefusedError(RefusalReason.UNKNOWN_REASON, rating_id=given.rating_id)
    earlier = connection.scalar(select(func.count()).where(RatingReason.rating_seq == rating.seq))
    if not earlier:
        _insert_reasons(connection, rating.seq, given.reasons, reference, received_at)
    return RecordingOutcome(
        rating_id=given.rating_id,
        result=RecordingResult.KNOWN if earlier else RecordingResult.RECORDED,
        received_at=received_at,
    )


def _keep_refusals(connection: Connection, refused: Sequence[tuple[Tap, RecordingOutcome]]) -> None:
    """Keep what was not counted, with its reason and without the citizen's words."""
    for tap, outcome in refused:
        content = _content(tap)
        row = {
            "rating_id": tap.rating_id,
            "content_hash": hashlib.sha256(json.dumps(content).encode()).digest(),
            "kiosk_id": tap.kiosk_id,
            "device_epoch": tap.device_epoch,
            "device_counter": tap.device_counter,
            "received_at": clock.now(),
            "reason": outcome.reason,
            "content": content,
        }
        kept = connection.execute(_INSERT_REFUSAL[connection.dialect.name], row)
        if kept.rowcount and outcome.result is RecordingResult.CONFLICT:
            connection.execute(
                insert(AuditEntry),
                {
                    "at": row["received_at"],
                    "action": AuditAction.RATING_CONFLICT,
                    "detail": {"rating_id": str(tap.rating_id), "kiosk_id": tap.kiosk_id},
                },
            )


def _content(tap: Tap) -> dict[str, Any]:
    """Return what identifies a delivery, as JSON can hold it; a comment leaves only its length."""
    content = asdict(tap)
    content["comment"] = len(tap.comment)
    return {
        name: value if isinstance(value, int | str | None) else str(value)
        for name, value in content.items()
    }


def _confirm_known(connection: Connection, outcomes: Iterable[RecordingOutcome]) -> None:
    """Make the commit wait for a synchronous standby also when nothing new was written.

    Source: a transaction that writes nothing does not wait, so a repeated delivery could be
    answered for a row that no standby has yet.
    """
    if connection.dialect.name == "postgresql" and any(
        outcome.result is RecordingResult.KNOWN for outcome in outcomes
    ):
        connection.execute(select(func.pg_logical_emit_message(True, "known", "")))
