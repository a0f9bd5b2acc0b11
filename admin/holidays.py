"""A year's holidays for a unit: looked at first, then entered. Refuses days that are over."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from admin.asked_words import read_choice, read_key
from admin.forms import as_day, as_key
from admin.office_forms import OfficeForm, carry_out, need_day
from satisfaction import clock, holiday_plans, public_holidays, unit_tree
from satisfaction.calendars import LONGEST_DAY_NAME
from satisfaction.database import reading
from satisfaction.errors import DayIsOverError, HoursInvalidError, UnitNotFoundError
from satisfaction.opening import Change
from satisfaction.terms import Permission
from satisfaction.web.guards import current_officer, requires

blueprint = Blueprint("holidays", __name__, url_prefix="/holidays")
YEARS = [str(n) for n in range(public_holidays.FIRST_YEAR, public_holidays.LAST_YEAR + 1)]


class YearForm(OfficeForm):
    """The days of a year that are taken."""

    unit = HiddenField()
    year = HiddenField()


class SwapForm(OfficeForm):
    """A day off and the day that is worked in its place."""

    unit = HiddenField()
    off = StringField(lazy_gettext("Nghỉ ngày"), [need_day])
    work = StringField(lazy_gettext("Làm bù ngày"), [need_day])
    name = StringField(
        lazy_gettext("Tên"),
        [
            InputRequired(lazy_gettext("Hãy ghi tên ngày.")),
            Length(max=LONGEST_DAY_NAME, message=lazy_gettext("Tên dài nhất 80 ký tự.")),
        ],
    )


@blueprint.get("")
@requires(Permission.READ_OFFICE)
def index() -> ResponseReturnValue:
    """Show what is proposed for a year beside what the unit's table has."""
    year = read_choice(request.args, "year", among=YEARS)
    return _show(read_key(request.args, "unit"), as_key(year), None)


def _show(unit_id: int | None, year: int | None, swap: SwapForm | None, problem: str = "") -> str:
    scope = current_officer().scope(Permission.READ_OFFICE)
    today = clock.today()
    year = year if public_holidays.knows(year) and year else today.year
    with reading() as session:
        choices = unit_tree.list_choices(session, scope, today)
        unit_id = unit_id or next((key for key, _name in choices), None)
        if unit_id is None or unit_id not in scope:
            raise UnitNotFoundError(unit_id=unit_id)
        planned = holiday_plans.plan_year(session, unit_id, year)
    return render_template(
        "admin/holidays/index.html",
        choices=choices,
        unit_id=unit_id,
        year=year,
        years=range(today.year, today.year + 3),
        planned=planned,
        form=YearForm(formdata=None),
        swap=swap or SwapForm(formdata=None),
        problem=problem,
    )


@blueprint.post("")
@requires(Permission.MANAGE_OFFICE)
def create() -> ResponseReturnValue:
    """Enter the chosen days of a year."""
    form = YearForm()
    change, year = _change(form), as_key(form.year.data) or 0
    chosen = [day for text in request.form.getlist("day") if (day := as_day(text)) is not None]
    is_known = public_holidays.knows(year)
    if not is_known or not carry_out(
        form,
        lambda session: holiday_plans.take_days(session, change, year=year, days=chosen),
    ):
        problem = form.problem or _("Không có năm này.")
        return _show(change.unit_id, year, None, problem), 422
    flash(_("Đã nhập các ngày đã chọn. Sửa từng ngày ở trang Giờ mở cửa."), "good")
    return redirect(url_for("admin.holidays.index", unit=change.unit_id, year=year), 303)


@blueprint.post("/swap")
@requires(Permission.MANAGE_OFFICE)
def swap() -> ResponseReturnValue:
    """Have a unit closed on one day and open on another in its place."""
    form = SwapForm()
    change = _change(form)
    try:
        is_done = carry_out(
            form,
            lambda session: holiday_plans.swap_days(
                session,
                change,
                off=form.day("off"),
                work=form.day("work"),
                name=form.text("name"),
            ),
        )
    except DayIsOverError:
        is_done, form.problem = False, _("Ngày này đã qua. Chỉ đặt được từ hôm nay trở đi.")
    except HoursInvalidError:
        is_done = False
        form.problem = _("Chưa đặt giờ mở cửa cho ngày nghỉ này, nên chưa biết giờ làm bù.")
    if not is_done:
        return _show(change.unit_id, None, form), 422
    flash(_("Đã lưu ngày nghỉ và ngày làm bù."), "good")
    return redirect(url_for("admin.hours.index", unit=change.unit_id), 303)


def _change(form: OfficeForm) -> Change:
    """Return whose days are changed.

    Raises: UnitNotFoundError for a unit that is not the officer's.
    """
    officer = current_officer()
    scope, unit_id = officer.scope(Permission.MANAGE_OFFICE), as_key(form.text("unit")) or 0
    if unit_id not in scope:
        raise UnitNotFoundError(unit_id=unit_id)
    return Change(scope, unit_id, officer.account_id)
