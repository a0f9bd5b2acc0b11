"""Flask-Login over our own server-side sessions. Refuses a session that was ended on the server."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import Flask, current_app, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.orm import Session

from satisfaction import clock, people, profiles, sign_ins
from satisfaction.accounts import Officer
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import (
    CodeRefusedError,
    SecondStepOverError,
    SignInRefusedError,
    SignInThrottledError,
    StartCodeRefusedError,
)
from satisfaction.profiles import Oneself
from satisfaction.second_factors import factor_key
from satisfaction.sign_ins import Credentials, LiveSession
from satisfaction.web.guards import client_network, guard_of
from satisfaction.web.known_browsers import find_browser, keep_browser
from satisfaction.web.languages import LANGUAGE, languages

_SEEN_EVERY = timedelta(minutes=1)
_SECOND_STEP = "second_step"
_START = "\0start"


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
                sign_ins.keep_seen(writer, token)
        return SignedIn(found.officer, token)


def _find_session(reader: Session, token: str) -> LiveSession | None:
    idle, absolute = session_limits()
    return sign_ins.find_session(reader, token, idle=idle, absolute=absolute)


def session_limits() -> tuple[timedelta, timedelta]:
    """Return how long a session lasts unused, and how long at all."""
    settings: Settings = current_app.config["SETTINGS"]
    return timedelta(minutes=settings.idle_minutes), timedelta(hours=settings.session_hours)


def _is_in_background() -> bool:
    """Say whether the page asks by itself: that must not keep an idle officer signed in."""
    guard = guard_of(current_app.view_functions.get(request.endpoint or ""))
    return guard is not None and guard.is_background


def second_factor_key() -> bytes:
    """Return the key under which this installation keeps the secrets of second factors."""
    return factor_key(current_app.config["SECRET_KEY"])


def sign_in(credentials: Credentials) -> bool:
    """Sign an officer in, or take the first of two steps; say whether a code is still wanted.

    Raises: SignInRefusedError, SignInThrottledError.
    """
    credentials = replace(credentials, browser=find_browser(credentials.account_name))
    with (
        _logging_waits(credentials.throttle_key, credentials.network, credentials.account_name),
        unit_of_work() as writer,
    ):
        claim = sign_ins.prepare_sign_in(writer, credentials)
    is_right = sign_ins.check_claim(claim, credentials)
    with unit_of_work() as writer:
        started = sign_ins.finish_sign_in(writer, claim, credentials, is_right=is_right)
    if started is None:
        raise SignInRefusedError()
    if started.awaits_code:
        wait_for_code(started.token)
    else:
        enter(started.token)
    return started.awaits_code


@contextmanager
def _logging_waits(key: bytes, network: str, name: str = "") -> Iterator[None]:
    """Log an attempt that has to wait in a transaction of its own: that of the attempt ends."""
    try:
        yield
    except SignInThrottledError:
        with unit_of_work() as writer:
            sign_ins.record_wait(writer, key, name=name, network=network)
        raise


def wait_for_code(token: str) -> None:
    """Remember in the cookie which sign-in the code will belong to."""
    session[_SECOND_STEP] = token


def awaits_code() -> bool:
    """Say whether this browser has given a password whose code is still wanted."""
    with reading() as reader:
        return sign_ins.find_waiting(reader, session.get(_SECOND_STEP, "")) is not None


def take_second_step(typed: str) -> None:
    """Sign in with the code.

    Raises: CodeRefusedError; SecondStepOverError; SignInThrottledError.
    """
    waiting = session.get(_SECOND_STEP, "")
    with reading() as reader:
        found = sign_ins.find_waiting(reader, waiting)
        name, network = (found.account.name, found.network) if found else ("", "")
    browser = find_browser(name)
    slowed = sign_ins.throttle_key(name, network, browser=browser)
    with _logging_waits(slowed, network, name), unit_of_work() as writer:
        token = sign_ins.enter_code(
            writer, waiting, typed, key=second_factor_key(), browser=browser
        )
        is_over = token is None and sign_ins.find_waiting(writer, waiting) is None
    if is_over:
        raise SecondStepOverError()
    if token is None:
        raise CodeRefusedError()
    enter(token)


def enter(token: str) -> None:
    """Carry a new session in a cookie of its own; one that this browser had before ends."""
    if current_user.is_authenticated:
        with unit_of_work() as writer:
            sign_ins.end_sign_in(writer, current_user.token)
    with reading() as reader:
        found = _find_session(reader, token)
        assert found is not None
        preferred = profiles.read_profile(reader, found.officer.account_id).language
    _forget_session()
    if preferred in languages():
        session[LANGUAGE] = preferred
    keep_browser(found.officer.name)
    login_user(SignedIn(found.officer, token))


def oneself() -> Oneself:
    """Return the signed-in officer as one who changes the own account."""
    officer: Officer = current_user.officer
    browser = find_browser(officer.name)
    return Oneself(officer.account_id, officer.name, client_network(), current_user.token, browser)


def _logging_own_waits(changing: Oneself) -> AbstractContextManager[None]:
    return _logging_waits(changing.throttle_key, changing.network, changing.name)


def change_password(current: str, new: str) -> None:
    """Replace the own password, whose present one is compared outside of any transaction.

    Raises: SignInRefusedError, SignInThrottledError, PasswordRefusedError.
    """
    changing = oneself()
    with _logging_own_waits(changing), unit_of_work() as writer:
        claim = profiles.prepare_password(writer, changing)
    typed = Credentials(changing.name, current, changing.network)
    is_right = claim is None or sign_ins.check_claim(claim, typed)
    with unit_of_work() as writer:
        if is_right:
            profiles.change_password(writer, changing, new)
        else:
            profiles.record_failure(writer, changing, "present_password")
    if not is_right:
        raise SignInRefusedError()


def confirm_with_code(typed: str) -> None:
    """Ask for a code of the second factor before something that changes how one signs in.

    Raises: CodeRefusedError, SignInThrottledError.
    """
    changing = oneself()
    with _logging_own_waits(changing), unit_of_work() as writer:
        is_right = profiles.check_own_code(writer, changing, typed, key=second_factor_key())
    if not is_right:
        raise CodeRefusedError()


def set_factor(current: str, typed: str) -> Sequence[str]:
    """Put an offered second factor in force, in place of the present one if there is any.

    Raises: CodeRefusedError, SignInThrottledError.
    """
    changing = oneself()
    with reading() as reader:
        is_replaced = profiles.read_profile(reader, changing.account_id).has_second_factor
    if is_replaced:
        confirm_with_code(current)
    with unit_of_work() as writer:
        return profiles.set_factor(writer, changing, typed, key=second_factor_key())


def start(code: str, password: str) -> None:
    """Set the first password with a code; guesses from one network are slowed down together.

    Raises: StartCodeRefusedError, PasswordRefusedError, SignInThrottledError.
    """
    key = sign_ins.throttle_key(_START, client_network())
    with _logging_waits(key, client_network()), unit_of_work() as writer:
        people.count_start(writer, key)
    try:
        with unit_of_work() as writer:
            people.start_with_code(writer, code, password, throttle_key=key)
    except StartCodeRefusedError:
        with unit_of_work() as writer:
            people.record_wrong_start(writer, client_network())
        raise


def sign_out(token: str) -> None:
    """End the session on the server and forget the cookie."""
    with unit_of_work() as writer:
        sign_ins.end_sign_in(writer, token)
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
