"""What a kiosk has to show, as its page asks for it every two seconds."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from kiosk.credential import token_hash
from kiosk.typesetting import keep_words_together
from satisfaction import clock, screens, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.screens import Display
from satisfaction.web.formats import as_clock
from satisfaction.web.guards import for_kiosk

blueprint = Blueprint("screen", __name__)

SERVER_TIME = "Server-Time"
PAGE_FILES = ("css/kiosk*", "css/tokens.css", "js/kiosk*", "faces/*", "vendor/idb/*")
PAGE_TEMPLATES = ("kiosk/**/*.html", "layouts/kiosk.html")


@blueprint.get("/screen")
@for_kiosk
def show() -> ResponseReturnValue:
    """Say what to show, or nothing at all while that has not changed.

    Time: the header ``Server-Time`` is the server's clock in milliseconds since 1970.
    """
    credential = token_hash()
    screen = visits.read_screen(credential)
    if request.args.get("seen") == _version(screen):
        return _timed(_nothing())
    return _timed(jsonify(describe(load_shown(credential))))


def load_shown(credential: bytes) -> Display:
    """Return what to show, keeping that a question has now been put.

    Raises: as ``screens.load_display``.
    """
    with reading() as session:
        display = screens.load_display(session, credential)
    visit_id = display.screen.visit_id
    if visit_id is not None and not display.screen.was_shown:
        with unit_of_work() as session:
            visits.keep_shown(session, visit_id)
    return display


def describe(display: Display) -> dict[str, Any]:
    """Return what to show in the words of the page's own program."""
    question = display.question
    return {
        "version": _version(display.screen),
        "page": page_edition(),
        "state": display.screen.state,
        "configuration": display.configuration_id,
        "scale": display.scale_id,
        "levels": [level.position for level in display.levels],
        "desk": display.desk_name,
        "serving": display.screen.serving_ticket,
        "visit": question and str(question.visit),
        "ticket": question.ticket if question else "",
        "procedure": keep_words_together(question.procedure) if question else "",
        "closed": as_clock(question.closed_at) if question else "",
    }


def _version(screen: visits.Screen) -> str:
    return f"{page_edition()}.{screen.version}"


def _nothing() -> Response:
    """Return a bare answer."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def _timed(response: Response) -> Response:
    response.headers[SERVER_TIME] = str(round(clock.now().timestamp() * 1000))
    return response


@lru_cache(maxsize=1)
def page_edition() -> str:
    """Return a word for the files that make the page, so that a device notices new ones."""
    digest = hashlib.sha256()
    for folder, patterns in (
        (current_app.static_folder, PAGE_FILES),
        (current_app.template_folder, PAGE_TEMPLATES),
    ):
        root = Path(str(folder))
        for path in sorted(path for pattern in patterns for path in root.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
