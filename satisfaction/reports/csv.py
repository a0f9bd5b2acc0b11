"""Figures as a CSV file for spreadsheets. Refuses to compute, and to let a cell become a formula.

Shape: UTF-8 with byte order mark, semicolons, one heading line; every line names the unit, the
period and the moment of counting, so that none can be quoted without them. Dates are ISO.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from satisfaction import clock
from satisfaction.figures import CountRow, Figures, LevelCount

BYTE_ORDER_MARK = "\ufeff"
BEFORE_LEVELS = (
    "unit_code",
    "unit_name",
    "first_day",
    "last_day",
    "counted_at",
    "demonstration",
    "filters",
    "dimension",
    "key",
    "label",
    "detail",
    "finished_visits",
    "rated_visits",
    "participation",
)
AFTER_LEVELS = (
    "satisfied",
    "neutral",
    "dissatisfied",
    "answers",
    "satisfied_share",
    "unlinked",
    "voided",
    "marked",
    "assisted",
)
_FORMULA = re.compile(r"(^|[,;|\t\r\n])(?=[=+\-@\t\r＝＋－＠])")


@dataclass(frozen=True, kw_only=True)
class CsvWords:
    """The words of the file, in its reader's language.

    ``headings`` names each of BEFORE_LEVELS and AFTER_LEVELS; ``share`` writes a fraction of so
    many, or nothing for what is not shown as one.
    """

    headings: Mapping[str, str]
    filters: str
    demonstration: str
    dimension: str
    total: str
    line_label: Callable[[CountRow], str]
    line_detail: Callable[[CountRow], str]
    levels: Callable[[tuple[LevelCount, ...]], tuple[str, ...]]
    share: Callable[[float | None, int | None], str]


class TypedNumber(str):
    """A number as its reader types it, with a hyphen for a minus; never anybody's words."""

    __slots__ = ()


@dataclass(frozen=True)
class Added:
    """Columns behind all others: their headings, and a line's cells, written as they are shown."""

    headings: tuple[str, ...]
    cells: Callable[[Figures, CountRow], tuple[str | int, ...]]


def write_csv(figures: Figures, words: CsvWords) -> bytes:
    """Return the file: each line of the figures, then their total."""
    return write_tables([(figures, words)])


def write_tables(tables: Sequence[tuple[Figures, CsvWords]], added: Added | None = None) -> bytes:
    """Return one file of several tables of the same unit and period, each with its total."""
    levels, words = tables[0][0].total.levels, tables[0][1]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    headings = [
        *(words.headings[name] for name in BEFORE_LEVELS),
        *words.levels(levels),
        *(words.headings[name] for name in AFTER_LEVELS),
        *(added.headings if added else ()),
    ]
    writer.writerow([as_text(heading) for heading in headings])
    for figures, its in tables:
        for row in figures.rows:
            label, detail = its.line_label(row), its.line_detail(row)
            line = _line(figures, row, its, label=label, detail=detail)
            writer.writerow([*line, *_added(added, figures, row)])
        line = _line(figures, figures.total, its, label=its.total, detail="")
        writer.writerow([*line, *_added(added, figures, figures.total)])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def as_text(value: str) -> str:
    """Return text that no spreadsheet takes for a formula, also where it is split at a separator.

    Source: OWASP, CSV injection: = + - @, tab and carriage return, and their full-width forms.
    """
    return _FORMULA.sub(r"\1'", value)


def _added(added: Added | None, figures: Figures, row: CountRow) -> Iterator[str | int]:
    for cell in added.cells(figures, row) if added else ():
        yield cell if isinstance(cell, int | TypedNumber) else as_text(cell)


def _line(
    figures: Figures, row: CountRow, words: CsvWords, *, label: str, detail: str
) -> list[str | int | None]:
    query = figures.query
    texts = (
        figures.unit_code,
        figures.unit_name,
        query.period.first_day.isoformat(),
        query.period.last_day.isoformat(),
        clock.local_time(figures.counted_at).isoformat(timespec="seconds"),
        words.demonstration,
        words.filters,
        words.dimension,
        row.key,
        label,
        detail,
    )
    return [
        *(as_text(text) for text in texts),
        row.finished_visits,
        row.rated_visits,
        words.share(row.participation, row.finished_visits),
        *figures.level_counts(row),
        row.satisfied,
        row.neutral,
        row.dissatisfied,
        row.answers,
        words.share(row.satisfied_share, row.answers),
        row.unlinked,
        row.voided,
        row.marked,
        row.assisted,
    ]
