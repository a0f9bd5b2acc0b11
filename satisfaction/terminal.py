"""Figures as a table for a terminal, each share with its numerator and denominator.

Refuses to compute: every number stands in the figures already.
"""

import unicodedata
from collections.abc import Sequence

from satisfaction.figures import CountRow, Figures, is_few
from satisfaction.web.formats import as_moment, as_number, as_share
from satisfaction.web.words import as_word, line_label, name_dates

HEADINGS = (
    "Lượt phục vụ",
    "Có đánh giá",
    "Tham gia",
    "Lượt đánh giá",
    "Hài lòng",
    "Bình thường",
    "Không hài lòng",
    "Tỷ lệ hài lòng",
    "Không gắn lượt",
    "Đã hủy",
)


def draw_table(figures: Figures) -> str:
    """Return the figures as lines of text in columns."""
    by = figures.query.by
    rows = [(_name(figures, row), *_cells(row)) for row in figures.rows]
    table = [(as_word(by), *HEADINGS), *rows, ("Tổng", *_cells(figures.total))]
    title = f"{figures.unit_name} ({figures.unit_code}), {name_dates(figures.query.period)}"
    if figures.is_demonstration:
        title += ", dữ liệu minh họa"
    return "\n".join(
        (
            title,
            f"Tính lúc {as_moment(figures.counted_at)}",
            "",
            *_in_columns(table),
            "",
            "Tham gia = lượt có đánh giá / mọi lượt phục vụ đã xong, kể cả khi máy không hỏi được.",
            "Tỷ lệ hài lòng = hài lòng / lượt đánh giá có gắn lượt phục vụ, trừ lượt đã hủy.",
        )
    )


def _name(figures: Figures, row: CountRow) -> str:
    label = line_label(row, figures.query.by)
    return f"{label} · {row.detail}" if row.detail else label


def _cells(row: CountRow) -> tuple[str, ...]:
    return (
        as_number(row.finished_visits),
        as_number(row.rated_visits),
        _fraction(row.rated_visits, row.finished_visits, row.participation),
        as_number(row.answers),
        as_number(row.satisfied),
        as_number(row.neutral),
        as_number(row.dissatisfied),
        _fraction(row.satisfied, row.answers, row.satisfied_share),
        as_number(row.unlinked),
        as_number(row.voided),
    )


def _fraction(part: int | None, whole: int | None, share: float | None) -> str:
    """Return a share with what it is a share of, as 2.655/2.918 = 91,0%; few have no share."""
    if share is None:
        return as_share(None)
    counts = f"{as_number(part)}/{as_number(whole)}"
    return counts if is_few(whole) else f"{counts} = {as_share(share, whole)}"


def _in_columns(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        first, *numbers = (
            cell + " " * (width - _width(cell))
            if place == 0
            else " " * (width - _width(cell)) + cell
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join((first, *numbers)).rstrip())
    return lines


def _width(text: str) -> int:
    """Return how many places a text takes in a terminal; marks stand above their letters."""
    return sum(not unicodedata.combining(sign) for sign in text)
