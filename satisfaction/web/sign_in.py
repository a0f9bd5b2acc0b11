"""Flask-Login over our own server-side sessions. Refuses a session that was ended on the server."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app
from flask_login import LoginManager, UserMixin, login_user, logout_user

from satisfaction import accounts
from satisfaction.accounts import Credentials, Officer
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import SignInRefusedError

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
    manager.init_app(app)

    @manager.user_loader
    def load(token: str) -> SignedIn | None:
        settings: Settings = current_app.config["SETTINGS"]
        with reading() as session:
            officer = accounts.find_officer(
                session,
                token,
                idle=timedelta(minutes=settings.idle_minutes),
                absolute=timedelta(hours=settings.session_hours),
            )
            is_old = officer is not None and accounts.seen_long_ago(
                session, token, after=_SEEN_EVERY
            )
        if officer is None:
            return None
        if is_old:
            with unit_of_work() as session:
                accounts.keep_seen(session, token)
        return SignedIn(officer, token)


def sign_in(credentials: Credentials) -> None:
    """Sign an officer in, with a new session.

    Raises: SignInRefusedError, SignInThrottledError.
    """
    with reading() as session:
        claim = accounts.prepare_sign_in(session, credentials)
    is_right = accounts.check_claim(claim, credentials)
    with unit_of_work() as session:
        token = accounts.finish_sign_in(session, claim, credentials, is_right=is_right)
    if token is None:
        raise SignInRefusedError()
    settings: Settings = current_app.config["SETTINGS"]
    with reading() as session:
        officer = accounts.find_officer(
            session,
            token,
            idle=timedelta(minutes=settings.idle_minutes),
            absolute=timedelta(hours=settings.session_hours),
        )
    assert officer is not None
    login_user(SignedIn(officer, token))


def sign_out(token: str) -> None:
    """End the session on the server and forget the cookie."""
    with unit_of_work() as session:
        accounts.end_sign_in(session, token)
    logout_user()
