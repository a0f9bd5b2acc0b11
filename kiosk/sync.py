"""A device's queue as JSON: up to 500 items in, an answer for each item out.

Refuses nothing of a queue for what stands beside it: an item that cannot be read is answered for
itself and kept, and the others are recorded.
"""

import hashlib
import json
import threading
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from kiosk.credential import token_hash
from kiosk.forms import (
    ClockOffset,
    DeviceTime,
    GivenDocket,
    GivenServed,
    OutcomeMessage,
    RatingMessage,
    ReasonsMessage,
    as_served,
)
from satisfaction import clock, fleet, sync
from satisfaction.fleet import Device
from satisfaction.recording import Recorder
from satisfaction.sync import (
    MOST_ITEMS,
    Delivery,
    OutcomeItem,
    RatingItem,
    ReasonsItem,
    SyncAnswer,
    SyncItem,
    UnreadableItem,
)
from satisfaction.web.errors import problem
from satisfaction.web.guards import for_kiosk
from satisfaction.web.setup import RECORDER

blueprint = Blueprint("sync", __name__)

TURNS = threading.BoundedSemaphore(2)
LATER_SECONDS = 2
MOST_NUMBER = 2**31 - 1
LONGEST_WORD = 64
KEPT_FIELDS = frozenset(
    ("kind", "visit", "configuration", "scale", "level", "tapped_at", "language", "layout")
) | {"clock_offset_ms", "supersedes", "rating", "outcome", "epoch", "counter"}


class QueuedRating(RatingMessage):
    """A tap of the queue."""

    kind: Literal["rating"]
    served: GivenServed = None

    def as_item(self, device: Device) -> RatingItem:
        """Return the core's form of this item."""
        tap = self.as_tap(kiosk_id=device.kiosk_id, desk_id=device.desk_id)
        return RatingItem(self.id, tap, as_served(self.served, self.clock_offset_ms))


class QueuedReasons(ReasonsMessage):
    """Reasons of the queue, under a name of their own."""

    kind: Literal["reasons"]
    id: uuid.UUID

    def as_item(self, device: Device) -> ReasonsItem:
        """Return the core's form of this item."""
        return ReasonsItem(self.id, self.as_given(kiosk_id=device.kiosk_id))


class QueuedOutcome(OutcomeMessage):
    """A question of the queue that was not answered."""

    kind: Literal["outcome"]
    id: uuid.UUID
    docket: GivenDocket = None
    served: GivenServed = None
    clock_offset_ms: ClockOffset = None

    def as_item(self, _device: Device) -> OutcomeItem:
        """Return the core's form of this item."""
        served = as_served(self.served, self.clock_offset_ms)
        return OutcomeItem(self.id, self.visit, self.outcome, self.docket, served)


_Queued = QueuedRating | QueuedReasons | QueuedOutcome
_QUEUED: TypeAdapter[_Queued] = TypeAdapter(Annotated[_Queued, Field(discriminator="kind")])


class QueueMessage(BaseModel):
    """A part of a queue, whose items are looked at one by one later."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device_now: DeviceTime
    items: Annotated[list[Any], Field(min_length=1)]


@blueprint.post("/sync")
@for_kiosk
def create() -> ResponseReturnValue:
    """Settle a part of a device's queue; what is delivered again gets the first answer again.

    A few queues at a time: when a whole fleet comes back at once, whoever is tapping now must not
    stand behind all of them. The others keep their queue and come again a little later.
    """
    if not TURNS.acquire(blocking=False):
        answer = problem(503, "busy")
        answer.headers["Retry-After"] = str(LATER_SECONDS)
        return answer
    try:
        return _settle()
    finally:
        TURNS.release()


def _settle() -> ResponseReturnValue:
    device = fleet.find_device(token_hash())
    try:
        message = QueueMessage.model_validate(read_json(request.get_data(cache=False)))
        items = [_read_item(item, device) for item in message.items[: MOST_ITEMS + 1]]
    except (ValueError, RecursionError):
        return problem(400, "malformed")
    if len(items) > MOST_ITEMS:
        return problem(413, "too-many-items")
    recorder: Recorder = current_app.extensions[RECORDER]
    answers = sync.deliver(recorder, Delivery(device, message.device_now, items))
    told = [_tell(*both) for both in zip(message.items, answers, strict=True)]
    return jsonify(items=told, server_now=clock.now().isoformat())


def read_json(body: bytes) -> Any:
    """Return a document as Python's values; an object that names a thing twice is given away.

    Raises: ValueError; RecursionError for one that is nested too deep.
    """
    return json.loads(body, object_pairs_hook=_read_object)


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else found | {"named twice": True}


def _read_item(item: Any, device: Device) -> SyncItem:
    try:
        return _QUEUED.validate_python(item).as_item(device)
    except ValidationError as fault:
        return _as_unreadable(item, fault)


def _as_unreadable(item: Any, fault: ValidationError) -> UnreadableItem:
    """Return what can be kept of an item that cannot be read: short known values, nothing else."""
    fields: Mapping[str, Any] = item if isinstance(item, dict) else {}
    content: dict[str, int | str | None] = {
        name: _keep(fields[name]) for name in sorted(KEPT_FIELDS & fields.keys())
    }
    first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
    place = str(first["loc"][-1]) if first["loc"] else ""
    content["fault"] = first["type"]
    content["place"] = place if place in KEPT_FIELDS | {"id", "reasons"} else ""
    text = json.dumps(item, sort_keys=True, default=str)
    content["bytes"] = len(text)
    return UnreadableItem(
        item_id=_name(fields.get("id"), text),
        content=content,
        device_epoch=_number(fields.get("epoch")),
        device_counter=_number(fields.get("counter")),
    )


def _name(given: Any, text: str) -> uuid.UUID:
    """Return an item's own name, or one made of what it says."""
    try:
        return uuid.UUID(given)
    except (ValueError, AttributeError, TypeError):
        return uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16])


def _number(given: Any) -> int | None:
    is_number = isinstance(given, int) and not isinstance(given, bool)
    return given if is_number and 0 <= given <= MOST_NUMBER else None


def _keep(given: Any) -> int | str | None:
    if isinstance(given, str) and len(given) <= LONGEST_WORD and given.isprintable():
        return given
    return _number(given)


def _tell(item: Any, answer: SyncAnswer) -> dict[str, Any]:
    """Return the answer to one item, under the name that the device gave it."""
    own = item.get("id") if isinstance(item, dict) else None
    return {
        "id": own if isinstance(own, str) and len(own) <= LONGEST_WORD else None,
        "result": answer.result,
        "reason": answer.reason,
        "received_at": answer.received_at.isoformat(),
    }
