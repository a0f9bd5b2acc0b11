"""Reports: choose a unit, a period and a version, read it, and take it away as a file."""

from dataclasses import dataclass, replace

from flask import Blueprint, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.asked_words import read_choice
from admin.questions import Question, read_question, refuse_words, say_shown, without_period
from satisfaction import clock
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvalidPeriodError, PdfUnavailableError, SeveralUnitsError
from satisfaction.releases import Release, build_release
from satisfaction.reports.exports import FULL, PUBLIC, Taken, list_exports, record_export
from satisfaction.reports.papers import Paper
from satisfaction.reports.report import OpenedReport, open_report
from satisfaction.terms import Permission
from satisfaction.web.guards import client_network, current_officer, requires
from satisfaction.web.refused_words import explain_period
from satisfaction.web.release_words import build_release_paper
from satisfaction.web.report_files import WRITERS, as_attachment, name_taken, write_release
from satisfaction.web.report_words import build_paper

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
FIRST_YEAR = 2024
USUAL_PERIOD = "last-month"
PARTS = {
    "": lazy_gettext("Cả năm"),
    "-H1": lazy_gettext("6 tháng đầu năm"),
    "-H2": lazy_gettext("6 tháng cuối năm"),
    "-9M": lazy_gettext("9 tháng"),
    "-Q1": lazy_gettext("Quý I"),
    "-Q2": lazy_gettext("Quý II"),
    "-Q3": lazy_gettext("Quý III"),
    "-Q4": lazy_gettext("Quý IV"),
    **{f"-{n:02d}": lazy_gettext("Tháng %(month)s", month=n) for n in range(1, 13)},
}
VERSIONS = {
    FULL: lazy_gettext("Bản đầy đủ, dùng nội bộ"),
    PUBLIC: lazy_gettext("Bản công bố, ẩn số nhỏ"),
}
FORMS = {"pdf": "PDF", "xlsx": "Excel", "csv": "CSV"}
NAMES = {FULL: "bao-cao", PUBLIC: "cong-bo"}


@dataclass(frozen=True)
class _Wanted:
    """What is asked for: the question, and in which version."""

    question: Question
    version: str
    form: str


@dataclass(frozen=True)
class _Found:
    """The report, and what of it may be published, if that was asked for."""

    opened: OpenedReport
    release: Release | None

    @property
    def paper(self) -> Paper:
        if self.release is not None:
            return build_release_paper(self.release)
        return build_paper(self.opened.report)

    def write(self, form: str) -> bytes:
        if self.release is not None:
            return write_release(self.release, form)
        return WRITERS[form](self.opened.report)


def _read_question() -> Question:
    """Read what is asked: a year and a part of it, dates, or a period's own word."""
    words = dict(request.args.items())
    if words.get("year") or words.get("part"):
        words["period"] = words.get("year", "") + words.get("part", "")
    question = read_question(words, clock.today(), usual=USUAL_PERIOD)
    refuse_words(question, ("by",))
    return question


def _find(wanted: _Wanted) -> _Found:
    scope = current_officer().scope(Permission.SEE_COUNTS)
    question = wanted.question
    with reading() as session:
        opened = open_report(session, scope, question.wanted, kind=question.kind)
        release = None
        if wanted.version == PUBLIC:
            query = opened.report.query
            limit = current_app.config["SETTINGS"].small_count
            release = build_release(session, query.unit_id, query.period, limit=limit)
    return _Found(opened, release)


@blueprint.get("")
@requires(Permission.SEE_COUNTS)
def index() -> ResponseReturnValue:
    """Show the report as it will be printed, and what else could be asked for."""
    return _answer(is_file=False)


@blueprint.get("/file")
@requires(Permission.SEE_COUNTS)
def download() -> ResponseReturnValue:
    """Return the report as a file, and keep in the log which bytes left the house."""
    return _answer(is_file=True)


def _answer(*, is_file: bool) -> ResponseReturnValue:
    version = read_choice(request.args, "version", among=VERSIONS) or FULL
    form = read_choice(request.args, "form", among=FORMS) or "pdf"
    try:
        wanted = _Wanted(_read_question(), version, form)
    except InvalidPeriodError as refusal:
        words = without_period(request.args)
        question = read_question(words, clock.today(), usual=USUAL_PERIOD)
        is_shown = version == FULL
        problem = say_shown(refusal, question) if is_shown else explain_period(refusal)
        return _refuse(_Wanted(question, version, form), status=400, problem=problem)
    try:
        found = _find(wanted)
    except InvalidPeriodError:
        return _refuse(wanted, status=400, problem=str(_WHOLE_MONTHS))
    except SeveralUnitsError:
        return _refuse(wanted, status=409, problem=str(_EACH_UNIT))
    return _take(wanted, found) if is_file else _show(wanted, found)


def _refuse(wanted: _Wanted, *, status: int, problem: str) -> ResponseReturnValue:
    """Say what cannot be had; in place of a release nothing is shown that could pass for one."""
    found = _find(replace(wanted, version=FULL))
    return _show(wanted, found, status=status, problem=problem, has_sheet=wanted.version == FULL)


_WHOLE_MONTHS = lazy_gettext(
    "Bản công bố chỉ có cho tháng, quý, 6 tháng, 9 tháng hoặc năm đã kết thúc."
)
_EACH_UNIT = lazy_gettext(
    "Bản công bố lập cho từng đơn vị: chọn một đơn vị không có đơn vị khác trực thuộc trong kỳ."
)


def _show(
    wanted: _Wanted,
    found: _Found,
    *,
    status: int = 200,
    problem: str = "",
    has_sheet: bool = True,
) -> ResponseReturnValue:
    query, question = found.opened.report.query, wanted.question
    with reading() as session:
        exports = list_exports(session, query.unit_id)
    year = query.period.first_day.year
    page = render_template(
        "admin/reports/index.html",
        words=question.changed(unit=str(query.unit_id)) | {"version": wanted.version},
        opened=found.opened,
        paper=found.paper if has_sheet else None,
        exports=exports,
        problem=problem,
        see_voices=Permission.SEE_VOICES,
        forms=FORMS,
        parts=PARTS,
        versions=VERSIONS,
        years=range(clock.today().year, min(FIRST_YEAR, year) - 1, -1),
        chosen=(year, question.words.get("period", "")[4:], wanted.version),
    )
    return make_response(page, status)


def _take(wanted: _Wanted, found: _Found) -> ResponseReturnValue:
    form = wanted.form
    try:
        content = found.write(form)
    except PdfUnavailableError as problem:
        return _show(wanted, found, status=503, problem=_explain(problem))
    report = found.opened.report
    taken = Taken(
        unit_id=report.query.unit_id,
        period=report.query.period,
        form=form,
        version=wanted.version,
    )
    with unit_of_work() as session:
        record_export(
            session,
            taken,
            content=content,
            account_id=current_officer().account_id,
            network=client_network(),
        )
    kind = NAMES[wanted.version]
    name = name_taken(report.total.unit_code, taken.period, kind=kind, form=form)
    return as_attachment(content, name=name, form=form)


def _explain(problem: PdfUnavailableError) -> str:
    if problem.fields["reason"] == "missing":
        return str(
            _("Máy chủ chưa cài bộ tạo PDF. Dùng nút In của trình duyệt: trang này in ra đúng mẫu.")
        )
    return str(_("Chưa tạo được PDF trong thời gian cho phép. Thử lại, hoặc in trang này."))
