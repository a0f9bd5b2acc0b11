"""The link that a kiosk shows on its screen, for a citizen who wants to write more by phone."""

import uuid

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from kiosk.credential import token_hash
from satisfaction import fleet, invitations
from satisfaction.database import unit_of_work
from satisfaction.errors import SatisfactionError
from satisfaction.links import invitation_url
from satisfaction.web.addresses import public_base, qr_svg
from satisfaction.web.errors import problem, status_of
from satisfaction.web.guards import for_kiosk

blueprint = Blueprint("by_phone", __name__)


@blueprint.errorhandler(SatisfactionError)
def refused(error: SatisfactionError) -> Response:
    """Answer an error as the page's program understands it."""
    return problem(int(status_of(error)), "no-invitation")


@blueprint.get("/invitation")
@for_kiosk
def create() -> ResponseReturnValue:
    """Return a fresh link to the visit that is named, or to the desk's last one, and its symbol.

    Asked for once, when the symbol is to be shown: each asking makes a link, and a visit has few.
    """
    device = fleet.find_device(token_hash())
    named = request.args.get("visit")
    try:
        visit = uuid.UUID(named) if named else None
    except ValueError:
        return problem(400, "malformed")
    with unit_of_work() as session:
        made = invitations.invite_from_screen(
            session, visit, desk_id=device.desk_id, unit_id=device.unit_id
        )
    url = invitation_url(public_base(), made.token)
    expires_at = made.invitation.expires_at.isoformat()
    return jsonify(url=url, svg=qr_svg(url), expires_at=expires_at)
