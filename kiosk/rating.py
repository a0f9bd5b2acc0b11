"""The touch page: waiting, rating, reasons, thanks."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from satisfaction.web.guards import for_kiosk

blueprint = Blueprint("rating", __name__)


@blueprint.get("/")
@for_kiosk
def index() -> ResponseReturnValue:
    """Show what the kiosk has to show now."""
    return "kiosk"
