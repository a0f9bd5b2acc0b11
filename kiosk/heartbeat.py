"""What a device says of itself each minute, and what it learns: what the server lacks of it."""

from datetime import timedelta
from typing import Annotated

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.credential import earlier_token, keep_credential, keep_renewed, present_token
from kiosk.forms import Counter, DeviceTime
from kiosk.screen import page_edition
from satisfaction import clock, fleet, heartbeats
from satisfaction.database import unit_of_work
from satisfaction.errors import KioskNotFoundError
from satisfaction.fleet import Device
from satisfaction.heartbeats import Beat
from satisfaction.web.errors import problem
from satisfaction.web.guards import for_kiosk

blueprint = Blueprint("heartbeat", __name__)

MOST_BYTES = 2**53
_MILLISECOND = timedelta(milliseconds=1)


class BeatMessage(BaseModel):
    """One heartbeat as the device sends it; its clock is measured here, by ``device_now``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device_now: DeviceTime
    queue_length: Counter
    oldest_queued_at: DeviceTime | None = None
    epoch: Counter
    next_counter: Annotated[int, Field(ge=1, le=2**31 - 1)]
    version: Annotated[str, Field(pattern="^[0-9A-Za-z._-]{0,40}$")]
    free_bytes: Annotated[int, Field(ge=0, le=MOST_BYTES)] | None = None
    last_tap_at: DeviceTime | None = None
    is_storage_kept: bool | None = None

    def as_beat(self) -> Beat:
        """Return the core's form of this message."""
        return Beat(
            queue_length=self.queue_length,
            oldest_queued_at=self.oldest_queued_at,
            device_epoch=self.epoch,
            next_counter=self.next_counter,
            version=self.version,
            clock_offset_ms=(clock.now() - self.device_now) // _MILLISECOND,
            free_bytes=self.free_bytes,
            last_tap_at=self.last_tap_at,
            is_storage_kept=self.is_storage_kept,
        )


@blueprint.post("/heartbeat")
@for_kiosk
def create() -> ResponseReturnValue:
    """Keep a heartbeat; answer which counters are lacking and which version to run.

    A credential that is due is renewed with the answer; a device whose renewal this server has
    forgotten goes back to the credential that it had before.
    """
    device, token = _recognise()
    try:
        message = BeatMessage.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        return problem(400, "malformed")
    with unit_of_work() as session:
        answer = heartbeats.record_beat(session, device.kiosk_id, message.as_beat(), token=token)
    response = jsonify(
        wanted=list(answer.wanted), server_now=clock.now().isoformat(), version=page_edition()
    )
    if answer.credential is not None:
        keep_renewed(response, answer.credential, replaced=token)
    elif token != present_token():
        keep_credential(response, token)
    return response


def _recognise() -> tuple[Device, str]:
    """Return the device and the credential by which this server knows it."""
    present, earlier = present_token(), earlier_token()
    try:
        return fleet.find_device(fleet.hash_token(present)), present
    except KioskNotFoundError:
        if earlier is None:
            raise
        return fleet.find_device(fleet.hash_token(earlier)), earlier
