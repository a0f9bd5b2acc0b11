"""Deliveries of a device's queue: each item is settled for itself, and each rating once.

Refuses nothing as a whole: a bad item is kept as refused with its reason, and the others count.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from satisfaction import clock, visits
from satisfaction.dockets import Docket
from satisfaction.errors import (
    KioskNotFoundError,
    RatingRefusedError,
    VisitNotFoundError,
    VisitOpenError,
)
from satisfaction.facts import Reference
from satisfaction.fleet import Device
from satisfaction.offline_visits import Served, find_docket
from satisfaction.placing import is_to_come, place
from satisfaction.recording import (
    ReasonsGiven,
    Recorder,
    RecordingOutcome,
    Tap,
    record_ratings,
    record_reasons,
)
from satisfaction.refusals import RefusedItem, keep_refused_item
from satisfaction.terms import Outcome, RecordingResult, RefusalReason
from satisfaction.visit_rows import Place, restore_visits

MOST_ITEMS = 500
MOST_OFFSET_MS = 2**31 - 1
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class RatingItem:
    """A tap of the queue."""

    item_id: uuid.UUID
    tap: Tap
    served: Served | None = None


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
    docket: Docket | None = None
    served: Served | None = None


@dataclass(frozen=True)
class UnreadableItem:
    """Something of the queue that cannot be read; what can be told of it is kept as refused."""

    item_id: uuid.UUID
    content: Mapping[str, int | str | None] = field(hash=False)
    device_epoch: int | None = None
    device_counter: int | None = None


SyncItem = RatingItem | ReasonsItem | OutcomeItem | UnreadableItem


@dataclass(frozen=True)
class Delivery:
    """A part of a device's queue, in its order, and the device's time when it was sent."""

    device: Device
    device_now: datetime
    items: Sequence[SyncItem]


@dataclass(frozen=True)
class SyncAnswer:
    """What became of one item; the device forgets an item only on its own answer."""

    item_id: uuid.UUID
    result: RecordingResult
    received_at: datetime
    reason: RefusalReason | None = None


def deliver(recorder: Recorder, delivery: Delivery) -> list[SyncAnswer]:
    """Settle a delivery and return when it is durable.

    One rating alone shares its commit with the live taps of that moment.
    Raises: KioskNotFoundError for a device revoked meanwhile; nothing is settled then.
    """
    only = delivery.items[0] if len(delivery.items) == 1 else None
    if not isinstance(only, RatingItem) or only.served is not None:
        return recorder.settle(
            lambda connection, reference: _accept(connection, delivery, reference)
        )
    outcome = recorder.record(measured(only.tap, delivery.device_now, received_at=clock.now()))
    _refuse_revoked([outcome])
    return [_answer(only, outcome)]


def _accept(connection: Connection, delivery: Delivery, reference: Reference) -> list[SyncAnswer]:
    with Session(connection, expire_on_commit=False) as session:
        answers = accept_delivery(session, delivery, reference=reference)
        session.flush()
    return answers


def _refuse_revoked(outcomes: Sequence[RecordingOutcome]) -> None:
    """Refuse a device as a whole, because it forgets an item on an answer of its own."""
    if any(outcome.reason is RefusalReason.REVOKED_KIOSK for outcome in outcomes):
        raise KioskNotFoundError()


def _answer(item: RatingItem, outcome: RecordingOutcome) -> SyncAnswer:
    return SyncAnswer(item.item_id, outcome.result, outcome.received_at, outcome.reason)


def accept_delivery(
    session: Session, delivery: Delivery, *, reference: Reference | None = None
) -> list[SyncAnswer]:
    """Settle every item of a delivery in the caller's transaction, in order.

    Ratings come first, so that reasons find theirs whichever was queued before the other.
    Raises: KioskNotFoundError for a device revoked meanwhile.
    """
    received_at = clock.now()
    items = [
        _with_docket(session, delivery, item, received_at=received_at) for item in delivery.items
    ]
    taps = [item.tap for item in items if isinstance(item, RatingItem)]
    recorded = record_ratings(session.connection(), taps, reference=reference)
    _refuse_revoked(recorded)
    outcomes = iter(recorded)
    settled: dict[uuid.UUID, SyncAnswer] = {}
    answers = []
    for item in items:
        if isinstance(item, RatingItem):
            answer = _answer(item, next(outcomes))
        elif item.item_id in settled:
            answer = settled[item.item_id]
        else:
            answer = _settle_other(session, delivery.device, item, received_at)
        settled[item.item_id] = answer
        answers.append(answer)
    return answers


def _with_docket(
    session: Session, delivery: Delivery, item: SyncItem, *, received_at: datetime
) -> SyncItem:
    """Return an item with its clock offset, and the facts of a visit that an officer told of.

    A visit that is not believed has no facts, and is then refused as an unknown one.
    """
    if isinstance(item, ReasonsItem | UnreadableItem):
        return item
    now, served = delivery.device_now, item.served
    if isinstance(item, RatingItem):
        item = replace(item, tap=measured(item.tap, now, received_at=received_at))
        visit, offset_ms = item.tap.visit, item.tap.clock_offset_ms
    else:
        visit, offset_ms = item.visit, served.clock_offset_ms if served else None
    if served is None or visit is None:
        return item
    if offset_ms is None:
        offset_ms = _offset_ms(now, received_at)
    timed = replace(served, clock_offset_ms=offset_ms)
    docket = find_docket(session, timed, visit=visit, desk_id=delivery.device.desk_id)
    if isinstance(item, RatingItem):
        return replace(item, tap=replace(item.tap, docket=docket))
    return replace(item, docket=docket)


def measured(tap: Tap, device_now: datetime, *, received_at: datetime) -> Tap:
    """Return a tap with the clock offset that holds for it.

    The one that the device had measured when it was tapped outweighs that of the delivery, unless
    the tap would be still to come by it: the clock jumped ahead after that measuring.
    """
    offset_ms = _offset_ms(device_now, received_at)
    if tap.clock_offset_ms is not None:
        own = place(tap.tapped_at, tap.clock_offset_ms, received_at=received_at)
        if not is_to_come(own.corrected_at, received_at):
            return tap
    return replace(tap, clock_offset_ms=offset_ms)


def _offset_ms(device_now: datetime, received_at: datetime) -> int:
    """Return what has to be added to the device's time to get the server's.

    Units: milliseconds, at most what a column holds, which is 24 days; how far a clock beyond
    that is off does not matter, because the day is unknown either way.
    """
    offset = (received_at - clock.require_aware(device_now)) // _MILLISECOND
    return max(-MOST_OFFSET_MS, min(offset, MOST_OFFSET_MS))


def _settle_other(
    session: Session,
    device: Device,
    item: ReasonsItem | OutcomeItem | UnreadableItem,
    received_at: datetime,
) -> SyncAnswer:
    """Settle what is no rating, and keep it if it is refused."""
    if isinstance(item, UnreadableItem):
        answer = SyncAnswer(
            item.item_id, RecordingResult.REFUSED, received_at, RefusalReason.MALFORMED
        )
    else:
        answer = _settle(session, device, item, received_at)
    if answer.reason is not None:
        keep_refused_item(session.connection(), _as_refused(item, device, answer.reason))
    return answer


def _as_refused(
    item: ReasonsItem | OutcomeItem | UnreadableItem, device: Device, reason: RefusalReason
) -> RefusedItem:
    content: Mapping[str, int | str | None]
    epoch = counter = None
    if isinstance(item, UnreadableItem):
        content, epoch, counter = item.content, item.device_epoch, item.device_counter
    elif isinstance(item, ReasonsItem):
        words = ",".join(item.given.reasons)
        content = {"kind": "reasons", "rating": str(item.given.rating_id), "reasons": words}
    else:
        content = {"kind": "outcome", "visit": str(item.visit), "outcome": item.outcome.value}
    return RefusedItem(
        item_id=item.item_id,
        kiosk_id=device.kiosk_id,
        reason=reason,
        content=content,
        device_epoch=epoch,
        device_counter=counter,
    )


def _settle(
    session: Session, device: Device, item: ReasonsItem | OutcomeItem, received_at: datetime
) -> SyncAnswer:
    try:
        if isinstance(item, ReasonsItem):
            result = record_reasons(session, item.given).result
        else:
            _end_question(session, device, item)
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


def _end_question(session: Session, device: Device, item: OutcomeItem) -> None:
    """Keep what became of a question; its visit is made again where it was forgotten.

    Raises: as ``visits.end_question``.
    """
    try:
        visits.end_question(session, item.visit, desk_id=device.desk_id, outcome=item.outcome)
    except (VisitNotFoundError, VisitOpenError):
        docket = item.docket
        if docket is None or docket.visit != item.visit or not _place(device).is_of(docket):
            raise
        restore_visits(session.connection(), [docket])
        session.expire_all()
        visits.end_question(session, item.visit, desk_id=device.desk_id, outcome=item.outcome)


def _place(device: Device) -> Place:
    return Place(device.unit_id, device.desk_id)
