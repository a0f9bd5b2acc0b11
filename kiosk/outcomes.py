"""What became of a question that nobody answered, as JSON. A rating always outweighs it."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from kiosk.credential import token_hash
from kiosk.forms import OutcomeMessage
from satisfaction import fleet, visits
from satisfaction.database import unit_of_work
from satisfaction.errors import DeskNotFoundError
from satisfaction.web.errors import problem
from satisfaction.web.guards import for_kiosk

blueprint = Blueprint("outcomes", __name__)


@blueprint.post("/outcomes")
@for_kiosk
def create() -> ResponseReturnValue:
    """Keep that a question was skipped or timed out; a repeated delivery changes nothing."""
    device = fleet.find_device(token_hash())
    if device.desk_id is None:
        raise DeskNotFoundError(kiosk_id=device.kiosk_id)
    try:
        message = OutcomeMessage.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        return problem(400, "malformed")
    with unit_of_work() as session:
        visits.end_question(session, message.visit, desk_id=device.desk_id, outcome=message.outcome)
    return jsonify(visit=str(message.visit))
