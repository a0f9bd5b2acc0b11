"""Lines of cells, as tables of any kind hand them out. Refuses to know where they come from."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol, TypeAlias

from satisfaction.faults import RowFault

Cell: TypeAlias = str | int | float | date | timedelta | RowFault | None

EPOCHS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
MOST_COLUMNS = 512
MOST_LINES = 1_048_576


@dataclass(frozen=True, slots=True)
class Line:
    """One line with the number that the user sees in a spreadsheet: the first is 1."""

    number: int
    cells: Sequence[Cell]


class Table(Protocol):
    """Lines that can be read again and again; ``is_1904`` is None outside of workbooks."""

    @property
    def name(self) -> str:
        """The sheet's name, or the separator by which a text is read."""

    @property
    def is_1904(self) -> bool | None:
        """From when days are numbered."""

    def lines(self, places: Collection[int] | None = None) -> Iterator[Line]:
        """Yield the lines in order; with ``places``, the cells at other places may be missing."""

    def check(self) -> int:
        """Look through all lines and return how many there are.

        Raises: ImportRefusedError.
        """
