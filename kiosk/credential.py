"""The kiosk's own credential: a cookie that no officer's session shares."""

from flask import Response, current_app, request

from satisfaction.config import Settings
from satisfaction.errors import KioskNotFoundError
from satisfaction.fleet import hash_token

TEN_YEARS_SECONDS = 10 * 365 * 24 * 3600


def cookie_name() -> str:
    """Return the cookie's name; with TLS one that browsers bind to this host."""
    settings: Settings = current_app.config["SETTINGS"]
    return "__Host-kiosk" if settings.cookie_secure else "kiosk"


def token_hash() -> bytes:
    """Return the hash of the credential that came with this request.

    Raises: KioskNotFoundError when there is none, or when another site sent the request.
    """
    if request.method != "GET" and request.headers.get("Sec-Fetch-Site") not in {
        None,
        "same-origin",
    }:
        raise KioskNotFoundError()
    token = request.cookies.get(cookie_name())
    if not token:
        raise KioskNotFoundError()
    return hash_token(token)


def keep_credential(response: Response, token: str | None = None) -> None:
    """Have the device keep a credential, or the one that came with this request still longer.

    Source: browsers end a cookie after 400 days whatever it asks for, so each page renews it.
    """
    settings: Settings = current_app.config["SETTINGS"]
    response.set_cookie(
        cookie_name(),
        token or request.cookies[cookie_name()],
        max_age=TEN_YEARS_SECONDS,
        secure=settings.cookie_secure,
        httponly=True,
        samesite="Strict",
    )
