"""A paper as one list of its numbers, for other programs. Refuses to let a cell become a formula.

Shape: UTF-8 with byte order mark, semicolons, one heading line; one line for each number, with the
table, the line and the column that it stands in. A share is a fraction 0 to 1, a difference of two
is in points of a percent.
"""

import csv
import io
from collections.abc import Iterator

from satisfaction.reports.csv import BYTE_ORDER_MARK, as_text
from satisfaction.reports.papers import Cell, Paper, Points, Share

HEADINGS = ("unit_code", "unit_name", "period", "days", "as_of", "table", "line", "column", "value")


def write_paper(paper: Paper) -> bytes:
    """Return the file."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADINGS)
    demonstration = f" ({paper.demonstration})" if paper.demonstration else ""
    before = (paper.unit_code, paper.unit_name + demonstration, paper.period_name, paper.days)
    for place, cell in _numbers(paper):
        words = [as_text(word) for word in (*before, paper.as_of, *place)]
        writer.writerow([*words, _value(cell)])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def _numbers(paper: Paper) -> Iterator[tuple[tuple[str, str, str], Cell]]:
    for fact in paper.facts:
        yield (paper.words["whole"], "", fact.label), fact.value
    for table in paper.tables:
        for line in (*table.lines, table.total):
            name = " · ".join(word for word in (str(line.cells[0]), line.detail) if word)
            for column, cell in zip(table.columns[2:], line.cells[2:], strict=True):
                yield (table.title, name, column.heading), cell


def _value(cell: Cell) -> str | int | float | None:
    if isinstance(cell, Points):
        return cell.percent
    return cell.shown if isinstance(cell, Share) else cell
