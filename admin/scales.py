"""Scales with their versions, and the reasons that may be offered. Refuses to change a version."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.catalogue_forms import ReasonForm, ScaleForm
from admin.office_forms import carry_out, editor_of
from satisfaction import scales
from satisfaction.database import reading
from satisfaction.errors import WordUnknownError
from satisfaction.models import Scale
from satisfaction.terms import Leaning, Permission
from satisfaction.web.guards import current_officer, requires

blueprint = Blueprint("scales", __name__, url_prefix="/scales")
LevelsForm = ScaleForm.with_levels()


@blueprint.get("")
@requires(Permission.READ_OFFICE)
def index() -> ResponseReturnValue:
    """List scales and reasons; ``from`` names the scale whose newest version is the start."""
    return _show({}, request.args.get("from", ""))


def _show(typed: dict[str, Any], base: str = "") -> str:
    with reading() as session:
        listed = scales.list_scales(session)
        reasons = scales.list_reasons(session)
    start = next((scale for scale in listed if scale.code == base), None)
    if base and start is None:
        raise WordUnknownError(name="from", word=base)
    forms = {
        "scale": LevelsForm(formdata=None, data=_words_of(start)),
        "reason": ReasonForm(formdata=None),
    } | typed
    return render_template(
        "admin/scales/index.html",
        scales=listed,
        reasons=reasons,
        forms=forms,
        numbers=range(1, scales.MOST_LEVELS + 1),
        may_change=current_officer().may(Permission.MANAGE_CATALOGUE),
    )


def _words_of(scale: Scale | None) -> dict[str, str]:
    """Return a scale as it is typed; without one, faces and leanings of five usual levels."""
    leanings = [Leaning.DISSATISFIED] * 2 + [Leaning.NEUTRAL] + [Leaning.SATISFIED] * 2
    words: dict[str, str] = {}
    for number, leaning in enumerate(leanings, start=1):
        words |= {f"leaning_{number}": leaning.value, f"face_{number}": str(number)}
    if scale is None:
        return words
    words |= {"code": scale.code, "name": scale.name, "source": scale.source}
    for level in scale.levels[: scales.MOST_LEVELS]:
        words |= {
            f"label_vi_{level.position}": level.label_vi,
            f"label_en_{level.position}": level.label_en,
            f"leaning_{level.position}": level.leaning.value,
            f"face_{level.position}": str(level.face),
        }
    return words


@blueprint.post("")
@requires(Permission.MANAGE_CATALOGUE)
def create() -> ResponseReturnValue:
    """Add a scale, or another version of one."""
    editor, form = editor_of(Permission.MANAGE_CATALOGUE), LevelsForm()
    if not carry_out(form, lambda session: scales.add_version(session, editor, form.as_version())):
        return _show({"scale": form}), 422
    flash(_("Đã thêm phiên bản thang đo. Chọn nó ở trang Nội dung trên máy."), "good")
    return redirect(url_for("admin.scales.index"), 303)


@blueprint.post("/reasons")
@requires(Permission.MANAGE_CATALOGUE)
def create_reason() -> ResponseReturnValue:
    """Add a reason that units may offer."""
    editor, form = editor_of(Permission.MANAGE_CATALOGUE), ReasonForm()
    if not carry_out(
        form,
        lambda session: scales.add_reason(
            session, editor, code=form.text("code"), words=form.as_words()
        ),
    ):
        return _show({"reason": form}), 422
    flash(_("Đã thêm lý do. Chọn nó ở trang Nội dung trên máy."), "good")
    return redirect(url_for("admin.scales.index"), 303)


@blueprint.get("/reasons/<int:reason_id>")
@requires(Permission.MANAGE_CATALOGUE)
def edit_reason(reason_id: int) -> ResponseReturnValue:
    """Show one reason, to write it better."""
    return _show_reason(reason_id, None)


def _show_reason(reason_id: int, form: ReasonForm | None) -> str:
    with reading() as session:
        reason = scales.get_reason(session, reason_id)
    form = form or ReasonForm(formdata=None, obj=reason)
    return render_template("admin/scales/reason.html", reason=reason, form=form)


@blueprint.post("/reasons/<int:reason_id>")
@requires(Permission.MANAGE_CATALOGUE)
def update_reason(reason_id: int) -> ResponseReturnValue:
    """Write a reason's words better."""
    editor, form = editor_of(Permission.MANAGE_CATALOGUE), ReasonForm()
    if not carry_out(
        form,
        lambda session: scales.correct_reason(
            session, editor, reason_id=reason_id, words=form.as_words()
        ),
    ):
        return _show_reason(reason_id, form), 422
    flash(_("Đã sửa lời của lý do."), "good")
    return redirect(url_for("admin.scales.index"), 303)
