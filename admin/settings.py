"""The settings page: what is seen to once in a while. Refuses to set anything itself."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from admin.navigation import settings_of
from satisfaction.web.guards import current_officer, for_officers

blueprint = Blueprint("settings", __name__)


@blueprint.get("/settings")
@for_officers
def index() -> ResponseReturnValue:
    """List the places that this officer may set up."""
    return render_template("admin/settings/index.html", places=settings_of(current_officer()))
