"""Face 2: everything an officer reaches by signing in."""

from flask import Blueprint, Flask

from admin import cards, counts, desk, dossiers, fleet, hours, paper, receipts, session
from admin.navigation import places_of
from satisfaction.web.guards import current_officer

SIGN_IN_ENDPOINT = "admin.session.new"
HOME_ENDPOINT = "admin.session.index"


def install(app: Flask) -> None:
    """Attach the officers' face."""
    face = Blueprint("admin", __name__, url_prefix="/admin")
    for module in (session, desk, counts, dossiers, paper, cards, receipts, fleet, hours):
        face.register_blueprint(module.blueprint)
    app.register_blueprint(face)
    app.jinja_env.globals.update(current_officer=current_officer, places_of=places_of)
