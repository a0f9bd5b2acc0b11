"""The supervisor's counts: a table for a period, and the same figures as a file."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.questions import (
    DIMENSIONS,
    QUICK_PERIODS,
    SORTED_NAMES,
    Question,
    name_filters,
    read_question,
    say_shown,
    tidied,
    without_period,
)
from admin.sorting import Order, read_sorting
from satisfaction import audit, clock
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvalidPeriodError
from satisfaction.figures import CountRow, Figures, is_few
from satisfaction.overview import Overview, build_overview
from satisfaction.reports import bars, csv
from satisfaction.terms import AuditAction, Channel, Permission, RatingSource
from satisfaction.text import sort_key
from satisfaction.web import htmx
from satisfaction.web.guards import client_network, current_officer, requires
from satisfaction.web.words import csv_words, describe_period

blueprint = Blueprint("counts", __name__)


@blueprint.get("/counts")
@requires(Permission.SEE_COUNTS)
def index() -> ResponseReturnValue:
    """Show the figures that the address asks for; empty words leave the address first."""
    if any(not word for word in request.args.values()):
        return redirect(f"{url_for('admin.counts.index')}?{tidied(request.args)}")
    try:
        return _show(_read_question(request.args), 200)
    except InvalidPeriodError as refusal:
        question = _read_question(without_period(request.args))
        return _show(question, 400, problem=say_shown(refusal, question))


def _read_question(words: Mapping[str, str]) -> Question:
    return read_question(words, clock.today(), names=SORTED_NAMES)


def _share(row: CountRow) -> float | None:
    """Return a share as it is shown; one that is not tells nothing by its place either."""
    return None if is_few(row.answers) else row.satisfied_share


def _participation(row: CountRow) -> float | None:
    return None if is_few(row.finished_visits) else row.participation


ORDERS: dict[str, Order[CountRow]] = {
    "name": Order(lambda row: (sort_key(row.label), row.key)),
    "share": Order(_share),
    "finished": Order(lambda row: row.finished_visits or 0, is_downwards=True),
    "rated": Order(lambda row: row.rated_visits or 0, is_downwards=True),
    "participation": Order(_participation, is_downwards=True),
}


def _show(question: Question, status: int, problem: str = "") -> ResponseReturnValue:
    sorting = read_sorting(ORDERS)
    overview = _overview(question)
    template = "admin/counts/_counts.html" if htmx.wants_partial() else "admin/counts/index.html"
    page = render_template(
        template,
        question=question,
        overview=overview,
        figures=overview.figures,
        rows=sorting.sort(overview.figures.rows),
        sorting=sorting,
        problem=problem,
        period_name=describe_period(question.kind, question.wanted.period),
        filters=name_filters(question, overview),
        **_drawing(overview.figures),
        **_CHOICES,
    )
    return htmx.vary_on_htmx(make_response(page, status))


def _overview(question: Question) -> Overview:
    scope = current_officer().scope(Permission.SEE_COUNTS)
    with reading() as session:
        return build_overview(session, scope, question.wanted)


def _drawing(figures: Figures) -> dict[str, Any]:
    scale = bars.fit_scale(
        line for line in (*figures.rows, figures.total) if not is_few(line.answers)
    )
    drawn = {line.key: bars.build_bar(line, scale) for line in figures.rows}
    return {"bars": drawn, "total_bar": bars.build_bar(figures.total, scale)}


_CHOICES = {
    "dimensions": DIMENSIONS,
    "quick_periods": QUICK_PERIODS,
    "channels": tuple(Channel),
    "sources": tuple(RatingSource),
}


@blueprint.get("/counts.csv")
@requires(Permission.SEE_COUNTS)
def download() -> ResponseReturnValue:
    """Return the same figures as a file, and keep in the log that they left the house."""
    question = read_question(request.args, clock.today())
    overview = _overview(question)
    figures, officer = overview.figures, current_officer()
    with unit_of_work() as session:
        audit.record_deed(
            session,
            AuditAction.COUNTS_EXPORTED,
            account_id=officer.account_id,
            unit_id=figures.query.unit_id,
            network=client_network(),
            detail=dict(question.words),
        )
    words = csv_words(figures, filters="; ".join(name_filters(question, overview)))
    period = figures.query.period
    name = f"so-lieu_{figures.unit_code}_{period.first_day}_{period.last_day}.csv"
    response = make_response(csv.write_csv(figures, words))
    response.content_type = "text/csv; charset=utf-8"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
