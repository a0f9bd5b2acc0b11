"""Procedures and sectors, shared by all units. Refuses to delete one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.asked_words import read_key, read_number
from admin.catalogue_forms import ProcedureForm, RenewForm, SectorForm, WordsForm
from admin.office_forms import RetireForm, carry_out, editor_of
from satisfaction import clock, office_log, procedures
from satisfaction.database import reading
from satisfaction.terms import Permission
from satisfaction.web.guards import current_officer, requires

blueprint = Blueprint("catalogue", __name__, url_prefix="/catalogue")


@blueprint.get("")
@requires(Permission.READ_OFFICE)
def index() -> ResponseReturnValue:
    """List procedures by words and sector."""
    return _show(None)


def _show(form: ProcedureForm | None) -> str:
    words = request.args.get("q", "")[: procedures.LONGEST_SHORT_NAME]
    sector_id = read_key(request.args, "sector")
    with reading() as session:
        found = procedures.find_procedures(
            session,
            words=words,
            sector_id=sector_id,
            page=read_number(request.args, "page", usual=1),
        )
        sectors = procedures.list_sectors(session)
        changes = office_log.list_catalogue_changes(session)
    today = clock.today()
    return render_template(
        "admin/catalogue/index.html",
        found=found,
        sectors=sectors,
        changes=changes,
        words=words,
        sector_id=sector_id,
        today=today,
        form=form or ProcedureForm(formdata=None, data={"from_day": today.isoformat()}),
        may_change=_may_change(),
    )


def _may_change() -> bool:
    return current_officer().may(Permission.MANAGE_CATALOGUE)


@blueprint.post("")
@requires(Permission.MANAGE_CATALOGUE)
def create() -> ResponseReturnValue:
    """Add a procedure."""
    editor, form = editor_of(Permission.MANAGE_CATALOGUE), ProcedureForm()
    if not carry_out(
        form,
        lambda session: procedures.add_procedure(
            session,
            editor,
            code=form.text("code"),
            words=form.as_words(),
            from_day=form.day("from_day"),
        ),
    ):
        return _show(form), 422
    flash(_("Đã thêm thủ tục."), "good")
    return redirect(url_for("admin.catalogue.index", q=form.text("code")), 303)


@blueprint.get("/procedures/<int:procedure_id>")
@requires(Permission.READ_OFFICE)
def show(procedure_id: int) -> ResponseReturnValue:
    """Show one procedure with its versions."""
    return _show_procedure(procedure_id, {})


def _show_procedure(procedure_id: int, typed: dict[str, Any]) -> str:
    with reading() as session:
        procedure = procedures.get_procedure(session, procedure_id)
        versions = procedures.list_versions(session, procedure.national_code)
        now = vars(procedures.words_of(procedure))
        changes = [
            change
            for change in office_log.list_catalogue_changes(session)
            if change.named.get("procedure") == procedure.national_code
        ]
        sectors = procedures.list_sectors(session)
    today = clock.today().isoformat()
    forms = {
        "words": WordsForm(formdata=None, data=now),
        "renew": RenewForm(formdata=None, data=now | {"from_day": today}),
        "end": RetireForm(formdata=None),
    } | typed
    return render_template(
        "admin/catalogue/show.html",
        procedure=procedure,
        versions=versions,
        sectors=sectors,
        changes=changes,
        forms=forms,
        may_change=_may_change(),
    )


@blueprint.post("/procedures/<int:procedure_id>")
@requires(Permission.MANAGE_CATALOGUE)
def update(procedure_id: int) -> ResponseReturnValue:
    """Write a procedure's words better."""
    editor, form = editor_of(Permission.MANAGE_CATALOGUE), WordsForm()
    if not carry_out(
        form,
        lambda session: procedures.correct_procedure(
            session, editor, procedure_id=procedure_id, words=form.as_words()
        ),
    ):
        return _show_procedure(procedure_id, {"words": form}), 422
    return _changed(procedure_id)


@blueprint.post("/procedures/<int:procedure_id>/renew")
@requires(Permission.MANAGE_CATALOGUE)
def renew(procedure_id: int) -> ResponseReturnValue:
    """Let a code mean something else from a day on."""
    editor, form = editor_of(Permission.MANAGE_CATALOGUE), RenewForm()
    if not carry_out(
        form,
        lambda session: procedures.renew_procedure(
            session,
            editor,
            procedure_id=procedure_id,
            words=form.as_words(),
            from_day=form.day("from_day"),
        ),
    ):
        return _show_procedure(procedure_id, {"renew": form}), 422
    return _changed(procedure_id)


@blueprint.post("/procedures/<int:procedure_id>/end")
@requires(Permission.MANAGE_CATALOGUE)
def end(procedure_id: int) -> ResponseReturnValue:
    """Let a procedure be valid until a day."""
    editor, form = editor_of(Permission.MANAGE_CATALOGUE), RetireForm()
    if not carry_out(
        form,
        lambda session: procedures.end_procedure(
            session, editor, procedure_id=procedure_id, until_day=form.day("until_day")
        ),
    ):
        return _show_procedure(procedure_id, {"end": form}), 422
    return _changed(procedure_id)


def _changed(procedure_id: int) -> ResponseReturnValue:
    flash(_("Đã lưu thay đổi của thủ tục."), "good")
    return redirect(url_for("admin.catalogue.show", procedure_id=procedure_id), 303)


@blueprint.post("/sectors/<int:sector_id>")
@requires(Permission.MANAGE_CATALOGUE)
def rename(sector_id: int) -> ResponseReturnValue:
    """Write a sector's name better."""
    editor, form = editor_of(Permission.MANAGE_CATALOGUE), SectorForm()
    if not carry_out(
        form,
        lambda session: procedures.rename_sector(
            session, editor, sector_id=sector_id, name=form.text("name")
        ),
    ):
        flash(" ".join([*form.name.errors, form.problem]).strip(), "bad")
        return _show(None), 422
    flash(_("Đã đổi tên lĩnh vực."), "good")
    return redirect(url_for("admin.catalogue.index"), 303)
