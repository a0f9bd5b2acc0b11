"""The number pad of a kiosk in the lobby: which visit a ticket's number or code stands for.

Refuses to be asked by a kiosk at a desk, which is told of its visits.
"""

from typing import Annotated, cast

from flask import Blueprint, Response, current_app, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.credential import token_hash
from kiosk.faults import show_faults_as_paused
from kiosk.pad import THROTTLED, plain_number, round_up
from kiosk.pages import address, name_desk
from kiosk.screen import describe_question
from satisfaction import fleet, lobby
from satisfaction.database import unit_of_work
from satisfaction.errors import DeskNotFoundError, SignInThrottledError
from satisfaction.fleet import Device
from satisfaction.lobby import Ticket, TicketAttempt
from satisfaction.screens import Question
from satisfaction.web.errors import problem
from satisfaction.web.guards import for_kiosk
from satisfaction.web.languages import languages

blueprint = Blueprint("lobby", __name__)
show_faults_as_paused(blueprint)

LONGEST_TYPED = 200
ERASE = "erase"


class TicketMessage(BaseModel):
    """What was typed or scanned."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket: Annotated[str, Field(min_length=1, max_length=LONGEST_TYPED)]


@blueprint.post("/tickets")
@for_kiosk
def create() -> ResponseReturnValue:
    """Find the visit of a ticket: its question, or why it cannot be rated."""
    device = _get_device()
    try:
        message = TicketMessage.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        return problem(400, "malformed")
    try:
        ticket = _find(device, message.ticket)
    except SignInThrottledError as throttled:
        wait = round_up(throttled.fields["retry_after_seconds"])
        response = jsonify(state="throttled", seconds=wait)
        response.status_code = 429
        response.headers["Retry-After"] = str(wait)
        return response
    question = ticket.question
    if question is None:
        return jsonify(state=ticket.state)
    return jsonify(state=ticket.state, question=_describe(question))


@blueprint.post("/number")
@for_kiosk
def update() -> ResponseReturnValue:
    """Take a key of the plain form's pad, or look for the number that stands there."""
    device = _get_device()
    number = plain_number(request.form.get("number", ""))
    if key := request.form.get("key"):
        number = number[:-1] if key == ERASE else plain_number(number + key)
        return _show(number)
    try:
        ticket = _find(device, number)
    except SignInThrottledError as throttled:
        return _show(number, THROTTLED, seconds=round_up(throttled.fields["retry_after_seconds"]))
    if ticket.question is None:
        return _show(number, ticket.state)
    return redirect(address("rating.index", visit=ticket.question.visit), 303)


def _get_device() -> Device:
    device = fleet.find_device(token_hash())
    if device.desk_id is not None:
        raise DeskNotFoundError(kiosk_id=device.kiosk_id)
    return device


def _find(device: Device, typed: str) -> Ticket:
    attempt = TicketAttempt(typed, device, str(current_app.secret_key).encode())
    with unit_of_work() as session:
        return lobby.find_ticket(session, attempt)


def _describe(question: Question) -> dict[str, object]:
    """Return the question as the page's program knows it, its desk named in every language."""
    desk: dict[str, str] = {}
    for language in languages():
        with force_locale(language):
            desk[language] = name_desk(question.desk)
    return describe_question(question) | {"desk": desk}


def _show(number: str, told: str | None = None, *, seconds: int | None = None) -> Response:
    """Return to the pad, so that the page there may be loaded again."""
    where = address("rating.index", number=number or None, told=told, seconds=seconds)
    return cast("Response", redirect(where, 303))
