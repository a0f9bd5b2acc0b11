"""Turn a device into a kiosk by a code and a plain form. Refuses to say why a code fails."""

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import Forbidden

from kiosk.credential import keep_credential
from satisfaction import fleet
from satisfaction.database import unit_of_work
from satisfaction.errors import SignInThrottledError
from satisfaction.fleet import CODE_ALPHABET, CODE_LENGTH, PairingAttempt
from satisfaction.web.guards import client_network, public

blueprint = Blueprint("pairing", __name__)

LONGEST_TYPED = 400
ERASE = "erase"


@blueprint.get("/pair")
@public
def new() -> ResponseReturnValue:
    """Show the form; a code that was scanned stands in it already, and nothing has happened yet."""
    return _show(_plain(request.args.get("code", "")))


@blueprint.post("/pair")
@public
def create() -> ResponseReturnValue:
    """Add the key that was pressed to the code, or try the code."""
    if request.headers.get("Sec-Fetch-Site") not in {None, "same-origin"}:
        raise Forbidden()
    code = _plain(request.form.get("code", ""))
    if key := request.form.get("key"):
        return _show(code[:-1] if key == ERASE else _plain(code + key))
    attempt = PairingAttempt(code, client_network(), str(current_app.secret_key).encode())
    try:
        with unit_of_work() as session:
            enrolment = fleet.try_pairing(session, attempt)
    except SignInThrottledError as throttled:
        wait = throttled.fields["retry_after_seconds"]
        problem = _("Đã thử quá nhiều lần. Đợi %(seconds)s giây rồi thử lại.", seconds=wait)
        return _show(code, problem=problem), 429, {"Retry-After": str(wait)}
    if enrolment is None:
        problem = _("Mã này không dùng được. Xin mã mới ở trang Thiết bị; mỗi mã dùng một lần.")
        return _show("", problem=problem), 422
    response = make_response(redirect(url_for("kiosk.rating.index"), 303))
    keep_credential(response, enrolment.token)
    return response


def _plain(typed: str) -> str:
    """Return what was typed as codes are written, no longer than one.

    A reader that types what it scans gives the whole address of the symbol, whose end is the code.
    """
    code = typed[:LONGEST_TYPED].rpartition("=")[2]
    signs = [sign for sign in code.upper() if sign in CODE_ALPHABET]
    return "".join(signs)[:CODE_LENGTH]


def _show(code: str, *, problem: str = "") -> str:
    return render_template(
        "kiosk/pairing/new.html",
        code=code,
        problem=problem,
        keys=CODE_ALPHABET,
        length=CODE_LENGTH,
        longest=LONGEST_TYPED,
        erase=ERASE,
    )
