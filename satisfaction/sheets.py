"""Read one sheet of a workbook as lines, as it streams by. Refuses rows that do not go down.

Formulas are read by the value that was stored with them; one without a value is a fault. Cells
merged downwards all have the value of the first; those merged sideways stay as they are, because
that is how lists part their groups and titles. Source: ECMA-376 Part 1, 18.3.
"""

import math
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from satisfaction.archives import Attributes, PartParser, local_name, unpack
from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault, RowFault
from satisfaction.lines import EPOCHS, MOST_COLUMNS, MOST_LINES, Cell, Line

LONGEST_CELL = 4096
MOST_MERGES = 20_000
WIDEST = 16_384
_DIGITS = "0123456789"
_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)
_ROW = re.compile(rb'<(?:\w+:)?row\b(?:[^>]*?\br="(\d{1,9})")?')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LONGEST_TAG = 512
_TAGS = {"c", "v", "f", "t", "is", "row"}


@dataclass(frozen=True)
class Book:
    """What the sheets of a workbook share."""

    archive: zipfile.ZipFile
    is_1904: bool
    strings: Sequence[str | RowFault]
    date_styles: set[str]


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
                column = _column(start.decode("ascii"))
                if top != bottom and column <= MOST_COLUMNS:
                    merges.add(Merge(int(top), int(bottom), column))
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

    def lines(self, places: Collection[int] | None = None) -> Iterator[Line]:
        """Yield the rows that stand in the file; empty rows are left out there.

        Raises: ImportRefusedError.
        """
        merged = _Merged(self.merges)
        reader = _RowReader(self.book, places)
        parser = PartParser(reader.start, reader.end, reader.text)
        for chunk in unpack(self.book.archive, self.part):
            parser.feed(chunk)
            for line in reader.take():
                yield merged.fill(line)
        parser.feed(b"", is_last=True)


class _RowReader:
    """Collect the cells of rows as their elements pass; of other columns nothing is kept."""

    def __init__(self, book: Book, places: Collection[int] | None) -> None:
        self._book = book
        wanted = range(MOST_COLUMNS + 1) if places is None else places
        self._wanted = frozenset(place + 1 for place in wanted)
        self._lines: list[Line] = []
        self._row = 0
        self._cells: list[Cell] = []
        self._column = 0
        self._is_wanted = False
        self._kind = self._style = ""
        self._value: str | None = None
        self._is_text = self._has_formula = self._is_aloud = False

    def take(self) -> list[Line]:
        """Return the rows that are complete."""
        lines, self._lines = self._lines, []
        return lines

    def start(self, name: str, attributes: Attributes) -> None:
        """See an element begin."""
        tag = name if name in _TAGS else local_name(name)
        if tag == "c":
            self._start_cell(attributes)
        elif tag in {"v", "t"}:
            if self._is_wanted and not self._is_aloud:
                self._is_text = True
                self._value = self._value or ""
        elif tag == "f":
            self._has_formula = True
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "rPh":
            self._is_aloud = True

    def end(self, name: str) -> None:
        """See an element end."""
        self._is_text = False
        tag = name if name in _TAGS else local_name(name)
        if tag == "c":
            if self._is_wanted:
                self._keep_cell()
        elif tag == "row":
            self._lines.append(Line(self._row, self._cells))
        elif tag == "rPh":
            self._is_aloud = False

    def text(self, piece: str) -> None:
        """See text; only that of values is kept, and little more of it than a cell can have."""
        if self._is_text and self._value is not None and len(self._value) <= LONGEST_CELL:
            self._value += piece

    def _start_row(self, attributes: Attributes) -> None:
        row = _whole(attributes.get("r", "")) or self._row + 1
        if row <= self._row:
            raise ImportRefusedError(reason=FileFault.BROKEN)
        if row > MOST_LINES:
            raise ImportRefusedError(reason=FileFault.TOO_MANY_LINES, most=MOST_LINES)
        self._row, self._cells, self._column = row, [], 0

    def _start_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        column = self._column + 1 if place is None else _column(place.rstrip(_DIGITS))
        if column > WIDEST:
            raise ImportRefusedError(reason=FileFault.BROKEN)
        self._column = column
        self._is_wanted = column in self._wanted
        if self._is_wanted:
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
            self._value, self._has_formula = None, False

    def _keep_cell(self) -> None:
        cell = self._read_cell()
        if cell is not None:
            self._cells += [None] * (self._column - len(self._cells))
            self._cells[self._column - 1] = cell

    def _read_cell(self) -> Cell:
        text, kind = self._value, self._kind
        if text is None:
            return RowFault.FORMULA_WITHOUT_VALUE if self._has_formula else None
        if kind == "s":
            place = _whole(text)
            known = place is not None and place < len(self._book.strings)
            return self._book.strings[place or 0] if known else None
        if len(text) > LONGEST_CELL:
            return RowFault.TOO_LONG
        if kind == "n":
            is_date = self._style in self._book.date_styles
            return _number(text.strip(), self._book.is_1904 if is_date else None)
        if kind == "e":
            return RowFault.FORMULA_ERROR
        return text.strip() == "1" if kind == "b" else unescape(text)


def _whole(text: str) -> int | None:
    """Return a small whole number as workbooks write it; None for anything else."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    """Return the number of a column by its letters.

    Raises: ImportRefusedError for what are no letters of a column.
    """
    number = 0
    for sign in letters:
        number = number * 26 + ord(sign) - 64 if "A" <= sign <= "Z" else WIDEST * 26
    if not 0 < number <= WIDEST:
        raise ImportRefusedError(reason=FileFault.BROKEN)
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
