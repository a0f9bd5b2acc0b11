"""The composition root: the only file that knows both faces. Nothing imports it but servers."""

from collections.abc import Sequence

from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue

import admin
import kiosk
from kiosk.screen import page_edition
from satisfaction.cli import in_plain_words, install_commands
from satisfaction.config import Settings, load_settings
from satisfaction.serving import Doors, start
from satisfaction.web.guards import public
from satisfaction.web.setup import make_app
from satisfaction.web.shell import install_shell


@in_plain_words()
def create_app(
    faces: Sequence[str] = ("kiosk", "admin"), settings: Settings | None = None
) -> Flask:
    """Return the application with the given faces; a citizens' server can carry no admin URL.

    Raises: ConfigurationError for settings that cannot be used.
    """
    sign_in = admin.SIGN_IN_ENDPOINT if "admin" in faces else None
    app = make_app(settings or load_settings(), sign_in_endpoint=sign_in)
    if "kiosk" in faces:
        kiosk.install(app)
    if "admin" in faces:
        admin.install(app)
    install_commands(app)
    install_shell(app, page_edition)

    @app.get("/")
    @public
    def index() -> ResponseReturnValue:
        return redirect(url_for("kiosk.rating.index" if "kiosk" in faces else admin.HOME_ENDPOINT))

    return app


DOORS = Doors(
    kiosk="kiosk.rating.index",
    enrolment="kiosk.enrolment.create",
    desk="admin.desk.index",
    counts="admin.counts.index",
    admin=admin.HOME_ENDPOINT,
)

if __name__ == "__main__":
    start(lambda settings: create_app(settings=settings), DOORS)
