"""What becomes of a delivered tap: known, in conflict, refused and why, or to be stored.

Refuses to write anything; ``recording`` acts on a verdict.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.engine import Connection

from satisfaction import clock
from satisfaction.facts import Facts, Row
from satisfaction.models import Comment, RatingReason, Reason
from satisfaction.placing import CLOCK_TOLERANCE, is_to_come
from satisfaction.taps import RecordingOutcome, Tap, comment_commitment
from satisfaction.terms import RecordingResult, RefusalReason

CORRECTION_WINDOW = timedelta(minutes=2)


def judge(tap: Tap, facts: Facts) -> RecordingOutcome:
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


def _is_same(tap: Tap, row: Row, facts: Facts) -> bool:
    """Say whether a stored rating has this tap's content.

    A correction that overtook its first was stored as superseding nothing, and its first never is.
    """
    shown = facts.reference.shown.get(tap.configuration_id)
    before = facts.ratings.get(tap.supersedes) if tap.supersedes else None
    return (
        shown is not None
        and (shown.scale_id, shown.level_ids.get(tap.level)) == (tap.scale_id, row.level_id)
        and (before.seq if before else None) == row.supersedes_seq
        and all(getattr(tap, name) == getattr(row, name) for name in _SAME)
        and row.is_assisted in {tap.is_assisted, facts.is_assisted(tap)}
        and _is_of_same_device(tap, row)
        and tap.visit == row.visit_token
        and tap.desk_id in {None, row.desk_id}
        and (tap.is_timed_here or clock.require_aware(tap.tapped_at) == row.tapped_at)
        and _has_same_words(tap, row, facts.connection)
    )


_SAME = (
    "configuration_id",
    "device_epoch",
    "device_counter",
    "source",
    "language",
    "layout",
)


def _is_of_same_device(tap: Tap, row: Row) -> bool:
    """Say whether one device tapped both; paired anew it has another key and the same store."""
    if tap.kiosk_id is None or row.kiosk_id is None:
        return tap.kiosk_id is None and row.kiosk_id is None
    is_same_store = tap.device_epoch is not None and bool(tap.device_epoch == row.device_epoch)
    return is_same_store or bool(tap.kiosk_id == row.kiosk_id)


def _has_same_words(tap: Tap, row: Row, connection: Connection) -> bool:
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


def _check_desk(tap: Tap, facts: Facts) -> RefusalReason | None:
    desk = facts.desk_of(tap)
    if desk is None:
        is_lost = tap.desk_id is None and tap.visit is not None
        return RefusalReason.UNKNOWN_VISIT if is_lost else RefusalReason.UNKNOWN_DESK
    day = facts.placements[tap].local_day
    if day is None:
        return None
    if day < desk.from_day or (desk.until_day is not None and day >= desk.until_day):
        return RefusalReason.RETIRED_DESK
    return None


def _check_time(tap: Tap, facts: Facts) -> RefusalReason | None:
    """A person who writes down a time to come is told; a device's clock leaves an unknown day."""
    is_told = tap.kiosk_id is None
    if is_told and is_to_come(facts.placements[tap].corrected_at, facts.received_at):
        return RefusalReason.TIME_IN_FUTURE
    return None


def _check_kiosk(tap: Tap, facts: Facts) -> RefusalReason | None:
    """A device may bring what was tapped before it came, if another stood at its place then.

    That is a queue whose device lost its credential and was paired anew.
    """
    if tap.kiosk_id is None:
        return None
    kiosk = facts.kiosks.get(tap.kiosk_id)
    if kiosk is None or kiosk.revoked_at is not None:
        return RefusalReason.REVOKED_KIOSK
    placement = facts.placements[tap]
    is_early = placement.corrected_at < kiosk.first_enrolled_at - CLOCK_TOLERANCE
    if is_early and placement.local_day is not None:
        return RefusalReason.BEFORE_ENROLMENT
    desk = facts.desk_of(tap)
    if kiosk.desk_id is None:
        is_here = desk is None or desk.unit_id == kiosk.unit_id
    else:
        is_here = desk is None or desk.id == kiosk.desk_id
    return None if is_here else RefusalReason.WRONG_DESK


def _check_level(tap: Tap, facts: Facts) -> RefusalReason | None:
    shown = facts.reference.shown.get(tap.configuration_id)
    if shown is None:
        return RefusalReason.UNKNOWN_CONFIGURATION
    if tap.scale_id != shown.scale_id or tap.level not in shown.level_ids:
        return RefusalReason.LEVEL_OF_ANOTHER_SCALE
    if not set(tap.reasons) <= facts.reference.reason_ids.keys():
        return RefusalReason.UNKNOWN_REASON
    return None


def _check_visit(tap: Tap, facts: Facts) -> RefusalReason | None:
    if tap.visit is None:
        shown = facts.reference.shown[tap.configuration_id]
        return None if shown.allows_unlinked else RefusalReason.UNLINKED_NOT_ALLOWED
    visit = facts.visits.get(tap.visit)
    if visit is None:
        return RefusalReason.UNKNOWN_VISIT
    if tap.desk_id not in {None, visit.desk_id}:
        return RefusalReason.WRONG_DESK
    return RefusalReason.VISIT_NOT_FINISHED if visit.closed_at is None else None


def _check_single(tap: Tap, facts: Facts) -> RefusalReason | None:
    """One rating counts for a visit; only the citizen's own correction may follow it.

    A correction that overtakes its first is taken as the visit's rating, because the last answer
    counts whichever is delivered first; the first then finds the visit rated.
    """
    visit = facts.visits.get(tap.visit) if tap.visit else None
    if visit is None:
        return RefusalReason.ALREADY_RATED if tap.supersedes else None
    before = facts.ratings.get(tap.supersedes) if tap.supersedes else None
    if before is None:
        return RefusalReason.ALREADY_RATED if visit.first_seq is not None else None
    is_correction = (
        before.visit_id == visit.id
        and before.superseded_by is None
        and _is_of_same_device(tap, before)
        and timedelta(0) <= tap.tapped_at - before.tapped_at <= CORRECTION_WINDOW
    )
    return None if is_correction else RefusalReason.ALREADY_RATED


_Check = Callable[[Tap, Facts], RefusalReason | None]
_CHECKS: tuple[_Check, ...] = (
    _check_time,
    _check_desk,
    _check_kiosk,
    _check_level,
    _check_visit,
    _check_single,
)
