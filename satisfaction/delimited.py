"""Read CSV files. Refuses any encoding but UTF-8, or UTF-16 that says so in its first bytes."""

import codecs
import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault, RowFault
from satisfaction.lines import MOST_COLUMNS, MOST_LINES, Cell, Line

SEPARATORS = (";", ",", "\t")
LONGEST_LINE_BYTES = 4 * 2**20
_CHUNK_BYTES = 2**16
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def open_text(path: Path, start: bytes) -> Sequence["CsvTable"]:
    """Return a CSV file's readings, one for each separator, by its first bytes.

    Raises: ImportRefusedError where it is not text from end to end.
    """
    encoding = "utf-16" if start.startswith(_UTF16) else "utf-8-sig"
    _check_text(path, encoding)
    return [CsvTable(path, encoding, separator) for separator in SEPARATORS]


def _check_text(path: Path, encoding: str) -> None:
    """Decode the whole file once, without keeping it.

    Raises: ImportRefusedError with the line where the text stops being text.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    newlines = since_newline = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            if encoding != "utf-16" and chunk.count(0) > len(chunk) // 5:
                raise ImportRefusedError(reason=FileFault.NOT_UTF8, line=newlines + 1)
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as problem:
                line = newlines + problem.object.count(b"\n", 0, problem.start) + 1
                raise ImportRefusedError(reason=FileFault.NOT_UTF8, line=line) from problem
            newlines += chunk.count(b"\n")
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            since_newline = since_newline + len(chunk) if end < 0 else len(chunk) - end
            if since_newline > LONGEST_LINE_BYTES:
                raise ImportRefusedError(reason=FileFault.CELL_TOO_LONG, line=newlines + 1)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as problem:
        raise ImportRefusedError(reason=FileFault.NOT_UTF8, line=newlines + 1) from problem


@dataclass(frozen=True)
class CsvTable:
    """One reading of a CSV file."""

    path: Path
    encoding: str
    name: str
    is_1904: bool | None = None

    def lines(self, places: Collection[int] | None = None) -> Iterator[Line]:
        """Yield the lines in order; a blank line counts as one, as it does in a spreadsheet.

        Shape: with ``places``, the cells at other places are empty.
        Raises: ImportRefusedError where a quotation mark is opened and never closed.
        """
        number = 0
        with self.path.open(encoding=self.encoding, newline="") as file:
            try:
                for number, cells in enumerate(csv.reader(file, delimiter=self.name), start=1):
                    yield Line(number, _pick(cells, places))
            except csv.Error as problem:
                raise ImportRefusedError(
                    reason=FileFault.CELL_TOO_LONG, line=number + 1
                ) from problem

    def check(self) -> int:
        """Look through all lines and return how many there are.

        Raises: ImportRefusedError.
        """
        count = sum(1 for _ in self.lines())
        if count > MOST_LINES:
            raise ImportRefusedError(reason=FileFault.TOO_MANY_LINES, most=MOST_LINES)
        return count


def _pick(cells: list[str], places: Collection[int] | None) -> Sequence[Cell]:
    """Return the cells at these places, and nothing of what stands elsewhere."""
    if places is None:
        return _as_spreadsheet(cells[: MOST_COLUMNS + 1])
    wanted = _as_spreadsheet([cells[place] if place < len(cells) else "" for place in places])
    picked: list[Cell] = [None] * (max(places, default=-1) + 1)
    for place, cell in zip(places, wanted, strict=True):
        picked[place] = cell
    return picked


def _as_spreadsheet(cells: list[str]) -> Sequence[Cell]:
    """Read ="…" as the text that it stands for; any other formula has no value in a CSV file."""
    if "=" not in "".join(cells):
        return cells
    return [
        cell
        if not cell.startswith("=")
        else cell[2:-1].replace('""', '"')
        if len(cell) > 2 and cell.startswith('="') and cell.endswith('"')
        else RowFault.FORMULA_IN_TEXT
        for cell in cells
    ]
