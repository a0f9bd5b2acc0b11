"""Single ratings as a file, for who may see single ratings; streamed, a day at a time."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from flask import Blueprint, Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from admin.asked_words import read_choice
from admin.questions import read_question, refuse_words
from satisfaction import audit, clock
from satisfaction.database import reading, unit_of_work
from satisfaction.overview import open_scope
from satisfaction.rating_lines import (
    LineReader,
    LinesWanted,
    RatingLine,
    ask_for_lines,
    list_days,
)
from satisfaction.reports.ratings import BookWords, Describe, write_ratings_csv, write_ratings_xlsx
from satisfaction.terms import AuditAction, Permission
from satisfaction.web.contexts import this_app
from satisfaction.web.guards import client_network, current_officer, requires
from satisfaction.web.rating_words import make_describer, rating_book, rating_headings
from satisfaction.web.report_files import TYPES, name_taken
from satisfaction.web.words import name_dates

blueprint = Blueprint("ratings", __name__, url_prefix="/reports/ratings")
MOST_FOR_WORKBOOK = 100_000
CHUNK = 64 * 1024
NARROWING = ("by", "desk", "procedure", "channel", "source")


def _ask() -> LinesWanted:
    """Read of which unit and days; the file holds all of them, so whatever narrows is refused."""
    question = read_question(request.args, clock.today())
    refuse_words(question, NARROWING)
    officer = current_officer()
    visible, unit_id = officer.scope(Permission.SEE_VOICES), question.wanted.unit_id
    with reading() as session:
        if unit_id is None:
            unit_id = open_scope(session, visible, question.wanted).query.unit_id
        return ask_for_lines(
            session,
            unit_id,
            question.wanted.period,
            visible=visible,
            allegations=officer.scope(Permission.SEE_ALLEGATIONS),
            words=officer.scope(Permission.READ_WORDS),
        )


@blueprint.get("")
@requires(Permission.SEE_VOICES)
def index() -> ResponseReturnValue:
    """Say what the file will hold, before it is taken away."""
    return _show(_ask())


def _show(wanted: LinesWanted, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "admin/ratings/index.html",
        wanted=wanted,
        days=name_dates(wanted.period),
        words={
            "unit": wanted.unit_id,
            "from": wanted.period.first_day.isoformat(),
            "to": wanted.period.last_day.isoformat(),
        },
        headings=rating_headings(),
        most=MOST_FOR_WORKBOOK,
    )
    return make_response(page, status)


@blueprint.get("/file")
@requires(Permission.SEE_VOICES)
def download() -> ResponseReturnValue:
    """Stream the file, and keep in the log that it left the house."""
    wanted, form = _ask(), read_choice(request.args, "form", among=("csv", "xlsx")) or "csv"
    is_workbook = form == "xlsx"
    if is_workbook and wanted.count > MOST_FOR_WORKBOOK:
        return _show(wanted, 400)
    period = wanted.period
    with unit_of_work() as session:
        audit.record_deed(
            session,
            AuditAction.REPORT_EXPORTED,
            account_id=current_officer().account_id,
            unit_id=wanted.unit_id,
            network=client_network(),
            detail={
                "from": period.first_day.isoformat(),
                "to": period.last_day.isoformat(),
                "form": form,
                "ratings": wanted.count,
            },
        )
    content = _workbook(wanted) if is_workbook else _csv(wanted)
    response = Response(content, content_type=TYPES[form])
    name = name_taken(wanted.unit_code, period, kind="luot-danh-gia", form=form)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _read(wanted: LinesWanted) -> Iterator[Sequence[RatingLine]]:
    """Read a day at a time, so that no connection waits for a slow reader.

    The request is over when the file is read, and nothing of it is held from one day to the next.
    """
    app = this_app()
    with reading() as session:
        reader = LineReader(session, wanted)
    return _read_days(app, reader, wanted)


def _read_days(
    app: Flask, reader: LineReader, wanted: LinesWanted
) -> Iterator[Sequence[RatingLine]]:
    for day, units in list_days(wanted):
        with app.app_context(), reading() as session:
            lines = reader.read_day(session, day, units)
        yield lines


def _csv(wanted: LinesWanted) -> Iterator[bytes]:
    return write_ratings_csv(_read(wanted), rating_headings(), describe=make_describer())


def _workbook(wanted: LinesWanted) -> Iterator[bytes]:
    return _write_workbook(_read(wanted), rating_book(wanted), make_describer())


def _write_workbook(
    days: Iterator[Sequence[RatingLine]], words: BookWords, describe: Describe
) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="hailong-") as folder:
        path = Path(folder) / "ratings.xlsx"
        write_ratings_xlsx(days, words, describe=describe, path=path)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
