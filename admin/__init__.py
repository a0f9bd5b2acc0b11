"""Face 2: everything an officer reaches by signing in."""

from typing import Any

from flask import Blueprint, Flask
from flask_login import current_user

from admin import counts, desk, session
from admin.navigation import places_of

SIGN_IN_ENDPOINT = "admin.session.new"
HOME_ENDPOINT = "admin.session.index"


def install(app: Flask) -> None:
    """Attach the officers' face."""
    face = Blueprint("admin", __name__, url_prefix="/admin")
    for module in (session, desk, counts):
        face.register_blueprint(module.blueprint)

    @face.context_processor
    def officer_and_places() -> dict[str, Any]:
        if not current_user.is_authenticated:
            return {}
        officer = current_user.officer
        return {"officer": officer, "navigation": places_of(officer)}

    app.register_blueprint(face)
