"""Signing in and out. Refuses to say whether a name or a password was wrong."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from admin.forms import SignInForm
from admin.navigation import first_place
from admin.people_forms import CodeForm
from satisfaction.errors import (
    CodeRefusedError,
    SecondStepOverError,
    SignInRefusedError,
    SignInThrottledError,
)
from satisfaction.web import provider, sign_in
from satisfaction.web.devices import client_device
from satisfaction.web.guards import (
    client_network,
    current_officer,
    for_beginners,
    for_officers,
    for_strangers,
)

blueprint = Blueprint("session", __name__)


@blueprint.get("/")
@for_officers
def index() -> ResponseReturnValue:
    """Send the officer to the first page that their roles allow."""
    place = first_place(current_officer())
    return redirect(url_for(place.endpoint)) if place else abort(403)


@blueprint.get("/sign-in")
@for_strangers
def new() -> ResponseReturnValue:
    """Show the sign-in form."""
    following = sign_in.local_path(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(following or url_for("admin.session.index"))
    form = SignInForm(formdata=None, next=following)
    return render_template("admin/session/new.html", form=form, problem=None)


@blueprint.post("/sign-in")
@for_strangers
def create() -> ResponseReturnValue:
    """Sign in; one answer for a wrong name and a wrong password.

    What is too long, and a password that is none, are tried as well: they are failures that are
    counted and logged. Without a name nobody's sign-in was tried.
    """
    form = SignInForm()
    if not form.name.data:
        return _ask_again(form, _("Tên đăng nhập hoặc mật khẩu không đúng."), 401)
    try:
        awaits_code = sign_in.sign_in(form.as_credentials(client_network(), client_device()))
    except SignInThrottledError as refusal:
        wait = int(refusal.fields["retry_after_seconds"])
        problem = _("Đã thử nhiều lần. Đợi %(seconds)s giây rồi thử lại.", seconds=wait)
        return *_ask_again(form, problem, 429), {"Retry-After": str(wait)}
    except SignInRefusedError:
        return _ask_again(form, _("Tên đăng nhập hoặc mật khẩu không đúng."), 401)
    if awaits_code:
        following = sign_in.local_path(form.next.data)
        return redirect(url_for("admin.session.new_code", next=following), 303)
    return _go_on(form.next.data)


def _go_on(following: str | None) -> ResponseReturnValue:
    """Go where the officer wanted to go before the form came."""
    return redirect(sign_in.local_path(following) or url_for("admin.session.index"), 303)


def _ask_again(form: SignInForm, problem: str, status: int) -> tuple[str, int]:
    return render_template("admin/session/new.html", form=form, problem=problem), status


@blueprint.get("/sign-in/code")
@for_strangers
def new_code() -> ResponseReturnValue:
    """Ask for the code of the second factor."""
    if not sign_in.awaits_code():
        return redirect(url_for("admin.session.new"))
    following = sign_in.local_path(request.args.get("next"))
    return _ask_code(CodeForm(formdata=None, next=following))


def _ask_code(form: CodeForm, problem: str | None = None) -> str:
    return render_template("admin/session/code.html", form=form, problem=problem)


@blueprint.post("/sign-in/code")
@for_strangers
def create_code() -> ResponseReturnValue:
    """Take the second step; a wrong code is slowed down as a wrong password is."""
    form = CodeForm()
    if not form.validate() and not form.code.data:
        return _ask_code(form), 422
    try:
        sign_in.take_second_step(form.code.data or "")
    except SignInThrottledError as refusal:
        wait = int(refusal.fields["retry_after_seconds"])
        problem = _("Đã thử nhiều lần. Đợi %(seconds)s giây rồi thử lại.", seconds=wait)
        return _ask_code(form, problem), 429, {"Retry-After": str(wait)}
    except CodeRefusedError:
        return _ask_code(form, _("Mã không đúng hoặc đã dùng. Đợi mã mới rồi nhập lại.")), 401
    except SecondStepOverError:
        flash(_("Đã quá lâu hoặc sai nhiều lần. Hãy đăng nhập lại từ đầu."), "bad")
        return redirect(url_for("admin.session.new", next=sign_in.local_path(form.next.data)), 303)
    return _go_on(form.next.data)


@blueprint.post("/sign-out")
@for_beginners
def delete() -> ResponseReturnValue:
    """Sign out: the session ends on the server, whoever still holds its cookie."""
    elsewhere = provider.leave_address(url_for("admin.session.new", _external=True))
    sign_in.sign_out(current_user.token)
    return redirect(elsewhere or url_for("admin.session.new"), 303)
