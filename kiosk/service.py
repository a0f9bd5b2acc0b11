"""The interface for the one-stop system: links for dossiers that were settled online.

Refuses who holds no credential for it; docs/api.md describes it.
"""

from typing import Annotated

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from satisfaction import online, services
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import SatisfactionError, ServiceNotFoundError
from satisfaction.links import invitation_url
from satisfaction.online import MOST_AT_ONCE, InvitedDossier
from satisfaction.web.addresses import public_base
from satisfaction.web.errors import problem, status_of
from satisfaction.web.guards import for_services

blueprint = Blueprint("service", __name__, url_prefix="/api")
BEARER = "Bearer "


class InvitationsWanted(BaseModel):
    """The dossiers whose citizens are to be invited."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    dossiers: Annotated[
        list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=MOST_AT_ONCE)
    ]


@blueprint.errorhandler(SatisfactionError)
def refused(error: SatisfactionError) -> Response:
    """Answer an error as a program understands it."""
    if isinstance(error, ServiceNotFoundError):
        answer = problem(401, "no-such-credential")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    return problem(int(status_of(error)), "refused")


@blueprint.post("/invitations")
@for_services
def create() -> ResponseReturnValue:
    """Make a link for each dossier, each settled for itself and answered in order."""
    with reading() as session:
        service = services.get_service(session, _credential())
    try:
        wanted = InvitationsWanted.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        return problem(400, "malformed")
    with unit_of_work() as session:
        invited = online.invite_dossiers(
            session, service.unit_id, wanted.dossiers, asked_by=service.name
        )
    return jsonify(invitations=[_as_answer(one) for one in invited])


def _credential() -> str:
    header = request.headers.get("Authorization", "")
    return header.removeprefix(BEARER) if header.startswith(BEARER) else ""


def _as_answer(invited: InvitedDossier) -> dict[str, str | None]:
    return {
        "dossier": invited.code,
        "state": invited.state,
        "url": invitation_url(public_base(), invited.token) if invited.token else None,
        "expires_at": invited.expires_at.isoformat() if invited.expires_at else None,
    }
