"""What a device keeps of the kiosk, so that its page lives without the server.

Refuses to give away a visit: the page that is kept begins by waiting, whoever was served last.
"""

from dataclasses import replace
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from kiosk.credential import keep_credential, token_hash
from kiosk.emblem import emblem_address
from kiosk.faults import render_paused
from kiosk.pages import ScreenName, render_screen
from kiosk.screen import PAGE_FILES, at_rest, find_files, shell_edition
from kiosk.speech import speech_addresses
from satisfaction import screens
from satisfaction.database import reading
from satisfaction.screens import Display
from satisfaction.web.formats import asset_url
from satisfaction.web.guards import for_kiosk, public

blueprint = Blueprint("shell", __name__)

AUDIO_FILES = ("audio/*.ogg", "audio/*/*.ogg")


@blueprint.get("/service-worker.js")
@public
def worker() -> ResponseReturnValue:
    """Give the program that answers for the server; it may answer for all addresses beside it."""
    program = Path(str(current_app.static_folder)) / "js" / "service-worker.js"
    response = Response(program.read_bytes(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/shell")
@for_kiosk
def show() -> ResponseReturnValue:
    """Draw the page as it waits, to be kept and shown without the server."""
    response = render_screen(ScreenName.WAIT, _load_resting(), facts={"serving": ""})
    keep_credential(response)
    return response


@blueprint.get("/shell/files")
@for_kiosk
def index() -> ResponseReturnValue:
    """Name the edition and all of it: files, each with a part of its digest as ``v``, and texts."""
    root, resting = Path(str(current_app.static_folder)), _load_resting()
    marks = [emblem_address(resting.emblem_digest)] if resting.emblem_digest else []
    return jsonify(
        edition=shell_edition(resting),
        files=_addresses(root, PAGE_FILES) + marks,
        texts=list(speech_addresses().values()),
        audio=_addresses(root, AUDIO_FILES),
    )


@blueprint.get("/paused")
@public
def paused() -> Response:
    """Draw the screen that rests, for a device that has nothing better left."""
    return render_paused(200)


def _load_resting() -> Display:
    """Return what stands on the page without a visit, and no version that the server ever tells.

    So the first answer that the page hears tells it everything, however old the page is.
    """
    with reading() as session:
        resting = at_rest(screens.load_display(session, token_hash()))
    return replace(resting, screen=replace(resting.screen, edition=0))


def _addresses(root: Path, patterns: tuple[str, ...]) -> list[str]:
    files = find_files(root, patterns)
    return [asset_url(path.relative_to(root).as_posix()) for path in files]
