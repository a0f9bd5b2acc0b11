"""What was measured, as values: rows with median, minimum and maximum, against a target.

Refuses a row without its rounds: a single figure from a shared machine says nothing.
"""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Target:
    """The bound that the median of a row has to keep."""

    bound: float
    is_least: bool = False

    def is_met(self, value: float) -> bool:
        """Say whether a value keeps the bound."""
        return value >= self.bound if self.is_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {_short(self.bound)}"


def at_least(bound: float) -> Target:
    """Return a target that wants as much as this, or more."""
    return Target(bound, is_least=True)


def at_most(bound: float) -> Target:
    """Return a target that wants no more than this."""
    return Target(bound)


@dataclass(frozen=True)
class Row:
    """One measured quantity: a value for each round, and what it was compared with."""

    noun: str
    what: str
    values: Sequence[float]
    unit: str
    target: Target | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The middle of the rounds, which is what the target speaks of."""
        return statistics.median(self.values)

    @property
    def verdict(self) -> str:
        """Whether the target is met; empty for a row that is only shown."""
        if self.target is None:
            return ""
        return "met" if self.target.is_met(self.median) else "MISSED"

    def as_json(self) -> dict[str, Any]:
        """Return the row with every round."""
        return {
            "noun": self.noun,
            "what": self.what,
            "unit": self.unit,
            "median": self.median,
            "minimum": min(self.values),
            "maximum": max(self.values),
            "rounds": list(self.values),
            "target": str(self.target) if self.target else None,
            "verdict": self.verdict or None,
            "note": self.note,
        }


def _short(value: float) -> str:
    """Return a figure with about three significant digits."""
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"


HEADINGS = ("what", "median", "min", "max", "unit", "n", "target", "")


def as_table(rows: Sequence[Row]) -> str:
    """Return the rows as an aligned table, one block for each noun."""
    cells = [HEADINGS, *[_cells(row) for row in rows]]
    widths = [max(len(line[place]) for line in cells) for place in range(len(HEADINGS))]
    lines = [_line(HEADINGS, widths)]
    noun = ""
    for row in rows:
        if row.noun != noun:
            noun = row.noun
            lines.append(f"-- {noun} ".ljust(sum(widths) + 2 * len(widths), "-"))
        lines.append(_line(_cells(row), widths) + (f"  {row.note}" if row.note else ""))
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        _short(row.median),
        _short(min(row.values)),
        _short(max(row.values)),
        row.unit,
        str(len(row.values)),
        str(row.target or ""),
        row.verdict,
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *[text.rjust(width) for text, width in others]])


def write_results(path: Path, rows: Sequence[Row], machine: dict[str, Any]) -> None:
    """Write every round of every row, with what is known about the machine."""
    content = {"machine": machine, "rows": [row.as_json() for row in rows]}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
