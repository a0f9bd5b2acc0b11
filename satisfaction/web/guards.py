"""Default refusal: a view without a visible guard is answered with an error, not served."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from satisfaction.accounts import Officer
from satisfaction.audit import come_from
from satisfaction.terms import Permission
from satisfaction.web.htmx import is_htmx, leave_for

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "__guard__"
# Under this name a face says where officers see to each of their duties.
DUTIES = "DUTY_ENDPOINTS"


@dataclass(frozen=True)
class Guard:
    """Whom a view lets in: anybody, an enrolled kiosk, an admitted system, or an officer with a
    permission.

    ``is_background`` says that a page asks for it by itself, without anybody at the screen;
    ``is_before_duties`` that an officer gets there who has something to see to before all else.
    """

    audience: str
    permission: Permission | None = None
    is_background: bool = False
    is_before_duties: bool = False

    @property
    def is_for_office(self) -> bool:
        """Whether it is one of the officers' pages, the sign-in form included."""
        return self.audience in {"officer", "stranger"}


def public(view: View) -> View:
    """Open a view to anybody; each use of this is a decision to be seen in review."""
    return _mark(view, Guard("anybody"))


def for_strangers(view: View) -> View:
    """Open a view to officers who have yet to sign in."""
    return _mark(view, Guard("stranger"))


def for_kiosk(view: View) -> View:
    """Open a view to enrolled kiosks; the view itself reads the credential."""
    return _mark(view, Guard("kiosk"))


def for_services(view: View) -> View:
    """Open a view to other systems that were admitted; the view itself reads the credential."""
    return _mark(view, Guard("service"))


def for_officers(view: View) -> View:
    """Open a view to every signed-in officer."""
    return _mark(view, Guard("officer"))


def for_beginners(view: View) -> View:
    """Open a view to every signed-in officer, even one who has yet to set a password."""
    return _mark(view, Guard("officer", is_before_duties=True))


def requires(permission: Permission, *, is_background: bool = False) -> Callable[[View], View]:
    """Open a view to officers who hold a permission somewhere."""

    def mark(view: View) -> View:
        return _mark(view, Guard("officer", permission, is_background))

    return mark


def _mark(view: View, guard: Guard) -> View:
    setattr(view, _MARK, guard)
    return view


def guard_of(view: Callable[..., Any] | None) -> Guard | None:
    """Return the guard of a view, if it has one."""
    return getattr(view, _MARK, None)


def install_guards(app: Flask, *, sign_in_endpoint: str | None) -> None:
    """Check every request before its view; ``sign_in_endpoint`` is where officers are sent."""

    @app.before_request
    def check() -> ResponseReturnValue | None:
        if request.endpoint is None or request.endpoint == "static":
            return None
        guard = guard_of(current_app.view_functions.get(request.endpoint))
        if guard is None:
            current_app.logger.error("view without a guard: %s", request.endpoint)
            abort(403)
        come_from(client_network() if guard.is_for_office else "")
        if guard.is_for_office:
            _refuse_other_sites()
        if guard.audience != "officer":
            return None
        return _check_officer(guard, sign_in_endpoint)

    @app.teardown_request
    def forget_network(_error: BaseException | None) -> None:
        come_from("")


def _refuse_other_sites() -> None:
    """Refuse what another site has a browser send, besides the token in every form."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if request.method not in {"GET", "HEAD", "OPTIONS"} and site != "same-origin":
        abort(403)


def _check_officer(guard: Guard, sign_in_endpoint: str | None) -> ResponseReturnValue | None:
    if not current_user.is_authenticated:
        if sign_in_endpoint is None:
            abort(401)
        following = request.full_path.rstrip("?") if request.method == "GET" else None
        address = url_for(sign_in_endpoint, next=following)
        return leave_for(address) if is_htmx() else redirect(address)
    duty = current_officer().duty
    if duty is not None and not guard.is_before_duties:
        address = url_for(current_app.config[DUTIES][duty])
        return leave_for(address) if is_htmx() else redirect(address)
    if guard.permission is not None and not current_officer().may(guard.permission):
        abort(403)
    return None


def current_officer() -> Officer:
    """Return the signed-in officer."""
    officer: Officer = current_user.officer
    return officer


def client_network() -> str:
    """Return the client's network, /24 for IPv4 and /64 for IPv6; never its full address."""
    try:
        address = ipaddress.ip_address((request.remote_addr or "").split("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None) or address
    length = 24 if mapped.version == 4 else 64
    return str(ipaddress.ip_network(f"{mapped}/{length}", strict=False))
