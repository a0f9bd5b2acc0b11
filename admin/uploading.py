"""What pages of sent files have in common: how long, kept where, whose, and what was wrong in them.

Refuses to read a file: each page has its own order for that.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response, current_app, make_response, request
from flask_babel import gettext as _

from satisfaction.config import Settings
from satisfaction.dossier_rows import RowProblem
from satisfaction.errors import UploadNotFoundError
from satisfaction.reports.csv import BYTE_ORDER_MARK, as_text
from satisfaction.uploads import Upload, Uploads
from satisfaction.web import import_words
from satisfaction.web.guards import current_officer

MOST_SHOWN = 500
FORM_BYTES = 2**16


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def most_megabytes() -> int:
    """Return how long a file may be, in megabytes."""
    return _settings().import_max_megabytes


def most_bytes() -> int:
    """Return how long a file may be, in bytes."""
    return most_megabytes() * import_words.MEGABYTE


def allow_a_file() -> None:
    """Let this request be as long as a file; to be said before its body is read."""
    request.max_content_length = most_bytes() + FORM_BYTES


def open_uploads() -> Uploads:
    """Return the files that wait for their senders."""
    return Uploads(_settings().data_folder / "uploads")


def find_upload(token: str, *, word: str) -> Upload:
    """Return a file of this officer's that waits, of the purpose whose files carry a word.

    Raises: UploadNotFoundError, also for a file that was sent for another purpose.
    """
    upload = open_uploads().find(token, account_id=current_officer().account_id)
    if word not in upload.words:
        raise UploadNotFoundError()
    return upload


def show_problems(problems: Sequence[RowProblem]) -> list[tuple[RowProblem, str]]:
    """Return the first lines that would not be imported, each with its reason in words."""
    return [(one, import_words.say_row_fault(one)) for one in problems[:MOST_SHOWN]]


def answer_problems(problems: Iterable[RowProblem]) -> Response:
    """Return every line that would not be imported, as a file to work through."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([_("Dòng"), _("Cột"), _("Giá trị"), _("Lý do")])
    for problem in problems:
        words = (problem.heading, problem.value, import_words.say_row_fault(problem))
        writer.writerow([problem.number, *map(as_text, words)])
    response = make_response((BYTE_ORDER_MARK + text.getvalue()).encode())
    response.content_type = "text/csv; charset=utf-8"
    response.headers.set("Content-Disposition", "attachment", filename="dong-loi.csv")
    return response
