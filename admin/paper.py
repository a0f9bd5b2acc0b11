"""Paper slips, entered one after another for a desk and a day. Refuses to keep half a slip."""

from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.asked_words import read_day, read_key
from admin.forms import SlipForm, as_day, as_key
from satisfaction import clock, paper, recording
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvalidPeriodError, SlipRefusedError
from satisfaction.faults import SlipFault
from satisfaction.paper import SlipEntered
from satisfaction.terms import Permission, RecordingResult
from satisfaction.web.guards import current_officer, requires
from satisfaction.web.refused_words import explain_period

blueprint = Blueprint("paper", __name__, url_prefix="/paper")


@blueprint.get("")
@requires(Permission.ENTER_PAPER)
def index() -> ResponseReturnValue:
    """Show the stack of a desk and a day, with a form for its next slip."""
    desk_id, form = read_key(request.args, "desk"), SlipForm(formdata=None)
    try:
        day = read_day(request.args, "day") or clock.today()
    except InvalidPeriodError as refusal:
        flash(explain_period(refusal), "bad")
        return _show(form, None, clock.today()), 400
    return _show(form, desk_id, day)


def _show(form: SlipForm, desk_id: int | None, day: date) -> str:
    scope = current_officer().scope(Permission.ENTER_PAPER)
    try:
        with reading() as session:
            sheet = paper.read_slips(session, scope, desk_id, day=day)
    except SlipRefusedError as refusal:
        flash(explain(refusal), "bad")
        with reading() as session:
            sheet = paper.read_slips(session, scope, None, day=min(day, clock.today()))
    if not form.rating.data:
        form.rating.data = str(recording.new_rating_id())
    return render_template("admin/paper/index.html", sheet=sheet, form=form, today=clock.today())


@blueprint.post("")
@requires(Permission.ENTER_PAPER)
def create() -> ResponseReturnValue:
    """Record one slip, and go on to the next of the same stack."""
    form, officer = SlipForm(), current_officer()
    slip = form.as_slip()
    is_whole = form.validate()
    if slip is None and form.level.data:
        abort(400)
    if slip is None or not is_whole:
        return _show(form, as_key(form.desk.data), as_day(form.day.data) or clock.today()), 422
    scope = officer.scope(Permission.ENTER_PAPER)
    try:
        with unit_of_work() as session:
            entered = paper.record_slip(session, scope, slip, account_id=officer.account_id)
    except SlipRefusedError as refusal:
        flash(explain(refusal), "bad")
        return _show(form, slip.desk_id, slip.day), 422
    flash(_describe(entered), "good")
    return redirect(url_for("admin.paper.index", desk=slip.desk_id, day=slip.day.isoformat()), 303)


def _describe(entered: SlipEntered) -> str:
    if entered.outcome.result is RecordingResult.KNOWN:
        return str(_("Phiếu này đã được ghi trước đó."))
    if entered.is_linked:
        return str(_("Đã ghi phiếu, gắn với lượt phục vụ của phiếu."))
    return str(_("Đã ghi phiếu là ý kiến không gắn với lượt phục vụ, tính riêng."))


def explain(refusal: SlipRefusedError) -> str:
    """Return why a slip was not recorded, and what the officer can do."""
    words = {
        SlipFault.DAY_TO_COME: _("Ngày này chưa đến. Chọn ngày ghi trên phiếu."),
        SlipFault.TIME_TO_COME: _("Giờ này chưa đến. Xem lại giờ ghi trên phiếu."),
        SlipFault.NOT_CONFIGURED: _("Ngày này đơn vị chưa có thang đánh giá nào."),
        SlipFault.DESK_DID_NOT_SERVE: _("Ngày này bàn không phục vụ. Xem lại bàn và ngày."),
        SlipFault.NO_SUCH_LEVEL: _("Mức hoặc ý này không có trong mẫu của đơn vị."),
        SlipFault.VISIT_RATED: _("Lượt này đã được đánh giá. Phiếu không được ghi thêm lần nữa."),
        SlipFault.NO_VISIT: _(
            "Không có lượt nào khớp ở bàn và ngày này, và đơn vị không nhận phiếu không gắn với "
            "lượt phục vụ. Phiếu chưa được ghi; xem lại số phiếu, mã hồ sơ, bàn và ngày."
        ),
        SlipFault.SEVERAL_VISITS: _(
            "Có nhiều lượt khớp ở bàn và ngày này. Phiếu chưa được ghi; ghi thêm mã hồ sơ hoặc "
            "số phiếu."
        ),
    }
    return str(words[refusal.fields["fault"]])
