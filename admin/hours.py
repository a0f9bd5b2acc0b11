"""When units are open: weekly hours and days that differ. Refuses to change days that are over."""

from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.asked_words import read_key
from admin.forms import SpecialDayForm, WeekForm, as_day, as_key
from satisfaction import clock, office_log, opening
from satisfaction.database import reading, unit_of_work
from satisfaction.opening import Change
from satisfaction.terms import Permission
from satisfaction.web.formats import WEEKDAYS
from satisfaction.web.guards import current_officer, requires

blueprint = Blueprint("hours", __name__, url_prefix="/hours")


@blueprint.get("")
@requires(Permission.READ_OFFICE)
def index() -> ResponseReturnValue:
    """Show the hours in force for a unit, and its special days."""
    return _show(read_key(request.args, "unit"))


def _show(
    unit_id: int | None, *, week: WeekForm | None = None, day: SpecialDayForm | None = None
) -> str:
    scope = current_officer().scope(Permission.READ_OFFICE)
    with reading() as session:
        sheet = opening.read_hours(session, scope, unit_id)
        changes = office_log.list_unit_changes(
            session, {sheet.unit.unit_id}, whats=office_log.HOURS_CHANGES
        )
    typed = {"hours": list(sheet.week) or [""] * len(WEEKDAYS)}
    today = clock.today().isoformat()
    return render_template(
        "admin/hours/index.html",
        sheet=sheet,
        changes=changes,
        week_form=week or WeekForm(formdata=None, data=typed | {"from_day": today}),
        day_form=day or SpecialDayForm(formdata=None),
        weekdays=WEEKDAYS,
        today=today,
        may_change=sheet.unit.unit_id in current_officer().scope(Permission.MANAGE_OFFICE),
    )


@blueprint.post("")
@requires(Permission.MANAGE_OFFICE)
def update() -> ResponseReturnValue:
    """Set a unit's weekly hours."""
    form = WeekForm()
    if not form.validate():
        return _show(_unit(), week=form), 422
    from_day = as_day(form.from_day.data) or clock.today()
    with unit_of_work() as session:
        opening.change_week(session, _change(), week=form.as_week(), from_day=from_day)
    flash(_("Đã lưu giờ mở cửa."), "good")
    return _back()


@blueprint.post("/inherit")
@requires(Permission.MANAGE_OFFICE)
def inherit() -> ResponseReturnValue:
    """Have a unit go by the hours of what stands above it, from today on."""
    with unit_of_work() as session:
        opening.change_week(session, _change(), week=None, from_day=clock.today())
    flash(_("Từ hôm nay đơn vị theo giờ của đơn vị cấp trên."), "good")
    return _back()


@blueprint.post("/days")
@requires(Permission.MANAGE_OFFICE)
def create() -> ResponseReturnValue:
    """Have a unit closed on a day, or open at other hours."""
    form = SpecialDayForm()
    if not form.validate():
        return _show(_unit(), day=form), 422
    with unit_of_work() as session:
        opening.add_special_day(session, _change(), form.as_special_day())
    flash(_("Đã lưu ngày này."), "good")
    return _back()


@blueprint.post("/days/<day>/delete")
@requires(Permission.MANAGE_OFFICE)
def delete(day: str) -> ResponseReturnValue:
    """Have a day be like others again."""
    named: date | None = as_day(day)
    if named is None:
        abort(404)
    with unit_of_work() as session:
        opening.remove_special_day(session, _change(), named)
    flash(_("Đã bỏ ngày này. Hôm đó mở cửa như thường lệ."), "good")
    return _back()


def _unit() -> int:
    return as_key(request.form.get("unit")) or 0


def _change() -> Change:
    officer = current_officer()
    return Change(officer.scope(Permission.MANAGE_OFFICE), _unit(), officer.account_id)


def _back() -> ResponseReturnValue:
    return redirect(url_for("admin.hours.index", unit=_unit()), 303)
