"""Read the sheets of XLSX workbooks. Refuses damaged ones with one answer, whatever the damage."""

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast
from xml.etree.ElementTree import ParseError

from satisfaction.archives import Look, Merge, look_through
from satisfaction.errors import ImportRefusedError
from satisfaction.lines import MOST_COLUMNS, Cell, Line
from satisfaction.terms import FileFault, RowFault

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@contextmanager
def open_workbook(path: Path) -> Iterator[Sequence["Sheet"]]:
    """Open a workbook's sheets.

    Raises: ImportRefusedError.
    """
    try:
        import openpyxl
    except ImportError as problem:
        raise ImportRefusedError(reason=FileFault.NO_XLSX_READER) from problem
    with path.open("rb") as file:
        with _refused_if_broken():
            looks = look_through(file)
            warnings.filterwarnings("ignore", module=r"openpyxl\.")
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheets = _sheets(book, looks)
        with closing(book):
            yield sheets


@contextmanager
def _refused_if_broken() -> Iterator[None]:
    """Answer whatever a damaged workbook makes its readers stumble over with one refusal."""
    try:
        yield
    except _BROKEN as problem:
        raise ImportRefusedError(reason=FileFault.BROKEN) from problem


def _sheets(book: "Workbook", looks: dict[str, Look]) -> list["Sheet"]:
    """Return the sheets that a user can see."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    sheets = []
    for sheet in book.worksheets:
        if isinstance(sheet, ReadOnlyWorksheet) and sheet.sheet_state == "visible":
            sheet.reset_dimensions()
            look = looks[vars(sheet)["_worksheet_path"]]
            sheets.append(Sheet(sheet.title, book.epoch == CALENDAR_MAC_1904, sheet, look))
    return sheets


@dataclass(frozen=True)
class Sheet:
    """One sheet, read as it is asked for."""

    name: str
    is_1904: bool
    source: "ReadOnlyWorksheet"
    look: Look

    def lines(self) -> Iterator[Line]:
        """Yield the rows in order; cells merged downwards all have the value of the first.

        Raises: ImportRefusedError.
        """
        merges = _Merges(self.look.merges)
        with _refused_if_broken():
            rows = cast("Iterator[Sequence[Cell]]", self.source.values)
            for number, row in enumerate(rows, start=1):
                cells = row[: MOST_COLUMNS + 1]
                if merges.reach(number):
                    cells = merges.fill(number, cells)
                if self.look.without_value:
                    cells = self._with_faults(number, cells)
                yield Line(number, cells)

    def _with_faults(self, number: int, cells: Sequence[Cell]) -> Sequence[Cell]:
        return [
            RowFault.FORMULA_WITHOUT_VALUE
            if cell is None and (number, column) in self.look.without_value
            else cell
            for column, cell in enumerate(cells, start=1)
        ]

    def check(self) -> int:
        """Return how many rows there are; they were looked through when the workbook was opened.

        Raises: ImportRefusedError.
        """
        if not self.look.is_xml:
            raise ImportRefusedError(reason=FileFault.BROKEN)
        return self.look.row


class _Merges:
    """The merged ranges of a sheet, met from top to bottom."""

    def __init__(self, merges: Sequence[Merge]) -> None:
        self._waiting = sorted(merges, reverse=True)
        self._open: list[tuple[Merge, Cell]] = []

    def reach(self, number: int) -> bool:
        """Come to a row and say whether any merged range has to do with it."""
        if not self._open and (not self._waiting or self._waiting[-1].first_row > number):
            return False
        self._open = [entry for entry in self._open if entry[0].last_row >= number]
        return True

    def fill(self, number: int, cells: Sequence[Cell]) -> Sequence[Cell]:
        """Return a row with the value of each range that it is part of.

        Raises: ImportRefusedError for more ranges in one row than a sheet can hold.
        """
        while self._waiting and self._waiting[-1].first_row <= number:
            merge = self._waiting.pop()
            value = cells[merge.column - 1] if merge.column <= len(cells) else None
            if merge.column <= MOST_COLUMNS:
                self._open.append((merge, value))
        if len(self._open) > MOST_COLUMNS:
            raise ImportRefusedError(reason=FileFault.BROKEN)
        filled = list(cells)
        for merge, value in self._open:
            filled += [None] * (merge.column - len(filled))
            filled[merge.column - 1] = value
        return filled
