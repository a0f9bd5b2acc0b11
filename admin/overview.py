"""The supervisors' overview: one page from a figure to what to do."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import (
    Blueprint,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from admin.case_forms import NoteForm
from admin.forms import as_day
from admin.questions import (
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
from admin.voice_links import VoiceLinks
from satisfaction import clock, day_notes
from satisfaction.dashboard import (
    Asked,
    Chart,
    Dashboard,
    Line,
    Rights,
    Todo,
    build_dashboard,
)
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvalidPeriodError, NoteRefusedError
from satisfaction.figures import is_few
from satisfaction.jobs import job_names
from satisfaction.overview import open_scope
from satisfaction.reports import bars, charts
from satisfaction.statistics import Verdict
from satisfaction.terms import Channel, Dimension, Permission
from satisfaction.text import sort_key
from satisfaction.troubles import list_troubles
from satisfaction.web import dashboard_words, htmx
from satisfaction.web.guards import current_officer, requires
from satisfaction.web.readers import current_reader
from satisfaction.web.unseen import count_unseen
from satisfaction.web.words import describe_period

blueprint = Blueprint("overview", __name__)
USUAL_PERIOD = "this-month"
VERDICTS = {Verdict.BELOW: 0, Verdict.WITHIN: 1, Verdict.ABOVE: 2}
NOT_ASKED = {"by", "source"}


@blueprint.get("/overview")
@requires(Permission.SEE_COUNTS)
def index() -> ResponseReturnValue:
    """Show what the address asks for; empty words, and those of the counts, leave it first."""
    asked = _asked()
    if len(asked) < len(request.args) or not all(asked.values()):
        # Words that even the counts do not know are refused; theirs mean nothing here.
        read_question(without_period(request.args), clock.today())
        return redirect(f"{url_for('admin.overview.index')}?{tidied(asked)}")
    try:
        return _show(_read_question(asked), 200)
    except InvalidPeriodError as refusal:
        question = _read_question(without_period(asked))
        return _show(question, 400, problem=say_shown(refusal, question))


@blueprint.post("/overview/notes")
@requires(Permission.HANDLE_CASES)
def annotate() -> ResponseReturnValue:
    """Say what happened on a day that stands out, or take it back."""
    question = _read_question(_asked())
    form, officer = NoteForm(), current_officer()
    with reading() as session:
        scope = open_scope(session, officer.scope(Permission.HANDLE_CASES), question.wanted)
    day = as_day(form.day.data)
    if not form.validate() or day is None:
        return _show(question, 422, problem=str(form.problem), note_form=form)
    words = form.words.data or ""
    try:
        with unit_of_work() as session:
            day_notes.set_note(
                session, scope.query, day, words=words, account_id=officer.account_id
            )
    except NoteRefusedError as refusal:
        problem = dashboard_words.say_note_fault(refusal)
        return _show(question, 422, problem=problem, note_form=form)
    address = url_for("admin.overview.index")
    return redirect(f"{address}?{urlencode(question.words)}#days", 303)


def _asked() -> dict[str, str]:
    return {name: word for name, word in request.args.items() if name not in NOT_ASKED}


def _read_question(asked: Mapping[str, str]) -> Question:
    return read_question(asked, clock.today(), usual=USUAL_PERIOD, names=SORTED_NAMES)


def _share(line: Line) -> float | None:
    """Return a share as it is shown; one that is not tells nothing by its place either."""
    return None if is_few(line.row.answers) else line.row.satisfied_share


def _participation(line: Line) -> float | None:
    return None if is_few(line.row.finished_visits) else line.row.participation


ORDERS: dict[str, Order[Line]] = {
    "name": Order(lambda line: (sort_key(line.row.label), line.row.key)),
    "share": Order(_share),
    "change": Order(lambda line: line.difference.points if line.difference else None),
    "answers": Order(lambda line: line.row.answers, is_downwards=True),
    "participation": Order(_participation, is_downwards=True),
    "verdict": Order(lambda line: VERDICTS.get(line.point.verdict)),
}


def _may_note(question: Question, dashboard: Dashboard) -> bool:
    """Say whether days may be annotated here: each by itself, and of the whole unit."""
    wanted = question.wanted
    is_narrowed = wanted.desk_id or wanted.procedure_id or wanted.channel
    scope = current_officer().scope(Permission.HANDLE_CASES)
    return (
        not is_narrowed
        and dashboard.days.by is Dimension.DAY
        and dashboard.scope.query.unit_id in scope
    )


def _show(
    question: Question, status: int, problem: str = "", *, note_form: NoteForm | None = None
) -> ResponseReturnValue:
    sorting = read_sorting(
        ORDERS, usual="share", endpoint="admin.overview.index", asked=question.words
    )
    dashboard = _read(question)
    voice_links = VoiceLinks(question, dashboard, current_reader().voices)
    template = "_overview.html" if htmx.wants_partial() else "index.html"
    page = render_template(
        f"admin/overview/{template}",
        question=question,
        dashboard=dashboard,
        figures=dashboard.figures,
        problem=problem,
        period_name=describe_period(question.kind, question.wanted.period),
        filters=name_filters(question, dashboard.scope),
        say=dashboard_words,
        quick_periods=QUICK_PERIODS,
        channels=tuple(Channel),
        sorting=sorting,
        lines=sorting.sort(dashboard.places.lines),
        voice_links=voice_links,
        may_note=_may_note(question, dashboard),
        note_form=note_form or NoteForm(formdata=None),
        todo_address=lambda todo: _address_of(todo, question, voice_links),
        **_draw(dashboard),
    )
    return htmx.vary_on_htmx(make_response(page, status))


def _address_of(todo: Todo, question: Question, voice_links: VoiceLinks) -> str:
    """Return where a thing to do can be looked into; empty where the officer may not go."""
    if todo.line is not None:
        line = todo.line
        words = {"unit": str(line.unit_id)} if line.unit_id else {"desk": line.row.key}
        return f"{url_for('admin.overview.index')}?{urlencode(question.changed(**words))}"
    if todo.unseen is not None:
        return voice_links.of_unseen()
    if todo.overdue is not None:
        return url_for("admin.cases.index", only="late")
    if todo.trouble is not None:
        return url_for("admin.jobs.index")
    if todo.alert is not None and current_officer().may(Permission.READ_FLEET):
        return url_for("admin.fleet.index")
    return ""


def _read(question: Question) -> Dashboard:
    officer = current_officer()
    rights = Rights(
        counts=officer.scope(Permission.SEE_COUNTS),
        allegations=officer.scope(Permission.SEE_ALLEGATIONS),
        devices=officer.scope(Permission.SEE_COUNTS),
    )
    asked = Asked(
        wanted=question.wanted,
        kind=question.kind,
        rights=rights,
        reader=current_reader(),
        count_unseen=count_unseen,
    )
    with reading() as session:
        if officer.may(Permission.MANAGE_SYSTEM):
            settings = current_app.config["SETTINGS"]
            troubles = list_troubles(session, settings, jobs=job_names())
            asked = replace(asked, troubles=troubles)
        return build_dashboard(session, asked)


def _draw(dashboard: Dashboard) -> dict[str, Any]:
    """Return the drawings: places and sizes beside the figures that they show."""
    places, total = dashboard.places, dashboard.total
    enough = [line.row for line in places.lines if not is_few(line.row.answers)]
    scale = bars.fit_scale([*enough, *([] if is_few(total.answers) else [total])])
    axis = charts.fit_whiskers(
        [*(line.interval for line in places.lines if not is_few(line.row.answers))]
    )
    return {
        "bars": {line.row.key: bars.build_bar(line.row, scale) for line in places.lines},
        "total_bar": bars.build_bar(total, scale),
        "whiskers": _whiskers(places, axis),
        "total_whisker": charts.build_whisker(
            total.satisfied_share, dashboard.interval, centre=places.centre, axis=axis
        ),
        "days": charts.build_control(
            {line.row.key: line.point for line in dashboard.days.lines}, dashboard.days.centre
        ),
        "heat": charts.build_heat(dashboard.hours.cells, dashboard.hours.hidden),
        "reasons": charts.measure_bars(dashboard.reasons.counts.rows),
        "procedure_whiskers": _whiskers(
            dashboard.procedures,
            charts.fit_whiskers(line.interval for line in dashboard.procedures.lines),
        ),
    }


def _whiskers(chart: Chart[str], axis: charts.Axis) -> dict[str, charts.Whisker | None]:
    def draw(line: Line) -> charts.Whisker | None:
        return charts.build_whisker(
            line.row.satisfied_share, line.interval, centre=chart.centre, axis=axis
        )

    return {line.row.key: draw(line) for line in chart.lines}
