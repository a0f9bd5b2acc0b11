"""Flask-Login over our own server-side sessions. Refuses a session that was ended on the server."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.orm import Session

from satisfaction import accounts, clock
from satisfaction.accounts import Credentials, LiveSession, Officer
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import SignInRefusedError
from satisfaction.web.guards import guard_of
from satisfaction.web.languages import LANGUAGE

_SEEN_EVERY = timedelta(minutes=1)


@dataclass
class SignedIn(UserMixin):
    """What Flask-Login holds for a request."""

    officer: Officer
    token: str

    def get_id(self) -> str:
        """Return the session's token: what the signed cookie carries."""
        return self.token


def install_sign_in(app: Flask) -> None:
    """Attach Flask-Login."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app, add_context_processor=False)

    @manager.user_loader
    def load(token: str) -> SignedIn | None:
        with reading() as reader:
            found = _find_session(reader, token)
        if found is None:
            return None
        if clock.now() - found.seen_at > _SEEN_EVERY and not _is_in_background():
            with unit_of_work() as writer:
                accounts.keep_seen(writer, token)
        return SignedIn(found.officer, token)


def _find_session(reader: Session, token: str) -> LiveSession | None:
    settings: Settings = current_app.config["SETTINGS"]
    return accounts.find_session(
        reader,
        token,
        idle=timedelta(minutes=settings.idle_minutes),
        absolute=timedelta(hours=settings.session_hours),
    )


def _is_in_background() -> bool:
    """Say whether the page asks by itself: that must not keep an idle officer signed in."""
    guard = guard_of(current_app.view_functions.get(request.endpoint or ""))
    return guard is not None and guard.is_background


def sign_in(credentials: Credentials) -> None:
    """Sign an officer in, with a new session; one that this browser had before ends.

    Raises: SignInRefusedError, SignInThrottledError.
    """
    with unit_of_work() as writer:
        claim = accounts.prepare_sign_in(writer, credentials)
    is_right = accounts.check_claim(claim, credentials)
    former = current_user.token if current_user.is_authenticated else None
    with unit_of_work() as writer:
        token = accounts.finish_sign_in(writer, claim, credentials, is_right=is_right)
        if token is not None and former is not None:
            accounts.end_sign_in(writer, former)
    if token is None:
        raise SignInRefusedError()
    with reading() as reader:
        found = _find_session(reader, token)
    assert found is not None
    _forget_session()
    login_user(SignedIn(found.officer, token))


def sign_out(token: str) -> None:
    """End the session on the server and forget the cookie."""
    with unit_of_work() as writer:
        accounts.end_sign_in(writer, token)
    logout_user()
    _forget_session()


def _forget_session() -> None:
    """Empty the cookie's session, so that nothing of one officer reaches the next."""
    language = session.get(LANGUAGE)
    session.clear()
    if language is not None:
        session[LANGUAGE] = language


def local_path(text: str | None) -> str | None:
    """Return an address only if it stays on this site: a path, nothing that a browser mends."""
    if not text or not text.startswith("/") or text.startswith("//"):
        return None
    if "\\" in text or any(ord(sign) <= ord(" ") or ord(sign) == 0x7F for sign in text):
        return None
    return text
