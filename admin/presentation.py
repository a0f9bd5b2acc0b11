"""What a unit's devices show: title, scale, reasons, mark. Refuses to change an earlier version."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.asked_words import read_key
from admin.forms import as_key
from admin.office_forms import carry_out, editor_of
from admin.presentation_forms import PresentationForm
from satisfaction import clock, emblems, presentation, unit_tree
from satisfaction.database import reading
from satisfaction.editing import get_own_unit
from satisfaction.terms import Permission
from satisfaction.web.guards import current_officer, requires
from satisfaction.web.headers import KEPT_FOR_EVER

blueprint = Blueprint("presentation", __name__, url_prefix="/presentation")
DIGEST_LENGTH = 64


@blueprint.get("")
@requires(Permission.READ_OFFICE)
def index() -> ResponseReturnValue:
    """Show what is in force for a unit, and its versions."""
    return _show(read_key(request.args, "unit"), None)


def _show(unit_id: int | None, form: PresentationForm | None) -> str:
    officer = current_officer()
    scope = officer.scope(Permission.READ_OFFICE)
    with reading() as session:
        choices = unit_tree.list_choices(session, scope, clock.today())
        chosen = unit_id or next((key for key, _name in choices), 0)
        sheet = presentation.read_presentation(session, scope, chosen)
    form = form or PresentationForm(formdata=None, data=PresentationForm.words_of(sheet))
    form.offer(sheet)
    return render_template(
        "admin/presentation/index.html",
        sheet=sheet,
        choices=choices,
        form=form,
        may_change=chosen in officer.scope(Permission.MANAGE_OFFICE),
        most_kilobytes=emblems.MOST_BYTES // 1024,
    )


@blueprint.post("")
@requires(Permission.MANAGE_OFFICE)
def update() -> ResponseReturnValue:
    """Have a unit's devices show something else, from today or a later day on."""
    editor = editor_of(Permission.MANAGE_OFFICE)
    request.max_content_length = 2 * emblems.MOST_BYTES
    form = PresentationForm()
    unit_id = as_key(form.unit.data) or 0
    with reading() as session:
        get_own_unit(session, editor, unit_id)
        form.offer(presentation.read_presentation(session, editor.scope, unit_id))
    if not carry_out(
        form,
        lambda session: presentation.present(
            session, editor, unit_id=unit_id, wanted=form.as_wanted()
        ),
    ):
        return _show(unit_id, form), 422
    flash(_("Đã lưu. Máy đang chạy tự nhận sau vài phút."), "good")
    return redirect(url_for("admin.presentation.index", unit=unit_id), 303)


@blueprint.get("/marks/<digest>.png")
@requires(Permission.READ_OFFICE)
def mark(digest: str) -> ResponseReturnValue:
    """Give a mark by its digest, as devices show it."""
    if len(digest) != DIGEST_LENGTH:
        abort(404)
    with reading() as session:
        content = emblems.get_drawing(session, digest)
    response = Response(content, mimetype="image/png")
    response.headers.update(KEPT_FOR_EVER)
    return response
