"""The kiosk's own credential: a cookie that no officer's session shares."""

from flask import current_app, request

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
