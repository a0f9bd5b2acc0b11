"""The first sign-in: an officer sets a password with the code from the administrator.

Refuses to say whether a code is unknown, used or expired.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.person_forms import StartForm
from satisfaction.errors import (
    PasswordRefusedError,
    SignInThrottledError,
    StartCodeRefusedError,
)
from satisfaction.second_factors import LONGEST_CODE
from satisfaction.web import sign_in
from satisfaction.web.guards import for_strangers
from satisfaction.web.people_words import say_password_fault

blueprint = Blueprint("start", __name__)


@blueprint.get("/start")
@for_strangers
def new() -> ResponseReturnValue:
    """Ask for the code, which the link brings along, and for a password."""
    code = request.args.get("code", "")[:LONGEST_CODE]
    return _show(StartForm(formdata=None, data={"code": code}))


def _show(form: StartForm, problem: str = "") -> str:
    return render_template("admin/start/new.html", form=form, problem=problem)


@blueprint.post("/start")
@for_strangers
def create() -> ResponseReturnValue:
    """Set the password; signing in is the next step."""
    form = StartForm()
    if not form.validate():
        return _show(form), 422
    try:
        sign_in.start(form.code.data or "", form.new.data or "")
    except SignInThrottledError as refusal:
        wait = int(refusal.fields["retry_after_seconds"])
        problem = _("Đã thử nhiều lần. Đợi %(seconds)s giây rồi thử lại.", seconds=wait)
        return _show(form, problem), 429, {"Retry-After": str(wait)}
    except StartCodeRefusedError:
        problem = _("Mã này không đúng, đã dùng hoặc đã hết hạn. Hãy xin người quản trị mã mới.")
        return _show(form, problem), 422
    except PasswordRefusedError as refusal:
        return _show(form, say_password_fault(refusal)), 422
    flash(_("Đã đặt mật khẩu. Bây giờ hãy đăng nhập."), "good")
    return redirect(url_for("admin.session.new"), 303)
