"""Desk officers' own figures: their office's closed months, safe to show, and what is kept on them.

Refuses a single rating, a time of tap and a comment: none is read here.
"""

from flask import Blueprint, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.asked_words import read_key
from satisfaction import clock
from satisfaction.database import reading
from satisfaction.errors import InvalidPeriodError
from satisfaction.periods import Period, kind_of, parse_period, write_period
from satisfaction.releases import build_own_release, list_periods, may_be_asked
from satisfaction.terms import Permission
from satisfaction.web.guards import current_officer, requires
from satisfaction.web.refused_words import explain_period, name_shown
from satisfaction.web.release_words import build_release_paper, period_choices

blueprint = Blueprint("own_figures", __name__, url_prefix="/own-figures")


@blueprint.get("")
@requires(Permission.SEE_OWN_FIGURES)
def index() -> ResponseReturnValue:
    """Show the office's figures of a month that is over, and what is kept about its desks."""
    scope = current_officer().scope(Permission.SEE_OWN_FIGURES)
    unit_id = read_key(request.args, "unit")
    period, status, problem = _read_period()
    settings = current_app.config["SETTINGS"]
    with reading() as session:
        own = build_own_release(session, scope, unit_id, period=period, limit=settings.small_count)
    page = render_template(
        "admin/own_figures/index.html",
        own=own,
        paper=build_release_paper(own.release) if own.release else None,
        chosen=write_period(period),
        choices=period_choices([*list_periods(clock.today()), period]),
        limit=settings.small_count,
        problem=problem,
    )
    return make_response(page, status)


def _read_period() -> tuple[Period, int, str]:
    last = list_periods(clock.today())[0]
    word = request.args.get("period")
    if not word:
        return last, 200, ""
    try:
        period = parse_period(word)[1]
    except InvalidPeriodError as refusal:
        return last, 400, name_shown(explain_period(refusal), kind_of(last), period=last)
    if not may_be_asked(period, clock.today()):
        problem = _("Chọn một tháng, quý hoặc năm đã kết thúc.")
        return last, 400, name_shown(problem, kind_of(last), period=last)
    return period, 200, ""
