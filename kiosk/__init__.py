"""Face 1: everything a citizen reaches without signing in."""

from flask import Blueprint, Flask

from kiosk import rating, ratings
from satisfaction.web.setup import csrf


def install(app: Flask) -> None:
    """Attach the citizens' face. Its forms are guarded by the kiosk's own credential."""
    face = Blueprint("kiosk", __name__, url_prefix="/kiosk")
    for module in (rating, ratings):
        csrf.exempt(module.blueprint)
        face.register_blueprint(module.blueprint)
    app.register_blueprint(face)
