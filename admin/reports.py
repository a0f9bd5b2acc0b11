"""Reports: choose a unit, a period and a form, read it, and take it away as a file."""

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.counts import explain_period
from admin.questions import Question, read_question, without_period
from satisfaction import clock
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvalidPeriodError, PdfUnavailableError
from satisfaction.reports.exports import list_exports, record_export
from satisfaction.reports.report import OpenedReport, open_report
from satisfaction.terms import Permission
from satisfaction.web.guards import client_network, current_officer, requires
from satisfaction.web.report_files import WRITERS, as_attachment, name_file
from satisfaction.web.report_words import build_paper

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
FIRST_YEAR = 2024
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
FORMS = {"pdf": "PDF", "xlsx": "Excel", "csv": "CSV"}


def _read() -> Question:
    """Read the question: a year and a part of it, dates, or a period's own word."""
    words = dict(request.args.items())
    if words.get("year") and "part" in words:
        words["period"] = words["year"] + words["part"]
    if not words.keys() & {"period", "from", "to"}:
        words["period"] = "last-month"
    return read_question(words, clock.today())


@blueprint.get("")
@requires(Permission.SEE_COUNTS)
def index() -> ResponseReturnValue:
    """Show the report as it will be printed, and what else could be asked for."""
    try:
        return _show(_read(), 200)
    except InvalidPeriodError as refusal:
        words = without_period(request.args) | {"period": "last-month"}
        question = read_question(words, clock.today())
        return _show(question, 400, problem=explain_period(refusal))


def _show(question: Question, status: int, problem: str = "") -> ResponseReturnValue:
    opened = _open(question)
    query = opened.report.query
    with reading() as session:
        exports = list_exports(session, query.unit_id)
    year = query.period.first_day.year
    page = render_template(
        "admin/reports/index.html",
        question=question,
        opened=opened,
        paper=build_paper(opened.report),
        exports=exports,
        problem=problem,
        forms=FORMS,
        parts=PARTS,
        years=range(clock.today().year, min(FIRST_YEAR, year) - 1, -1),
        chosen=(year, question.words.get("period", "")[4:]),
    )
    return make_response(page, status)


def _open(question: Question) -> OpenedReport:
    scope = current_officer().scope(Permission.SEE_COUNTS)
    with reading() as session:
        return open_report(session, scope, question.wanted, kind=question.kind)


@blueprint.get("/file")
@requires(Permission.SEE_COUNTS)
def download() -> ResponseReturnValue:
    """Return the report as a file, and keep in the log which bytes left the house."""
    form = request.args.get("form", "pdf")
    question = _read()
    report = _open(question).report
    if form not in WRITERS:
        return _show(question, 400, problem=_("Chọn một trong các dạng tệp: PDF, Excel, CSV."))
    try:
        content = WRITERS[form](report)
    except PdfUnavailableError as problem:
        return _show(question, 503, problem=_explain(problem))
    officer = current_officer()
    with unit_of_work() as session:
        record_export(
            session,
            report,
            content=content,
            form=form,
            account_id=officer.account_id,
            network=client_network(),
        )
    return as_attachment(content, name=name_file(report, form), form=form)


def _explain(problem: PdfUnavailableError) -> str:
    if problem.fields["reason"] == "missing":
        return str(
            _("Máy chủ chưa cài bộ tạo PDF. Dùng nút In của trình duyệt: trang này in ra đúng mẫu.")
        )
    return str(_("Chưa tạo được PDF trong thời gian cho phép. Thử lại, hoặc in trang này."))
