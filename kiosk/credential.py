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


def earlier_name() -> str:
    """Return the name of the cookie that holds the credential before the present one."""
    return f"{cookie_name()}-before"


def token_hash() -> bytes:
    """Return the hash of the credential that came with this request.

    Raises: KioskNotFoundError when there is none, or when another site sent the request.
    """
    return hash_token(present_token())


def present_token() -> str:
    """Return the credential that came with this request.

    Raises: as ``token_hash``.
    """
    if request.method != "GET" and request.headers.get("Sec-Fetch-Site") not in {
        None,
        "same-origin",
    }:
        raise KioskNotFoundError()
    token = request.cookies.get(cookie_name())
    if not token:
        raise KioskNotFoundError()
    return token


def earlier_token() -> str | None:
    """Return the credential that this device had before the present one.

    It is worth nothing where the present one was used; a server that was restored from a copy
    made before that knows only this one.
    """
    return request.cookies.get(earlier_name())


def keep_renewed(response: Response, token: str, *, replaced: str) -> None:
    """Have the device keep a new credential, and the one that it takes the place of."""
    keep_credential(response, token)
    _keep(response, earlier_name(), replaced)


def keep_credential(response: Response, token: str | None = None) -> None:
    """Have the device keep a credential, or the one that came with this request still longer.

    Source: browsers end a cookie after 400 days whatever it asks for, so each page renews it.
    """
    _keep(response, cookie_name(), token or request.cookies[cookie_name()])


def _keep(response: Response, name: str, token: str) -> None:
    settings: Settings = current_app.config["SETTINGS"]
    response.set_cookie(
        name,
        token,
        max_age=TEN_YEARS_SECONDS,
        secure=settings.cookie_secure,
        httponly=True,
        samesite="Strict",
    )
