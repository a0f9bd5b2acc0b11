"""Signing in and out."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from satisfaction.web.guards import public

blueprint = Blueprint("session", __name__)


@blueprint.get("/sign-in")
@public
def new() -> ResponseReturnValue:
    """Show the sign-in form."""
    return "sign in"
