"""Live taps as JSON: one tap in, one answer out, after it is durable."""

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from kiosk.credential import token_hash
from kiosk.forms import LiveRating
from satisfaction.recording import Recorder
from satisfaction.terms import RecordingResult
from satisfaction.web.errors import problem
from satisfaction.web.guards import for_kiosk
from satisfaction.web.setup import RECORDER

blueprint = Blueprint("ratings", __name__)

STATUSES = {
    RecordingResult.RECORDED: 200,
    RecordingResult.KNOWN: 200,
    RecordingResult.ALREADY_RATED: 409,
    RecordingResult.CONFLICT: 409,
    RecordingResult.REFUSED: 422,
}


@blueprint.post("/ratings")
@for_kiosk
def create() -> ResponseReturnValue:
    """Record one tap; a repeated delivery gets the first answer again."""
    credential = token_hash()
    try:
        message = LiveRating.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        return problem(400, "malformed")
    recorder: Recorder = current_app.extensions[RECORDER]
    outcome = recorder.record_delivered(credential, message.as_measured)
    status = STATUSES[outcome.result]
    if status != 200:
        return problem(status, str(outcome.reason))
    return jsonify(id=str(outcome.rating_id), received_at=outcome.received_at.isoformat())
