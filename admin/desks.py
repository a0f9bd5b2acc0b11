"""The desks of a unit as an administrator keeps them. Refuses to move a desk or to delete one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.asked_words import read_key
from admin.forms import as_key
from admin.office_forms import CorrectDeskForm, NewDeskForm, RetireForm, carry_out, editor_of
from satisfaction import clock, furnishing, office_log, unit_tree
from satisfaction.database import reading
from satisfaction.editing import Editor, get_own_unit
from satisfaction.errors import UnitNotFoundError
from satisfaction.terms import Permission
from satisfaction.web.guards import current_officer, requires

blueprint = Blueprint("desks", __name__, url_prefix="/desks")


@blueprint.get("")
@requires(Permission.READ_OFFICE)
def index() -> ResponseReturnValue:
    """List a unit's desks, those that have ended last."""
    return _show(read_key(request.args, "unit"), None)


def _show(unit_id: int | None, form: NewDeskForm | None) -> str:
    officer, today = current_officer(), clock.today()
    scope = officer.scope(Permission.READ_OFFICE)
    with reading() as session:
        choices = unit_tree.list_choices(session, scope, today)
        unit_id = unit_id or next((key for key, _name in choices), None)
        if unit_id is None or unit_id not in scope:
            raise UnitNotFoundError(unit_id=unit_id)
        desks = furnishing.list_all_desks(session, {unit_id})
        changes = [
            change
            for change in office_log.list_unit_changes(session, {unit_id})
            if "desk_id" in change.named
        ]
    return render_template(
        "admin/desks/index.html",
        choices=choices,
        unit_id=unit_id,
        desks=desks,
        changes=changes,
        form=form or NewDeskForm(formdata=None, data={"from_day": today.isoformat()}),
        may_change=unit_id in officer.scope(Permission.MANAGE_OFFICE),
    )


@blueprint.post("")
@requires(Permission.MANAGE_OFFICE)
def create() -> ResponseReturnValue:
    """Add a desk to a unit."""
    editor, form = editor_of(Permission.MANAGE_OFFICE), NewDeskForm()
    unit_id = as_key(form.unit.data) or 0
    with reading() as session:
        get_own_unit(session, editor, unit_id)
    if not carry_out(
        form,
        lambda session: furnishing.add_desk(session, editor, unit_id=unit_id, new=form.as_desk()),
    ):
        return _show(unit_id, form), 422
    flash(_("Đã thêm bàn."), "good")
    return redirect(url_for("admin.desks.index", unit=unit_id), 303)


@blueprint.get("/<int:desk_id>")
@requires(Permission.MANAGE_OFFICE)
def edit(desk_id: int) -> ResponseReturnValue:
    """Show one desk, to write its name better or to let it end."""
    return _show_desk(editor_of(Permission.MANAGE_OFFICE), desk_id, {})


def _show_desk(editor: Editor, desk_id: int, typed: dict[str, Any]) -> str:
    with reading() as session:
        desk = furnishing.get_own_desk(session, editor, desk_id)
        changes = [
            change
            for change in office_log.list_unit_changes(session, {desk.unit_id})
            if change.named.get("desk_id") == desk_id
        ]
    until = desk.until_day.isoformat() if desk.until_day else ""
    forms = {
        "correct": CorrectDeskForm(formdata=None, obj=desk),
        "retire": RetireForm(formdata=None, data={"until_day": until}),
    } | typed
    return render_template("admin/desks/edit.html", desk=desk, forms=forms, changes=changes)


@blueprint.post("/<int:desk_id>")
@requires(Permission.MANAGE_OFFICE)
def update(desk_id: int) -> ResponseReturnValue:
    """Write a desk's name better."""
    editor, form = _editor(desk_id), CorrectDeskForm()
    if not carry_out(
        form,
        lambda session: furnishing.correct_desk(
            session, editor, desk_id=desk_id, name=form.text("name"), detail=form.text("detail")
        ),
    ):
        return _show_desk(editor, desk_id, {"correct": form}), 422
    return _changed(desk_id)


@blueprint.post("/<int:desk_id>/retire")
@requires(Permission.MANAGE_OFFICE)
def retire(desk_id: int) -> ResponseReturnValue:
    """Let a desk serve until a day."""
    editor, form = _editor(desk_id), RetireForm()
    if not carry_out(
        form,
        lambda session: furnishing.retire_desk(
            session, editor, desk_id=desk_id, until_day=form.day("until_day")
        ),
    ):
        return _show_desk(editor, desk_id, {"retire": form}), 422
    return _changed(desk_id)


def _editor(desk_id: int) -> Editor:
    """Return the editor of a desk, before anything of the form is looked at.

    Raises: DeskNotFoundError for a desk of another unit.
    """
    editor = editor_of(Permission.MANAGE_OFFICE)
    with reading() as session:
        furnishing.get_own_desk(session, editor, desk_id)
    return editor


def _changed(desk_id: int) -> ResponseReturnValue:
    flash(_("Đã lưu thay đổi của bàn."), "good")
    return redirect(url_for("admin.desks.edit", desk_id=desk_id), 303)
