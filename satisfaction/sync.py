"""Deliveries of a device's queue: each item is settled for itself, and each rating once.

Refuses nothing as a whole: a bad item is kept as refused with its reason, and the others count.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from satisfaction import clock, visits
from satisfaction.errors import RatingRefusedError, VisitNotFoundError, VisitOpenError
from satisfaction.facts import Reference
from satisfaction.fleet import Device
from satisfaction.recording import ReasonsGiven, Tap, record_ratings, record_reasons
from satisfaction.terms import Outcome, RecordingResult, RefusalReason

MOST_ITEMS = 500
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class RatingItem:
    """A tap of the queue."""

    item_id: uuid.UUID
    tap: Tap


@dataclass(frozen=True)
class ReasonsItem:
    """Reasons chosen after a rating of the queue."""

    item_id: uuid.UUID
    given: ReasonsGiven


@dataclass(frozen=True)
class OutcomeItem:
    """That a question was skipped or not answered in time."""

    item_id: uuid.UUID
    visit: uuid.UUID
    outcome: Outcome


SyncItem = RatingItem | ReasonsItem | OutcomeItem


@dataclass(frozen=True)
class Delivery:
    """A part of a device's queue, in its order, and the device's time when it was sent."""

    device: Device
    device_now: datetime
    items: Sequence[SyncItem]

    def offset_ms(self, received_at: datetime) -> int:
        """Return what has to be added to the device's time to get the server's."""
        return (received_at - clock.require_aware(self.device_now)) // _MILLISECOND


@dataclass(frozen=True)
class SyncAnswer:
    """What became of one item; the device forgets an item only on its own answer."""

    item_id: uuid.UUID
    result: RecordingResult
    received_at: datetime
    reason: RefusalReason | None = None


def accept_delivery(
    session: Session, delivery: Delivery, *, reference: Reference | None = None
) -> list[SyncAnswer]:
    """Settle every item of a delivery in the caller's transaction, in order.

    Ratings come first, so that reasons find theirs whichever was queued before the other.
    """
    received_at = clock.now()
    offset_ms = delivery.offset_ms(received_at)
    taps = [
        measured(item.tap, offset_ms) for item in delivery.items if isinstance(item, RatingItem)
    ]
    outcomes = iter(record_ratings(session.connection(), taps, reference=reference))
    settled: dict[uuid.UUID, SyncAnswer] = {}
    answers = []
    for item in delivery.items:
        if isinstance(item, RatingItem):
            outcome = next(outcomes)
            answer = SyncAnswer(item.item_id, outcome.result, outcome.received_at, outcome.reason)
        elif item.item_id in settled:
            answer = settled[item.item_id]
        else:
            answer = _settle(session, delivery.device, item, received_at)
        settled[item.item_id] = answer
        answers.append(answer)
    return answers


def measured(tap: Tap, offset_ms: int) -> Tap:
    """Return a tap with the offset of its delivery, unless the device measured one at the tap."""
    return tap if tap.clock_offset_ms is not None else replace(tap, clock_offset_ms=offset_ms)


def _settle(
    session: Session, device: Device, item: ReasonsItem | OutcomeItem, received_at: datetime
) -> SyncAnswer:
    try:
        if isinstance(item, ReasonsItem):
            result = record_reasons(session, item.given).result
        else:
            visits.end_question(session, item.visit, desk_id=device.desk_id, outcome=item.outcome)
            result = RecordingResult.RECORDED
    except RatingRefusedError as refused:
        return SyncAnswer(item.item_id, RecordingResult.REFUSED, received_at, refused.reason)
    except VisitNotFoundError:
        reason = RefusalReason.UNKNOWN_VISIT
        return SyncAnswer(item.item_id, RecordingResult.REFUSED, received_at, reason)
    except VisitOpenError:
        reason = RefusalReason.VISIT_NOT_FINISHED
        return SyncAnswer(item.item_id, RecordingResult.REFUSED, received_at, reason)
    return SyncAnswer(item.item_id, result, received_at)
