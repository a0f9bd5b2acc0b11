"""A report in its reader's words, as typed cells: what screen, workbook and PDF serialise.

Refuses to count and to format: a share is a fraction with its denominator until it is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from satisfaction.figures import FEWEST_FOR_SHARE
from satisfaction.reports.bars import Bar
from satisfaction.terms import Dimension


@dataclass(frozen=True)
class Share:
    """A fraction 0 to 1 and of how many; None where it does not exist."""

    value: float | None
    of: int | None

    @property
    def shown(self) -> float | None:
        """The fraction where its denominator is large enough to show one."""
        return None if self.of is None or self.of < FEWEST_FOR_SHARE else self.value


@dataclass(frozen=True)
class Points:
    """A difference of two fractions, −1 to 1; None where one of them is not shown.

    ``of`` is the smaller of their two wholes.
    """

    value: float | None
    of: int | None = None

    @property
    def percent(self) -> float | None:
        """The difference in points of a percent."""
        return None if self.value is None else self.value * 100


Cell = str | int | Share | Points | None


@dataclass(frozen=True)
class Column:
    """One column; a detail stands in the files and not on paper."""

    heading: str
    width: int = 12
    is_detail: bool = False


@dataclass(frozen=True)
class Line:
    """One line; its bar is drawn where there are enough answers for a share."""

    key: str
    cells: tuple[Cell, ...]
    detail: str
    bar: Bar | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """The lines along one dimension and their total.

    ``levels`` are the places of the columns with the levels' counts, ``faces`` their faces.
    """

    by: Dimension
    title: str
    sheet: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    total: Line
    levels: tuple[int, ...]
    faces: tuple[int, ...]
    is_detail: bool = False
    has_bars: bool = True

    def on_paper(self, line: Line) -> tuple[Cell, ...]:
        """Return the cells of a line, without its name, that stand on paper."""
        pairs = zip(self.columns, line.cells, strict=True)
        return tuple(cell for column, cell in pairs if not column.is_detail)[1:]


@dataclass(frozen=True)
class Fact:
    """One figure of the whole, with what it is out of."""

    label: str
    value: Cell
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """All that a report says, in order; ``colours`` are those of the faces, from the tokens.

    ``narrowed`` figures are not those of the whole unit, which stands at their head then.
    """

    unit_name: str
    unit_code: str
    title: str
    period_name: str
    days: str
    as_of: str
    demonstration: str
    finding: tuple[str, ...]
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]
    filters: str
    method: tuple[str, ...]
    colours: Mapping[int, str]
    words: Mapping[str, str]
    narrowed: bool = False

    @property
    def period(self) -> str:
        """The period's name with its days, which are said once where they are the name."""
        is_said = self.days in self.period_name
        return self.period_name if is_said else f"{self.period_name} ({self.days})"
