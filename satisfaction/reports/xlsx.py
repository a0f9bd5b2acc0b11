"""A paper as a workbook with typed cells. Refuses to let a text become a formula or a link.

Shape: a sheet for the whole, one for each table with its head frozen, and one on the method. The
same paper gives the same bytes, because nothing in the file says when it was written.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from satisfaction.reports.papers import Cell, Paper, Points, Share, Table
from satisfaction.text import clean

FIRST_COLUMN_WIDTH = 34
TEXT_WIDTH = 110
FEW = 100
HEAD_ROW = 2
MOST_CHART_LINES = 40
# Written into the file in place of the moment of writing, which would differ each time.
WRITTEN_AT = datetime(2024, 1, 1)  # noqa: DTZ001 - a workbook's property has no time zone.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


@dataclass(frozen=True)
class _Formats:
    text: Any
    bold: Any
    title: Any
    head: Any
    count: Any
    share: Any
    few: Any
    points: Any
    few_points: Any
    wrapped: Any

    def of(self, cell: Cell) -> Any:
        """Return the format of a cell's kind."""
        if isinstance(cell, Share):
            return self.share if (cell.of or 0) >= FEW else self.few
        if isinstance(cell, Points):
            return self.few_points if cell.of is not None and cell.of < FEW else self.points
        return self.count if isinstance(cell, int) else self.text


def write_xlsx(paper: Paper) -> bytes:
    """Return the workbook."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, dict(OPTIONS)) as book:
        book.set_properties(
            {"title": paper.title, "subject": paper.unit_name, "created": WRITTEN_AT}
        )
        formats = _make_formats(book)
        _write_whole(book, paper, formats)
        for table in paper.tables:
            _write_table(book, paper, table, formats=formats)
        _write_method(book, paper, formats)
    return file.getvalue()


def _make_formats(book: Any) -> _Formats:
    def add(**fields: Any) -> Any:
        return book.add_format({"font_name": "Times New Roman", "font_size": 11, **fields})

    return _Formats(
        text=add(),
        bold=add(bold=True),
        title=add(bold=True, font_size=14),
        head=add(bold=True, text_wrap=True, valign="top", bottom=1),
        count=add(num_format="#,##0"),
        share=add(num_format="0.0%"),
        few=add(num_format="0%"),
        points=add(num_format="+0.0;-0.0;0.0"),
        few_points=add(num_format="+0;-0;0"),
        wrapped=add(text_wrap=True, valign="top"),
    )


def _put_text(sheet: Worksheet, place: tuple[int, int], text: str, form: Any = None) -> None:
    """Write text as text, without the signs that a workbook cannot hold."""
    sheet.write_string(*place, clean(text), form)


def _put(sheet: Worksheet, place: tuple[int, int], cell: Cell, form: Any) -> None:
    if isinstance(cell, str):
        _put_text(sheet, place, cell, form)
        return
    value = _number(cell)
    if value is None:
        sheet.write_blank(*place, None, form)
    else:
        sheet.write_number(*place, value, form)


def _number(cell: int | Share | Points | None) -> float | None:
    if isinstance(cell, Share):
        return cell.shown
    return cell.percent if isinstance(cell, Points) else cell


def _add_sheet(book: Any, name: str) -> Worksheet:
    sheet: Worksheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)
    return sheet


def _write_whole(book: Any, paper: Paper, formats: _Formats) -> None:
    sheet = _add_sheet(book, paper.words["whole"])
    sheet.set_column(0, 0, FIRST_COLUMN_WIDTH)
    sheet.set_column(1, 1, 16)
    sheet.set_column(2, 2, 60)
    heading = [paper.unit_name, paper.title, paper.period, paper.as_of]
    heading += [paper.demonstration] if paper.demonstration else []
    row = 0
    for row, text in enumerate(heading):
        _put_text(sheet, (row, 0), text, formats.title if row < 2 else formats.text)
    row += 2
    for text in paper.finding:
        _put_text(sheet, (row, 0), text, formats.text)
        row += 1
    row += 1
    for fact in paper.facts:
        _put_text(sheet, (row, 0), fact.label, formats.bold)
        _put(sheet, (row, 1), fact.value, formats.of(fact.value))
        _put_text(sheet, (row, 2), fact.note, formats.text)
        row += 1


def _write_table(book: Any, paper: Paper, table: Table, *, formats: _Formats) -> None:
    sheet = _add_sheet(book, table.sheet)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, FIRST_COLUMN_WIDTH if place == 0 else column.width)
    _put_text(
        sheet, (0, 0), f"{table.title}. {paper.unit_name}, {paper.period_name}", formats.title
    )
    _put_text(sheet, (1, 0), " · ".join(filter(None, (paper.demonstration, paper.as_of))))
    sheet.set_row(HEAD_ROW, 48)
    for place, column in enumerate(table.columns):
        _put_text(sheet, (HEAD_ROW, place), column.heading, formats.head)
    first = HEAD_ROW + 1
    for row, line in enumerate(table.lines, start=first):
        _write_line(sheet, row, line.cells, formats=formats)
    end = first + len(table.lines)
    _write_line(sheet, end, table.total.cells, formats=formats)
    sheet.freeze_panes(first, 1)
    sheet.repeat_rows(HEAD_ROW)
    sheet.autofilter(HEAD_ROW, 0, end - 1, len(table.columns) - 1)
    if table.levels and len(table.lines) <= MOST_CHART_LINES:
        sheet.insert_chart(end + 2, 0, _make_chart(book, paper, table))


def _write_line(sheet: Worksheet, row: int, cells: Sequence[Cell], *, formats: _Formats) -> None:
    for place, cell in enumerate(cells):
        _put(sheet, (row, place), cell, formats.of(cell))


def _make_chart(book: Any, paper: Paper, table: Table) -> Any:
    """Return the answers of each line by level, as parts of the line's whole."""
    chart = book.add_chart({"type": "bar", "subtype": "percent_stacked"})
    first, last = HEAD_ROW + 1, HEAD_ROW + len(table.lines)
    for place, face in zip(table.levels, table.faces, strict=True):
        chart.add_series(
            {
                "name": [table.sheet, HEAD_ROW, place],
                "categories": [table.sheet, first, 0, last, 0],
                "values": [table.sheet, first, place, last, place],
                "fill": {"color": paper.colours[face]},
                "gap": 40,
            }
        )
    chart.set_title({"name": table.title, "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"num_format": "0%", "major_gridlines": {"visible": False}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 860, "height": 140 + 26 * len(table.lines)})
    return chart


def _write_method(book: Any, paper: Paper, formats: _Formats) -> None:
    lines = [f"{paper.words['filters']}: {paper.filters}", paper.as_of, *paper.method]
    write_method(book, paper.words["method"], lines=lines, formats=formats)


def write_method(
    book: Any, title: str, *, lines: Sequence[str], formats: _Formats | None = None
) -> None:
    """Add the sheet that says how and of what a book's numbers were made."""
    formats = formats or _make_formats(book)
    sheet = _add_sheet(book, title)
    sheet.set_column(0, 0, TEXT_WIDTH)
    _put_text(sheet, (0, 0), title, formats.title)
    for row, text in enumerate(lines, start=1):
        _put_text(sheet, (row, 0), text, formats.wrapped)
