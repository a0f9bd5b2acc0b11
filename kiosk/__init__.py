"""Face 1: everything a citizen reaches without signing in."""

from flask import Blueprint, Flask

from kiosk import enrolment, heartbeat, outcomes, pairing, rating, ratings, reasons, screen, sync
from kiosk.typesetting import keep_words_together
from satisfaction.web.setup import csrf


def install(app: Flask) -> None:
    """Attach the citizens' face. Its forms are guarded by the kiosk's own credential."""
    face = Blueprint("kiosk", __name__, url_prefix="/kiosk")
    for module in (rating, screen, ratings, reasons, outcomes, enrolment, sync, heartbeat, pairing):
        csrf.exempt(module.blueprint)
        face.register_blueprint(module.blueprint)
    app.register_blueprint(face)
    app.jinja_env.filters["unbroken"] = keep_words_together
