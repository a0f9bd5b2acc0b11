"""When a unit's voices are shown, answered and erased. Refuses to change what is over."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.asked_words import read_key
from admin.case_forms import PolicyForm
from admin.forms import as_key
from satisfaction import office_log, policy_sheets
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import PolicyInvalidError
from satisfaction.terms import Permission
from satisfaction.web.case_words import explain_policy
from satisfaction.web.guards import current_officer, requires

blueprint = Blueprint("policies", __name__, url_prefix="/policies")


@blueprint.get("")
@requires(Permission.READ_OFFICE)
def index() -> ResponseReturnValue:
    """Show what a unit holds to."""
    return _show(read_key(request.args, "unit"))


def _show(unit_id: int | None, *, form: PolicyForm | None = None) -> str:
    scope = current_officer().scope(Permission.READ_OFFICE)
    with reading() as session:
        sheet = policy_sheets.read_policy(session, scope, unit_id)
        changes = office_log.list_unit_changes(
            session, {sheet.unit.unit_id}, whats=office_log.POLICY_CHANGES
        )
    form = form or PolicyForm(formdata=None, data=vars(sheet.policy))
    return render_template("admin/policies/index.html", sheet=sheet, form=form, changes=changes)


@blueprint.post("")
@requires(Permission.MANAGE_OFFICE)
def update() -> ResponseReturnValue:
    """Give a unit what it holds to from now on."""
    form, unit_id = PolicyForm(), _unit()
    if not form.validate():
        return _show(unit_id, form=form), 422
    try:
        _set(unit_id, form)
    except PolicyInvalidError as refusal:
        getattr(form, refusal.fields["field"]).errors = [explain_policy(refusal)]
        return _show(unit_id, form=form), 422
    flash(_("Đã lưu."), "good")
    return redirect(url_for("admin.policies.index", unit=unit_id), 303)


@blueprint.post("/inherit")
@requires(Permission.MANAGE_OFFICE)
def inherit() -> ResponseReturnValue:
    """Have a unit go by what stands above it again."""
    unit_id = _unit()
    _set(unit_id, None)
    flash(_("Từ nay đơn vị theo đơn vị cấp trên."), "good")
    return redirect(url_for("admin.policies.index", unit=unit_id), 303)


def _set(unit_id: int, form: PolicyForm | None) -> None:
    officer = current_officer()
    if unit_id not in officer.scope(Permission.MANAGE_OFFICE):
        abort(404)
    with unit_of_work() as session:
        policy_sheets.set_policy(
            session,
            unit_id,
            form.as_policy() if form else None,
            changed_by_id=officer.account_id,
        )


def _unit() -> int:
    return as_key(request.form.get("unit")) or 0
