"""Accounts under the settings: who there is, their roles, and their way in.

Refuses to show a first code a second time.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.asked_words import read_choice
from admin.forms import EmptyForm
from admin.person_forms import NewPersonForm, PersonForm, RoleForm
from admin.sorting import Order, read_sorting
from satisfaction import clock, people
from satisfaction.accounts import Officer
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import AccountExistsError, GrantInvalidError, LastAdministratorError
from satisfaction.people import Person
from satisfaction.terms import Permission
from satisfaction.text import sort_key
from satisfaction.web.guards import current_officer, requires
from satisfaction.web.languages import chosen_language

blueprint = Blueprint("people", __name__, url_prefix="/people")

LONGEST_SEARCH = 100
Deed: TypeAlias = Callable[[Any, Officer, int], None]


def _seen(person: Person) -> tuple[bool, float]:
    moment = person.last_sign_in_at
    return moment is not None, moment.timestamp() if moment else 0.0


ORDERS: dict[str, Order[Person]] = {
    "name": Order(lambda one: (sort_key(one.display_name), one.name)),
    "role": Order(lambda one: [held.role.value for held in one.roles]),
    "seen": Order(_seen),
    "state": Order(lambda one: (one.is_disabled, one.awaits_start, not one.is_review_due)),
}


@blueprint.get("")
@requires(Permission.READ_PEOPLE)
def index() -> ResponseReturnValue:
    """List the accounts of the officer's units, or those that have to be looked at again."""
    words = request.args.get("q", "")[:LONGEST_SEARCH]
    only_due = bool(read_choice(request.args, "due", among=("1",)))
    officer, sorting = current_officer(), read_sorting(ORDERS)
    with reading() as session:
        everybody = people.list_people(session, officer.scope(Permission.READ_PEOPLE), words=words)
    shown = [one for one in everybody if one.is_review_due or not only_due]
    return render_template(
        "admin/people/index.html",
        people=sorting.sort(shown),
        sorting=sorting,
        due=sum(one.is_review_due for one in everybody),
        words=words,
        only_due=only_due,
        may_manage=officer.may(Permission.MANAGE_PEOPLE),
        form=EmptyForm(),
    )


@blueprint.get("/new")
@requires(Permission.MANAGE_PEOPLE)
def new() -> ResponseReturnValue:
    """Show the form for a new account."""
    data = {"language": chosen_language()}
    return _show_new(NewPersonForm(formdata=None, data=data))


def _show_new(form: NewPersonForm) -> str:
    _offer_units(form)
    return render_template("admin/people/new.html", form=form)


def _offer_units(form: NewPersonForm) -> None:
    with reading() as session:
        units = people.list_unit_choices(session, current_officer().scope(Permission.MANAGE_PEOPLE))
    form.offer(units)


@blueprint.post("")
@requires(Permission.MANAGE_PEOPLE)
def create() -> ResponseReturnValue:
    """Make an account and show the code for its first sign-in, once."""
    form = NewPersonForm()
    _offer_units(form)
    if not form.validate():
        return _show_new(form), 422
    try:
        with unit_of_work() as session:
            account, code = people.invite_person(session, current_officer(), form.as_person())
    except AccountExistsError:
        form.name.errors = [_("Tên đăng nhập này đã có người dùng.")]
        return _show_new(form), 409
    return _show_code(account.id, account.display_name, code)


def _show_code(account_id: int, display_name: str, code: str) -> str:
    return render_template(
        "admin/people/code.html",
        account_id=account_id,
        display_name=display_name,
        code=code,
        address=url_for("admin.start.new", code=code, _external=True),
        days=people.START_CODE_LIFE.days,
    )


@blueprint.get("/<int:account_id>")
@requires(Permission.READ_PEOPLE)
def show(account_id: int) -> ResponseReturnValue:
    """Show an account, its roles, and what may be done with it."""
    return _show(account_id)


def _show(
    account_id: int,
    *,
    form: PersonForm | None = None,
    role_form: RoleForm | None = None,
    problem: str = "",
) -> str:
    officer = current_officer()
    with reading() as session:
        sheet = people.read_person(session, officer, account_id)
    today = clock.today().isoformat()
    typed = {"display_name": sheet.person.display_name, "email": sheet.person.email}
    role_form = role_form or RoleForm(formdata=None, data={"from_day": today})
    role_form.offer(sheet.roles_to_give, sheet.units_to_give)
    return render_template(
        "admin/people/show.html",
        sheet=sheet,
        person=sheet.person,
        form=form or PersonForm(formdata=None, data=typed),
        role_form=role_form,
        empty=EmptyForm(),
        today=today,
        problem=problem,
    )


@blueprint.post("/<int:account_id>")
@requires(Permission.MANAGE_PEOPLE)
def update(account_id: int) -> ResponseReturnValue:
    """Set how an account is shown, and its e-mail."""
    form = PersonForm()
    if not form.validate():
        return _show(account_id, form=form), 422
    with unit_of_work() as session:
        people.change_person(
            session,
            current_officer(),
            account_id,
            display_name=form.display_name.data or "",
            email=form.address(),
        )
    return _back(account_id, _("Đã lưu."))


def _back(account_id: int, said: str) -> ResponseReturnValue:
    flash(said, "good")
    if request.form.get("from") == "list":
        return redirect(url_for("admin.people.index", due="1"), 303)
    return redirect(url_for("admin.people.show", account_id=account_id), 303)


@blueprint.post("/<int:account_id>/start")
@requires(Permission.MANAGE_PEOPLE)
def renew(account_id: int) -> ResponseReturnValue:
    """Show a code for a new password, once; the old password and all sessions end."""
    with unit_of_work() as session:
        account, code = people.renew_start(session, current_officer(), account_id)
    return _show_code(account.id, account.display_name, code)


@blueprint.post("/<int:account_id>/second-factor/delete")
@requires(Permission.MANAGE_PEOPLE)
def delete_factor(account_id: int) -> ResponseReturnValue:
    """Take the second factor away from somebody who lost it."""
    return _carry_out(account_id, people.take_factor, _("Đã bỏ xác thực hai lớp của tài khoản."))


@blueprint.post("/<int:account_id>/disable")
@requires(Permission.MANAGE_PEOPLE)
def disable(account_id: int) -> ResponseReturnValue:
    """Close an account."""
    return _carry_out(account_id, people.disable_person, _("Đã khóa tài khoản."))


@blueprint.post("/<int:account_id>/enable")
@requires(Permission.MANAGE_PEOPLE)
def enable(account_id: int) -> ResponseReturnValue:
    """Open an account again."""
    return _carry_out(account_id, people.enable_person, _("Đã mở lại tài khoản."))


@blueprint.post("/<int:account_id>/confirm")
@requires(Permission.MANAGE_PEOPLE)
def confirm(account_id: int) -> ResponseReturnValue:
    """Write down that an account is still needed."""
    return _carry_out(account_id, people.confirm_person, _("Đã ghi: tài khoản vẫn cần."))


def _carry_out(account_id: int, deed: Deed, said: str) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            deed(session, current_officer(), account_id)
    except LastAdministratorError:
        return _show(account_id, problem=_last_administrator()), 409
    return _back(account_id, said)


def _last_administrator() -> str:
    return str(
        _("Đây là người quản trị hệ thống cuối cùng. Hãy giao vai trò ấy cho người khác trước.")
    )


@blueprint.post("/<int:account_id>/roles")
@requires(Permission.MANAGE_PEOPLE)
def create_role(account_id: int) -> ResponseReturnValue:
    """Give an account a role within a unit."""
    form = RoleForm()
    if not form.validate():
        return _show(account_id, role_form=form), 422
    try:
        with unit_of_work() as session:
            people.give_role(session, current_officer(), account_id, new=form.as_role())
    except GrantInvalidError:
        form.role.errors = [_("Vai trò này đã được giao trong thời gian ấy.")]
        return _show(account_id, role_form=form), 422
    return _back(account_id, _("Đã giao vai trò."))


@blueprint.post("/<int:account_id>/roles/<int:grant_id>/end")
@requires(Permission.MANAGE_PEOPLE)
def delete_role(account_id: int, grant_id: int) -> ResponseReturnValue:
    """End a role today."""
    try:
        with unit_of_work() as session:
            people.end_role(session, current_officer(), account_id, grant_id=grant_id)
    except LastAdministratorError:
        return _show(account_id, problem=_last_administrator()), 409
    return _back(account_id, _("Đã thôi giao vai trò. Các phiên đăng nhập đã kết thúc."))
