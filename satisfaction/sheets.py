"""Read one sheet of a workbook as lines, as it streams by. Refuses rows that do not go down.

Formulas are read by the value that was stored with them; one without a value is a fault. Cells
merged downwards all have the value of the first; those merged sideways stay as they are, because
that is how lists part their groups and titles. Source: ECMA-376 Part 1, 18.3.
"""

import math
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from satisfaction.archives import Attributes, PartParser, local_name, unpack
from satisfaction.errors import ImportRefusedError
from satisfaction.lines import EPOCHS, MOST_COLUMNS, MOST_LINES, Cell, Line
from satisfaction.terms import FileFault, RowFault

LONGEST_CELL = 2**17
MOST_MERGES = 20_000
WIDEST = 16_384
_PLACE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.A)
_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)
_ROW = re.compile(rb'<(?:\w+:)?row\b(?:[^>]*?\br="(\d{1,9})")?')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LONGEST_TAG = 512
_VALUES = {"v", "t"}


@dataclass(frozen=True)
class Book:
    """What the sheets of a workbook share."""

    archive: zipfile.ZipFile
    is_1904: bool
    strings: Sequence[str | RowFault]
    date_styles: set[int]


class Merge(NamedTuple):
    """Cells of one column that were merged downwards; all but the first are empty in the file."""

    first_row: int
    last_row: int
    column: int


@dataclass
class Sheet:
    """One sheet, read as often as it is asked for."""

    name: str
    part: str
    book: Book
    merges: list[Merge] = field(default_factory=list)

    @property
    def is_1904(self) -> bool:
        """Whether days are numbered from 1904."""
        return self.book.is_1904

    def check(self) -> int:
        """Look through the whole sheet; remember what is merged; return the last row's number.

        Raises: ImportRefusedError.
        """
        merges: set[Merge] = set()
        last = 0
        carried = b""
        parser = PartParser()
        for chunk in unpack(self.book.archive, self.part):
            parser.feed(chunk)
            seen = carried + chunk
            for start, top, _end, bottom in _MERGE.findall(seen):
                if top != bottom and _column(start) <= MOST_COLUMNS:
                    merges.add(Merge(int(top), int(bottom), _column(start)))
            numbers = _ROW.findall(seen)
            last = int(numbers[-1] or 0) or last + len(numbers) if numbers else last
            if len(merges) > MOST_MERGES:
                raise ImportRefusedError(reason=FileFault.BROKEN)
            carried = seen[max(seen.rfind(b"<"), len(seen) - _LONGEST_TAG) :]
        parser.feed(b"", is_last=True)
        if last > MOST_LINES:
            raise ImportRefusedError(reason=FileFault.TOO_MANY_LINES, most=MOST_LINES)
        self.merges = sorted(merges)
        return last

    def lines(self) -> Iterator[Line]:
        """Yield the rows that stand in the file; empty rows are left out there.

        Raises: ImportRefusedError.
        """
        merged = _Merged(self.merges)
        reader = _RowReader(self.book)
        parser = PartParser(reader.start, reader.end, reader.text)
        for chunk in unpack(self.book.archive, self.part):
            parser.feed(chunk)
            for line in reader.take():
                yield merged.fill(line)
        parser.feed(b"", is_last=True)


class _RowReader:
    """Collect the cells of rows as their elements pass."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._lines: list[Line] = []
        self._row = 0
        self._cells: list[Cell] = []
        self._column = 0
        self._kind = self._style = ""
        self._pieces: list[str] | None = None
        self._value: list[str] | None = None
        self._length = 0
        self._has_formula = self._is_aloud = False

    def take(self) -> list[Line]:
        """Return the rows that are complete."""
        lines, self._lines = self._lines, []
        return lines

    def start(self, name: str, attributes: Attributes) -> None:
        """See an element begin."""
        tag = local_name(name)
        if tag == "c":
            self._start_cell(attributes)
        elif tag in _VALUES and not self._is_aloud:
            self._pieces = self._value = self._value or []
        elif tag == "f":
            self._has_formula = True
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "rPh":
            self._is_aloud = True

    def end(self, name: str) -> None:
        """See an element end."""
        self._pieces = None
        tag = local_name(name)
        if tag == "c":
            if self._column <= MOST_COLUMNS + 1:
                self._keep_cell()
        elif tag == "row":
            self._lines.append(Line(self._row, self._cells))
        elif tag == "rPh":
            self._is_aloud = False

    def text(self, piece: str) -> None:
        """See text; only that of values is kept, and no more of it than a cell can have."""
        if self._pieces is not None:
            self._length += len(piece)
            if self._length <= LONGEST_CELL:
                self._pieces.append(piece)

    def _start_row(self, attributes: Attributes) -> None:
        row = _whole(attributes.get("r", "")) or self._row + 1
        if row <= self._row:
            raise ImportRefusedError(reason=FileFault.BROKEN)
        if row > MOST_LINES:
            raise ImportRefusedError(reason=FileFault.TOO_MANY_LINES, most=MOST_LINES)
        self._row, self._cells, self._column = row, [], 0

    def _start_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        self._column = self._column + 1 if place is None else _column_of_place(place)
        if self._column > WIDEST:
            raise ImportRefusedError(reason=FileFault.BROKEN)
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
        self._value, self._length, self._has_formula = None, 0, False

    def _keep_cell(self) -> None:
        cell = self._read_cell()
        if cell is not None:
            self._cells += [None] * (self._column - len(self._cells))
            self._cells[self._column - 1] = cell

    def _read_cell(self) -> Cell:
        if self._value is None:
            return RowFault.FORMULA_WITHOUT_VALUE if self._has_formula else None
        if self._length > LONGEST_CELL:
            return RowFault.TOO_LONG
        text = "".join(self._value)
        if self._kind == "s":
            place = _whole(text)
            known = place is not None and place < len(self._book.strings)
            return self._book.strings[place or 0] if known else None
        if self._kind == "n":
            is_date = _whole(self._style) in self._book.date_styles
            return _number(text.strip(), self._book.is_1904 if is_date else None)
        if self._kind == "e":
            return RowFault.FORMULA_ERROR
        if self._kind == "b":
            return text.strip() == "1"
        return unescape(text)


def _whole(text: str) -> int | None:
    """Return a small whole number as workbooks write it; None for anything else."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


@lru_cache(maxsize=1024)
def _column_of_place(place: str) -> int:
    form = _PLACE.fullmatch(place)
    if form is None:
        raise ImportRefusedError(reason=FileFault.BROKEN)
    return _column(form[1].encode())


def _column(letters: bytes) -> int:
    """Return the number of a column by its letters."""
    number = 0
    for sign in letters:
        number = number * 26 + sign - 64
    return number


@lru_cache(maxsize=8192)
def _number(text: str, is_1904: bool | None) -> Cell:
    """Return a number; the day, or the time of day, that it stands for where it is shown so."""
    if not text:
        return None
    try:
        number = float(text)
        if is_1904 is None:
            return int(text) if text.lstrip("-").isdecimal() else number
        if abs(number) < 1:
            return timedelta(days=number)
        return EPOCHS[is_1904] + timedelta(days=math.floor(number))
    except (ValueError, OverflowError):
        return text


def unescape(text: str) -> str:
    """Return text with the signs that XML cannot hold, which workbooks write as _x000D_."""
    return _ESCAPED.sub(lambda form: chr(int(form[1], 16)), text) if "_x" in text else text


class _Merged:
    """The merged ranges of a sheet, met from top to bottom."""

    def __init__(self, merges: Sequence[Merge]) -> None:
        self._waiting = list(reversed(merges))
        self._open: list[tuple[Merge, Cell]] = []

    def fill(self, line: Line) -> Line:
        """Return a row with the value of each range that it is part of.

        Raises: ImportRefusedError for more ranges in one row than a sheet can hold.
        """
        if not self._open and not (self._waiting and self._waiting[-1].first_row <= line.number):
            return line
        cells = list(line.cells)
        self._open = [entry for entry in self._open if entry[0].last_row >= line.number]
        while self._waiting and self._waiting[-1].first_row <= line.number:
            merge = self._waiting.pop()
            if merge.first_row == line.number:
                value = cells[merge.column - 1] if merge.column <= len(cells) else None
                self._open.append((merge, value))
        if len(self._open) > MOST_COLUMNS:
            raise ImportRefusedError(reason=FileFault.BROKEN)
        for merge, value in self._open:
            cells += [None] * (merge.column - len(cells))
            cells[merge.column - 1] = value
        return Line(line.number, cells)
