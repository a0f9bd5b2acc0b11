"""A report as files: workbook, PDF and CSV, all of the same paper. Refuses to count."""

from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Response, current_app, make_response, render_template

from satisfaction.periods import Period
from satisfaction.releases import Release
from satisfaction.reports.csv import write_tables
from satisfaction.reports.paper_csv import write_paper
from satisfaction.reports.papers import Paper
from satisfaction.reports.pdf import render_pdf
from satisfaction.reports.report import Report
from satisfaction.reports.xlsx import write_xlsx as write_workbook
from satisfaction.web.release_words import build_release_paper
from satisfaction.web.report_words import add_columns, build_paper, name_filters
from satisfaction.web.words import csv_words


def write_pdf(report: Report) -> bytes:
    """Return a report as a PDF with its official heading.

    Raises: PdfUnavailableError where it cannot be drawn; the page can then be printed instead.
    """
    return write_paper_pdf(build_paper(report))


def write_paper_pdf(paper: Paper) -> bytes:
    """Return a paper as a PDF.

    Raises: PdfUnavailableError.
    """
    assert current_app.static_folder is not None
    html = render_template("reports/paper.html", paper=paper)
    return render_pdf(html, static=Path(current_app.static_folder))


def write_release(release: Release, form: str) -> bytes:
    """Return released figures in one of the forms.

    Raises: PdfUnavailableError.
    """
    return _PAPER_WRITERS[form](build_release_paper(release))


def write_xlsx(report: Report) -> bytes:
    """Return a report as a workbook."""
    return write_workbook(build_paper(report))


def write_csv(report: Report) -> bytes:
    """Return a report as one list: the lines of each table, each with its total."""
    tables, filters = report.tables or (report.total,), name_filters(report)
    worded = [(table, csv_words(table, filters=filters)) for table in tables]
    return write_tables(worded, add_columns(report))


_PAPER_WRITERS: Mapping[str, Callable[[Paper], bytes]] = {
    "pdf": write_paper_pdf,
    "xlsx": write_workbook,
    "csv": write_paper,
}
WRITERS: Mapping[str, Callable[[Report], bytes]] = {
    "pdf": write_pdf,
    "xlsx": write_xlsx,
    "csv": write_csv,
}
TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def name_file(report: Report, form: str) -> str:
    """Return the name of a report's file: unit, first and last day."""
    return name_taken(report.total.unit_code, report.query.period, kind="bao-cao", form=form)


def name_taken(unit_code: str, period: Period, *, kind: str, form: str) -> str:
    """Return the name of a file: what it is, unit, first and last day."""
    return f"{kind}_{unit_code}_{period.first_day}_{period.last_day}.{form}"


def as_attachment(content: bytes, *, name: str, form: str) -> Response:
    """Return a file as an answer that a browser saves."""
    response = make_response(content)
    response.content_type = TYPES[form]
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
