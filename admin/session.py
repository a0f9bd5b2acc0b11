"""Signing in and out. Refuses to say whether a name or a password was wrong."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from admin.forms import SignInForm
from admin.navigation import first_place
from satisfaction.errors import SignInRefusedError, SignInThrottledError
from satisfaction.web import sign_in
from satisfaction.web.guards import client_network, current_officer, for_officers, for_strangers

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
    """Sign in; one answer for a wrong name and a wrong password."""
    form = SignInForm()
    if not form.validate():
        return _ask_again(form, _("Tên đăng nhập hoặc mật khẩu không đúng."), 401)
    try:
        sign_in.sign_in(form.as_credentials(client_network()))
    except SignInThrottledError as refusal:
        wait = int(refusal.fields["retry_after_seconds"])
        problem = _("Đã thử nhiều lần. Đợi %(seconds)s giây rồi thử lại.", seconds=wait)
        return *_ask_again(form, problem, 429), {"Retry-After": str(wait)}
    except SignInRefusedError:
        return _ask_again(form, _("Tên đăng nhập hoặc mật khẩu không đúng."), 401)
    return redirect(sign_in.local_path(form.next.data) or url_for("admin.session.index"), 303)


def _ask_again(form: SignInForm, problem: str, status: int) -> tuple[str, int]:
    return render_template("admin/session/new.html", form=form, problem=problem), status


@blueprint.post("/sign-out")
@for_officers
def delete() -> ResponseReturnValue:
    """Sign out: the session ends on the server, whoever still holds its cookie."""
    sign_in.sign_out(current_user.token)
    return redirect(url_for("admin.session.new"), 303)
