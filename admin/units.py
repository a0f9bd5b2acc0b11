"""The tree of units at any day, and one unit with its history. Refuses to delete a unit."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.asked_words import read_day
from admin.forms import as_key
from admin.office_forms import EndForm, FoundForm, MoveForm, NameForm, carry_out, editor_of
from satisfaction import clock, office_log, present_view, structure, unit_tree
from satisfaction.database import reading
from satisfaction.editing import FIRST_DAY, MOST_YEARS_AHEAD, Editor, get_own_unit
from satisfaction.errors import InvalidPeriodError
from satisfaction.periods import Period
from satisfaction.terms import PeriodKind, Permission, SuccessionExtent
from satisfaction.web.guards import current_officer, requires
from satisfaction.web.refused_words import explain_period, name_shown

blueprint = Blueprint("units", __name__, url_prefix="/units")


@blueprint.get("")
@requires(Permission.READ_OFFICE)
def index() -> ResponseReturnValue:
    """Show the tree of units as it stood on a day."""
    return _show_tree(None)


def _show_tree(form: FoundForm | None) -> str:
    officer, today = current_officer(), clock.today()
    day = _read_day("day") or today
    words = request.args.get("q", "")[: structure.LONGEST_NAME]
    own = officer.scope(Permission.MANAGE_OFFICE)
    with reading() as session:
        rows = unit_tree.read_tree(session, officer.scope(Permission.READ_OFFICE), day)
        choices = unit_tree.list_choices(session, own, today)
    form = form or FoundForm(formdata=None, data={"from_day": today.isoformat()})
    form.offer(choices)
    return render_template(
        "admin/units/index.html",
        rows=unit_tree.find_in_tree(rows, words) if words else rows,
        form=form if choices else None,
        day=day,
        today=today,
        words=words,
    )


@blueprint.post("")
@requires(Permission.MANAGE_OFFICE)
def create() -> ResponseReturnValue:
    """Found a unit under one of the officer's."""
    editor, form = editor_of(Permission.MANAGE_OFFICE), FoundForm()
    with reading() as session:
        form.offer(unit_tree.list_choices(session, editor.scope, clock.today()))
    founded: list[int] = []
    if not carry_out(
        form,
        lambda session: founded.append(structure.found_unit(session, editor, form.as_unit()).id),
    ):
        return _show_tree(form), 422
    flash(_("Đã lập đơn vị."), "good")
    return redirect(url_for("admin.units.show", unit_id=founded[0]), 303)


@blueprint.get("/<int:unit_id>")
@requires(Permission.READ_OFFICE)
def show(unit_id: int) -> ResponseReturnValue:
    """Show one unit: its names, parents, what it followed and what followed it, and the log."""
    return _show_unit(unit_id, {})


def _show_unit(unit_id: int, typed: dict[str, Any]) -> str:
    officer, today = current_officer(), clock.today()
    own = officer.scope(Permission.MANAGE_OFFICE)
    with reading() as session:
        sheet = unit_tree.read_unit(session, officer.scope(Permission.READ_OFFICE), unit_id)
        choices = unit_tree.list_choices(session, own - {unit_id}, today)
        changes = office_log.list_unit_changes(session, {unit_id})
    now = {
        "code": sheet.current.code,
        "name": sheet.current.name,
        "kind": sheet.current.kind.value,
        "from_day": today.isoformat(),
    }
    forms = {
        "name": NameForm(formdata=None, data=now),
        "move": MoveForm(formdata=None, data=now),
        "end": EndForm(formdata=None, data={"extent": SuccessionExtent.PART.value}),
    } | typed
    forms["move"].offer(choices)
    forms["end"].offer(choices)
    return render_template(
        "admin/units/show.html",
        sheet=sheet,
        forms=forms,
        may_change=unit_id in own and (sheet.ended_on is None or sheet.ended_on > today),
        may_move=bool(choices),
        changes=changes,
        today=today,
    )


@blueprint.get("/<int:unit_id>/present")
@requires(Permission.SEE_COUNTS)
def present(unit_id: int) -> ResponseReturnValue:
    """Show the figures of a period by the units of today; this year so far unless asked."""
    today = clock.today()
    usual = Period(today.replace(month=1, day=1), today + timedelta(days=1))
    period, problem = usual, ""
    try:
        first, last = _read_day("from") or usual.first_day, _read_day("until") or today
        period = Period(first, last + timedelta(days=1))
    except InvalidPeriodError as refusal:
        problem = name_shown(explain_period(refusal), PeriodKind.DATES, period=usual)
    with reading() as session:
        scope = current_officer().scope(Permission.SEE_COUNTS)
        view = present_view.count_present(session, scope, unit_id=unit_id, period=period)
    page = render_template("admin/units/present.html", unit_id=unit_id, view=view, problem=problem)
    return page, 400 if problem else 200


def _read_day(name: str) -> date | None:
    """Read a day that an office remembers or plans."""
    years = (FIRST_DAY.year, clock.today().year + MOST_YEARS_AHEAD)
    return read_day(request.args, name, years=years)


@blueprint.post("/<int:unit_id>/name")
@requires(Permission.MANAGE_OFFICE)
def rename(unit_id: int) -> ResponseReturnValue:
    """Give a unit another name, code or kind from a day on."""
    editor, form = _editor(unit_id), NameForm()
    if not carry_out(
        form,
        lambda session: structure.rename_unit(session, editor, unit_id=unit_id, new=form.as_name()),
    ):
        return _show_unit(unit_id, {"name": form}), 422
    return _changed(unit_id)


@blueprint.post("/<int:unit_id>/parent")
@requires(Permission.MANAGE_OFFICE)
def move(unit_id: int) -> ResponseReturnValue:
    """Put a unit under another from a day on."""
    editor, form = _editor(unit_id), MoveForm()
    with reading() as session:
        form.offer(unit_tree.list_choices(session, editor.scope - {unit_id}, clock.today()))
    if not carry_out(
        form,
        lambda session: structure.move_unit(
            session,
            editor,
            unit_id=unit_id,
            parent_id=as_key(form.parent.data) or 0,
            from_day=form.day("from_day"),
        ),
    ):
        return _show_unit(unit_id, {"move": form}), 422
    return _changed(unit_id)


@blueprint.post("/<int:unit_id>/end")
@requires(Permission.MANAGE_OFFICE)
def end(unit_id: int) -> ResponseReturnValue:
    """Let a unit be until a day, and keep what followed it."""
    editor, form = _editor(unit_id), EndForm()
    form.offer([])
    if not carry_out(
        form,
        lambda session: structure.end_unit(
            session, editor, unit_id=unit_id, ending=form.as_ending()
        ),
    ):
        return _show_unit(unit_id, {"end": form}), 422
    return _changed(unit_id)


def _editor(unit_id: int) -> Editor:
    """Return the editor of a unit, before anything of the form is looked at.

    Raises: UnitNotFoundError for a unit that is not the officer's.
    """
    editor = editor_of(Permission.MANAGE_OFFICE)
    with reading() as session:
        get_own_unit(session, editor, unit_id)
    return editor


def _changed(unit_id: int) -> ResponseReturnValue:
    flash(_("Đã lưu thay đổi của đơn vị."), "good")
    return redirect(url_for("admin.units.show", unit_id=unit_id), 303)
