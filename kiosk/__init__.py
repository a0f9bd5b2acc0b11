"""Face 1: everything a citizen reaches without signing in."""

from flask import Blueprint, Flask

from kiosk import (
    by_phone,
    emblem,
    enrolment,
    heartbeat,
    invitation,
    lobby,
    opinion,
    outcomes,
    pairing,
    rating,
    ratings,
    reasons,
    screen,
    service,
    shell,
    speech,
    sync,
    transparency,
)
from kiosk.typesetting import keep_words_together
from satisfaction.web.setup import csrf


def install(app: Flask) -> None:
    """Attach the citizens' face.

    Its forms are guarded by the kiosk's own credential, on phones by a token of the page.
    """
    face = Blueprint("kiosk", __name__, url_prefix="/kiosk")
    for module in (
        rating,
        screen,
        ratings,
        reasons,
        outcomes,
        enrolment,
        sync,
        heartbeat,
        pairing,
        by_phone,
        shell,
        speech,
        lobby,
        emblem,
    ):
        csrf.exempt(module.blueprint)
        face.register_blueprint(module.blueprint)
    app.register_blueprint(face)
    phone = Blueprint("phone", __name__)
    for module in (invitation, opinion):
        csrf.exempt(module.blueprint)
        phone.register_blueprint(module.blueprint)
    app.register_blueprint(phone)
    app.register_blueprint(transparency.blueprint)
    csrf.exempt(service.blueprint)
    app.register_blueprint(service.blueprint)
    app.jinja_env.filters["unbroken"] = keep_words_together
    app.jinja_env.globals["emblem_address"] = emblem.emblem_address
