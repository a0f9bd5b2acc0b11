"""What a kiosk has to show, as its page asks for it every two seconds."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from kiosk.credential import token_hash
from kiosk.typesetting import keep_words_together
from satisfaction import clock, screens, visits
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.dockets import write_docket
from satisfaction.outages import missed_while_it_lasts
from satisfaction.screens import Display, Question
from satisfaction.web.formats import as_clock
from satisfaction.web.guards import for_kiosk

blueprint = Blueprint("screen", __name__)

SERVER_TIME = "Server-Time"
PAGE_FILES = (
    "css/kiosk*",
    "css/tokens.css",
    "js/kiosk*",
    "faces/*",
    "fonts/noto-sans-kiosk*",
    "icons/mark.svg",
    "vendor/idb/*",
)
ICONS = ("icons/icons.svg",)
SPEECH = ("audio/manifest.json",)
PAGE_TEMPLATES = ("kiosk/**/*.html", "layouts/kiosk.html")
CATALOGUES = ("*/LC_MESSAGES/*.mo",)


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

    It is put all the same while that cannot be kept, as on a full disk; the next look tries again.
    Raises: as ``screens.load_display``.
    """
    with reading() as session:
        display = screens.load_display(session, credential)
    visit_id = display.screen.visit_id
    if visit_id is not None and not display.screen.was_shown:
        with missed_while_it_lasts(), unit_of_work() as session:
            visits.keep_shown(session, visit_id)
    return display


def describe(display: Display) -> dict[str, Any]:
    """Return what to show in the words of the page's own program."""
    return {
        "version": _version(display.screen),
        "page": page_edition(),
        "shell": shell_edition(display),
        "state": display.screen.state,
        "configuration": display.configuration_id,
        "scale": display.scale_id,
        "levels": [level.position for level in display.levels],
        "desk": display.desk_name,
        "serving": display.screen.serving_ticket,
    } | describe_question(display.question)


def describe_question(question: Question | None) -> dict[str, Any]:
    """Return which visit is asked about in the words of the page's own program."""
    if question is None:
        return {"visit": None, "ticket": "", "procedure": "", "closed": "", "docket": ""}
    return {
        "visit": str(question.visit),
        "ticket": question.ticket,
        "procedure": keep_words_together(question.procedure),
        "closed": as_clock(question.closed_at),
        "docket": write_docket(question.docket, str(current_app.secret_key)),
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


def at_rest(display: Display) -> Display:
    """Return the same display with nobody served and nothing asked."""
    screen = replace(
        display.screen,
        visit_id=None,
        visit=None,
        closed_at=None,
        was_shown=False,
        serving_ticket="",
    )
    return replace(display, screen=screen, question=None)


def shell_edition(display: Display) -> str:
    """Return a word for all that a device keeps: the page's files, and what stands on its page."""
    resting = at_rest(display)
    lasting = replace(resting, screen=replace(resting.screen, edition=0))
    settings: Settings = current_app.config["SETTINGS"]
    told = hashlib.sha256(repr((lasting, settings.voice)).encode())
    return f"{page_edition()}-{told.hexdigest()[:8]}"


def find_files(root: Path, patterns: Iterable[str]) -> list[Path]:
    """Return the files in a folder that are called so, in a lasting order."""
    found = {path for pattern in patterns for path in root.glob(pattern)}
    return sorted(path for path in found if path.is_file())


@lru_cache(maxsize=1)
def page_edition() -> str:
    """Return a word for the files that make the page, so that a device notices new ones."""
    digest = hashlib.sha256()
    for folder, patterns in (
        (current_app.static_folder, PAGE_FILES + ICONS + SPEECH),
        (current_app.template_folder, PAGE_TEMPLATES),
        (current_app.config["BABEL_TRANSLATION_DIRECTORIES"], CATALOGUES),
    ):
        for path in find_files(Path(str(folder)), patterns):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
