"""Face 2: everything an officer reaches by signing in."""

from flask import Blueprint, Flask

from admin import session

SIGN_IN_ENDPOINT = "admin.session.new"
HOME_ENDPOINT = "admin.session.new"


def install(app: Flask) -> None:
    """Attach the officers' face."""
    face = Blueprint("admin", __name__, url_prefix="/admin")
    face.register_blueprint(session.blueprint)
    app.register_blueprint(face)
