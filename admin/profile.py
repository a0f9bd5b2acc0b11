"""An officer's own account: language, e-mail, password, second factor, sessions.

Refuses to show a secret or a recovery code a second time.
"""

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from admin.forms import EmptyForm
from admin.people_forms import CodeForm, FactorForm, PasswordForm, ProfileForm
from admin.symbols import draw_symbol
from satisfaction import profiles, second_factors, sign_ins
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import (
    CodeRefusedError,
    NotFoundError,
    PasswordRefusedError,
    SignInRefusedError,
    SignInThrottledError,
)
from satisfaction.profiles import Oneself
from satisfaction.web import sign_in
from satisfaction.web.guards import current_officer, for_beginners, for_officers
from satisfaction.web.languages import LANGUAGE, chosen_language
from satisfaction.web.people_words import say_password_fault

blueprint = Blueprint("profile", __name__, url_prefix="/profile")


def _profile() -> profiles.Profile:
    with reading() as reader:
        return profiles.read_profile(reader, current_officer().account_id)


@blueprint.get("")
@for_officers
def index() -> ResponseReturnValue:
    """Show the own account and its sessions."""
    return _show(None)


def _show(form: ProfileForm | None, *, code_form: CodeForm | None = None) -> str:
    account_id = current_officer().account_id
    idle, absolute = sign_in.session_limits()
    with reading() as reader:
        profile = profiles.read_profile(reader, account_id)
        sessions = sign_ins.list_sessions(
            reader, account_id, token=current_user.token, idle=idle, absolute=absolute
        )
    typed = {"email": profile.email, "language": profile.language or chosen_language()}
    form = form or ProfileForm(formdata=None, data=typed)
    form.offer()
    return render_template(
        "admin/profile/index.html",
        profile=profile,
        sessions=sessions,
        form=form,
        code_form=code_form or CodeForm(formdata=None),
        empty=EmptyForm(),
    )


@blueprint.post("")
@for_officers
def update() -> ResponseReturnValue:
    """Set the own e-mail and language."""
    form = ProfileForm()
    if not form.validate():
        return _show(form), 422
    language = form.language.data or ""
    with unit_of_work() as writer:
        profiles.change_profile(
            writer,
            current_officer().account_id,
            email=(form.email.data or "").strip(),
            language=language,
        )
    session[LANGUAGE] = language
    flash(_("Đã lưu."), "good")
    return redirect(url_for("admin.profile.index"), 303)


@blueprint.get("/password")
@for_beginners
def edit_password() -> ResponseReturnValue:
    """Show the form for a new password."""
    return _show_password(PasswordForm(formdata=None))


def _show_password(form: PasswordForm, *, problem: str = "") -> str:
    return render_template(
        "admin/profile/password.html", form=form, profile=_profile(), problem=problem
    )


@blueprint.post("/password")
@for_beginners
def update_password() -> ResponseReturnValue:
    """Replace the own password; every other session ends."""
    form = PasswordForm()
    if not form.validate():
        return _show_password(form), 422
    try:
        sign_in.change_password(form.current.data or "", form.new.data or "")
    except SignInThrottledError as refusal:
        return _slow(refusal, lambda problem: _show_password(form, problem=problem))
    except SignInRefusedError:
        return _show_password(form, problem=_("Mật khẩu hiện nay không đúng.")), 422
    except PasswordRefusedError as refusal:
        return _show_password(form, problem=say_password_fault(refusal)), 422
    flash(_("Đã đặt mật khẩu mới. Các phiên đăng nhập khác đã kết thúc."), "good")
    return redirect(url_for("admin.session.index"), 303)


def _slow(
    refusal: SignInThrottledError, show: Callable[[str], str]
) -> tuple[str, int, dict[str, str]]:
    """Return a page that asks to wait."""
    wait = int(refusal.fields["retry_after_seconds"])
    problem = _("Đã thử nhiều lần. Đợi %(seconds)s giây rồi thử lại.", seconds=wait)
    return show(problem), 429, {"Retry-After": str(wait)}


@blueprint.get("/second-factor")
@for_beginners
def new_factor() -> ResponseReturnValue:
    """Offer a secret for the authenticator app."""
    return _show_factor(FactorForm(formdata=None))


def _show_factor(form: FactorForm, *, problem: str = "") -> str:
    officer = current_officer()
    with unit_of_work() as writer:
        offer = second_factors.offer_factor(
            writer, officer.account_id, key=sign_in.second_factor_key()
        )
    groups = [offer.secret[start : start + 4] for start in range(0, len(offer.secret), 4)]
    return render_template(
        "admin/profile/factor.html",
        form=form,
        profile=_profile(),
        symbol=draw_symbol(offer.address),
        groups=groups,
        problem=problem,
    )


@blueprint.post("/second-factor")
@for_beginners
def create_factor() -> ResponseReturnValue:
    """Put the offered secret in force and show the recovery codes, once."""
    form = FactorForm()
    if not form.validate():
        return _show_factor(form), 422
    try:
        codes = sign_in.set_factor(form.current.data or "", form.code.data or "")
    except SignInThrottledError as refusal:
        return _slow(refusal, lambda problem: _show_factor(form, problem=problem))
    except CodeRefusedError:
        return _show_factor(form, problem=_wrong_code()), 422
    return _show_codes(codes)


def _wrong_code() -> str:
    return str(
        _(
            "Mã không đúng hoặc đã dùng. Đợi ứng dụng hiện mã mới rồi nhập lại; nếu vẫn không "
            "được, xem giờ trên điện thoại có đúng không."
        )
    )


def _show_codes(codes: Sequence[str]) -> str:
    return render_template("admin/profile/codes.html", codes=codes)


@blueprint.post("/second-factor/delete")
@for_officers
def delete_factor() -> ResponseReturnValue:
    """Do without a second factor, which an administrator cannot."""
    return _with_code(_drop)


def _drop(oneself: Oneself) -> ResponseReturnValue:
    with unit_of_work() as writer:
        profiles.drop_factor(writer, oneself)
    flash(_("Đã bỏ xác thực hai lớp."), "good")
    return redirect(url_for("admin.profile.index"), 303)


@blueprint.post("/recovery-codes")
@for_officers
def create_codes() -> ResponseReturnValue:
    """Show new recovery codes, once; the former ones end."""
    return _with_code(_renew)


def _renew(oneself: Oneself) -> ResponseReturnValue:
    with unit_of_work() as writer:
        codes = profiles.replace_recovery_codes(writer, oneself)
    return _show_codes(codes)


def _with_code(deed: Callable[[Oneself], ResponseReturnValue]) -> ResponseReturnValue:
    """Carry a deed out for an officer who gives a code with it."""
    form = CodeForm()
    if not form.validate():
        return _show(None, code_form=form), 422
    try:
        sign_in.confirm_with_code(form.code.data or "")
    except SignInThrottledError as refusal:
        return _slow(refusal, lambda problem: _show_code_problem(form, problem))
    except CodeRefusedError:
        return _show_code_problem(form, _wrong_code()), 422
    return deed(sign_in.oneself())


def _show_code_problem(form: CodeForm, problem: str) -> str:
    form.code.errors = [problem]
    return _show(None, code_form=form)


@blueprint.post("/sessions/end")
@for_officers
def end_sessions() -> ResponseReturnValue:
    """Sign out everywhere else."""
    return _end(None)


@blueprint.post("/sessions/<int:session_id>/end")
@for_officers
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign out in one other place."""
    return _end(session_id)


def _end(session_id: int | None) -> ResponseReturnValue:
    account_id = current_officer().account_id
    with unit_of_work() as writer:
        ended = sign_ins.end_sessions(
            writer,
            account_id,
            ended_by_id=account_id,
            only_id=session_id,
            except_token=current_user.token,
        )
    if session_id is not None and not ended:
        raise NotFoundError(session_id=session_id)
    flash(_("Đã kết thúc các phiên đăng nhập khác."), "good")
    return redirect(url_for("admin.profile.index"), 303)
