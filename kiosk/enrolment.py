"""Hand a device the credential of a kiosk. Refuses one that is unknown or revoked."""

from flask import Blueprint, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from kiosk.credential import TEN_YEARS_SECONDS, keep_credential
from kiosk.faults import show_faults_as_paused
from satisfaction import fleet
from satisfaction.terms import Layout
from satisfaction.web.guards import for_kiosk

blueprint = Blueprint("enrolment", __name__)
show_faults_as_paused(blueprint)


@blueprint.get("/enrol/<token>")
@for_kiosk
def create(token: str) -> ResponseReturnValue:
    """Have this device keep the credential, and go on to its page.

    A device without JavaScript is told by ``?layout=stack`` that it stands upright.
    """
    fleet.find_device(fleet.hash_token(token))
    response = make_response(redirect(url_for("kiosk.rating.index"), 303))
    response.headers["Referrer-Policy"] = "no-referrer"
    keep_credential(response, token)
    if request.args.get("layout") in {Layout.ROW, Layout.STACK}:
        response.set_cookie(
            "layout",
            request.args["layout"],
            max_age=TEN_YEARS_SECONDS,
            path=url_for("kiosk.rating.index"),
            samesite="Strict",
        )
    return response
