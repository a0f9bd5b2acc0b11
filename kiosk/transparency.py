"""The public figures of units that publish them. Refuses everything that is not released.

Needs no script; says of every figure its numerator, denominator, participation, scale and period.
"""

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from satisfaction import clock
from satisfaction.database import reading
from satisfaction.errors import InvalidPeriodError, SeveralUnitsError, UnitNotFoundError
from satisfaction.periods import Period, parse_period, write_period
from satisfaction.releases import build_public_release, list_periods, list_published, may_be_asked
from satisfaction.web.guards import public
from satisfaction.web.release_words import build_release_paper, period_choices

blueprint = Blueprint("transparency", __name__, url_prefix="/so-lieu")
KEPT_SECONDS = 600


@blueprint.get("/")
@public
def index() -> ResponseReturnValue:
    """List the units that publish their figures."""
    with reading() as session:
        units = list_published(session, current_app.config["SETTINGS"].published_codes)
    return _keep(make_response(render_template("kiosk/transparency/index.html", units=units)))


@blueprint.get("/<code>")
@public
def show(code: str) -> ResponseReturnValue:
    """Show a unit's figures of a period that is over; without one, of the last month."""
    settings = current_app.config["SETTINGS"]
    if code not in settings.published_codes:
        raise UnitNotFoundError(code=code)
    period = _read_period()
    problem = "" if period else _("Chọn một tháng, quý hoặc năm đã kết thúc.")
    period = period or list_periods(clock.today())[0]
    paper = None
    with reading() as session:
        try:
            release = build_public_release(session, code, period, limit=settings.small_count)
            paper = build_release_paper(release)
        except SeveralUnitsError:
            problem = _("Trong kỳ này có đơn vị khác trực thuộc; xem số liệu của từng đơn vị đó.")
    page = render_template(
        "kiosk/transparency/show.html",
        code=code,
        paper=paper,
        chosen=write_period(period),
        choices=period_choices([*list_periods(clock.today()), period]),
        problem=problem,
    )
    return _keep(make_response(page, 400 if problem and paper else 409 if problem else 200))


def _read_period() -> Period | None:
    """Return the period that is asked for, or nothing for one that is not over or no such."""
    word = request.args.get("ky")
    if not word:
        return list_periods(clock.today())[0]
    try:
        period = parse_period(word)[1]
    except InvalidPeriodError:
        return None
    return period if may_be_asked(period, clock.today()) else None


def _keep(response: Response) -> Response:
    """Let what is public for ten minutes be kept on the way."""
    if response.status_code == 200:
        response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return response
