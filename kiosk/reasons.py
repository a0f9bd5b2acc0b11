"""Reasons chosen after a tap, as JSON. They come after their rating and are stored once."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from kiosk.credential import token_hash
from kiosk.forms import ReasonsMessage
from satisfaction import fleet, recording
from satisfaction.database import unit_of_work
from satisfaction.web.errors import problem
from satisfaction.web.guards import for_kiosk

blueprint = Blueprint("reasons", __name__)


@blueprint.post("/reasons")
@for_kiosk
def create() -> ResponseReturnValue:
    """Record reasons; a repeated delivery changes nothing."""
    device = fleet.find_device(token_hash())
    try:
        message = ReasonsMessage.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        return problem(400, "malformed")
    with unit_of_work() as session:
        recording.record_reasons(session, message.as_given(kiosk_id=device.kiosk_id))
    return jsonify(rating=str(message.rating))
