"""Browsers in which an officer has signed in before: their failures are counted for themselves.

Who guesses at a colleague's password from the same network slows that network down, but not the
browser in which the colleague works. Refuses to open anything: what is kept here is no sign-in.
"""

import hashlib
import secrets
from typing import Any

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from satisfaction.accounts import plain_name

KEPT_SECONDS = 180 * 86_400
MOST_NAMES = 4
_COOKIE = "known"
_SALT = "browsers that are known"


def find_browser(name: str) -> str:
    """Return the mark that this browser bears for an account; empty where it bears none."""
    return _read().get(_short(name), "")


def keep_browser(name: str) -> None:
    """Let this browser be known for an account, with the answer that is being made."""
    marks = _read()
    mark = marks.pop(_short(name), "") or secrets.token_urlsafe(12)
    marks = {**dict(list(marks.items())[-(MOST_NAMES - 1) :]), _short(name): mark}

    @after_this_request
    def keep(response: Response) -> Response:
        is_secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(
            _cookie_name(),
            _serializer().dumps(marks),
            max_age=KEPT_SECONDS,
            secure=is_secure,
            httponly=True,
            samesite="Lax",
        )
        return response


def _read() -> dict[str, str]:
    try:
        found: Any = _serializer().loads(
            request.cookies.get(_cookie_name(), ""), max_age=KEPT_SECONDS
        )
    except BadData:
        return {}
    return found if isinstance(found, dict) else {}


def _short(name: str) -> str:
    """Return what stands for a name in the cookie, which nobody should read names from."""
    key = current_app.config["SECRET_KEY"]
    return hashlib.blake2b(f"{key}\0{plain_name(name)}".encode(), digest_size=9).hexdigest()


def _cookie_name() -> str:
    return f"__Host-{_COOKIE}" if current_app.config["SESSION_COOKIE_SECURE"] else _COOKIE


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=_SALT)
