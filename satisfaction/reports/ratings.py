"""Single ratings as CSV or as a workbook, one line after another. Refuses to hold them all.

Shape: CSV in UTF-8 with byte order mark and semicolons; a workbook goes on on a further sheet where
one is full, and its last one says how it was made. No text becomes a formula.
"""

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from satisfaction.rating_lines import RatingLine
from satisfaction.reports.csv import BYTE_ORDER_MARK, as_text
from satisfaction.reports.xlsx import OPTIONS, WRITTEN_AT, write_method
from satisfaction.text import clean

MOST_ROWS = 1_048_576
LONGEST_NAME = 80
Cells = Sequence[str | int | date]
Describe = Callable[[RatingLine], Cells]


def write_ratings_csv(
    days: Iterable[Sequence[RatingLine]], headings: Sequence[str], *, describe: Describe
) -> Iterator[bytes]:
    """Yield the file, a day at a time."""
    yield BYTE_ORDER_MARK.encode() + _as_csv([headings])
    for lines in days:
        if lines:
            yield _as_csv([describe(line) for line in lines])


def _as_csv(rows: Iterable[Cells]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([_as_cell(cell) for cell in row])
    return text.getvalue().encode()


def _as_cell(cell: str | int | date) -> str | int:
    if isinstance(cell, date):
        return cell.isoformat()
    return as_text(_tidied(cell)) if isinstance(cell, str) else cell


def _tidied(text: str) -> str:
    """Return text that a file can hold; names come again and again, words only once."""
    return _tidied_name(text) if len(text) <= LONGEST_NAME else clean(text)


@lru_cache(maxsize=4096)
def _tidied_name(text: str) -> str:
    return clean(text)


@dataclass(frozen=True, kw_only=True)
class BookWords:
    """The words of the workbook: its columns, the names of its sheets, and how it was made."""

    headings: Sequence[str]
    sheet: str
    method: str
    lines: Sequence[str]


def write_ratings_xlsx(
    days: Iterable[Sequence[RatingLine]],
    words: BookWords,
    *,
    describe: Describe,
    path: Path,
    most_rows: int = MOST_ROWS,
) -> None:
    """Write the workbook to a file; it is kept on disk while it grows."""
    with xlsxwriter.Workbook(path, dict(OPTIONS)) as book:
        book.set_properties({"created": WRITTEN_AT})
        as_day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet, row, number = _begin_sheet(book, words, 1), 1, 1
        for line in itertools.chain.from_iterable(days):
            if row == most_rows:
                number += 1
                sheet, row = _begin_sheet(book, words, number), 1
            for place, cell in enumerate(describe(line)):
                _put(sheet, (row, place), cell, as_day)
            row += 1
        write_method(book, words.method, lines=words.lines)


def _begin_sheet(book: Any, words: BookWords, number: int) -> Worksheet:
    name = words.sheet if number == 1 else f"{words.sheet} {number}"
    sheet: Worksheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True})
    for place, heading in enumerate(words.headings):
        sheet.write_string(0, place, clean(heading), bold)
    return sheet


def _put(sheet: Worksheet, place: tuple[int, int], cell: str | int | date, as_day: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(*place, _tidied(cell))
    elif isinstance(cell, date):
        at = datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - a workbook's date.
        sheet.write_datetime(*place, at, as_day)
    else:
        sheet.write_number(*place, cell)
