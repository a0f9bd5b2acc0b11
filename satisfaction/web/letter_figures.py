"""The figures and the lines of a letter in words, exact or released. Refuses to count.

What is released is all that there is for who sees no single answers, so that nothing else of a
period can slip into such a letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from satisfaction.digests import Digest, Line
from satisfaction.figures import CountRow, is_few
from satisfaction.releases import Release, satisfied_of
from satisfaction.web.formats import as_number, as_share, as_shown_share

BAR_PIXELS = 204


@dataclass(frozen=True)
class Figure:
    """One of the large figures: what it is, its value, what it stands on; all that as one line."""

    name: str
    value: str
    note: str
    plain: str


@dataclass(frozen=True)
class Row:
    """A line of the table: as a cell, as plain words, and as a bar in pixels, if it has one.

    Shape: ``bar`` holds the widths of satisfied and dissatisfied answers.
    """

    name: str
    detail: str
    count: str
    plain: str
    bar: tuple[int, int] | None


def figures_of(digest: Digest) -> tuple[Figure, ...]:
    """Return the three figures of a letter; none where there is nothing to count."""
    if digest.facts.release is not None:
        return _released(digest.facts.release) if digest.facts.release.answers else ()
    total = digest.facts.total
    if not total.answers:
        return ()
    return _satisfied(total.satisfied, total.answers), _participation(total), _others(total)


def _satisfied(satisfied: int, answers: int) -> Figure:
    name = str(_("Hài lòng"))
    whole = str(_("%(n)s trong %(of)s lượt", n=as_number(satisfied), of=as_number(answers)))
    if is_few(answers):
        note = str(_("trong %(of)s lượt", of=as_number(answers)))
        return Figure(name, as_number(satisfied), note, whole)
    share = as_share(satisfied / answers, answers)
    return Figure(name, share, whole, f"{whole} ({share})")


def _participation(row: CountRow) -> Figure:
    return _participation_of(row.rated_visits or 0, row.finished_visits or 0)


def _participation_of(rated: int, finished: int) -> Figure:
    note = str(_("của %(n)s lượt phục vụ", n=as_number(finished)))
    plain = f"{as_number(rated)} {note}"
    if is_few(finished):
        return Figure(str(_("Tham gia")), as_number(rated), note, plain)
    share = rated / finished
    shown = as_shown_share(share, finished)
    return Figure(str(_("Tham gia")), shown, note, f"{plain} ({shown})")


def _others(row: CountRow) -> Figure:
    value = as_number(row.dissatisfied + row.neutral)
    note = str(_("%(n)s lượt không hài lòng", n=as_number(row.dissatisfied)))
    return Figure(str(_("Chưa hài lòng")), value, note, f"{value}; {note}")


def _released(release: Release) -> tuple[Figure, ...]:
    answers, satisfied = release.answers, satisfied_of(release.groups, release.counts)
    assert answers is not None, "figures of a release that shows none"
    rate = _participation_of(release.rated or 0, release.finished or 0)
    if satisfied is None:
        note = str(_("mức hài lòng được ẩn"))
        shown = as_number(answers)
        return Figure(str(_("Lượt đánh giá")), shown, note, f"{shown}, {note}"), rate
    others = as_number(answers - satisfied)
    return (
        _satisfied(satisfied, answers),
        rate,
        Figure(str(_("Chưa hài lòng")), others, "", others),
    )


def rows_of(digest: Digest) -> list[Row]:
    """Return the lines of a letter's table."""
    return [
        Row(_name(line), line.detail, _count(line), _say(line), bar)
        for line, bar in zip(digest.lines, _bars(digest.lines), strict=True)
    ]


def _name(line: Line) -> str:
    if line.joined:
        return str(_("Còn lại: %(count)s dòng gộp chung", count=as_number(line.joined)))
    return line.name or str(_("Không rõ"))


def _count(line: Line) -> str:
    if line.satisfied is None:
        return as_number(line.answers)
    return f"{as_number(line.satisfied)} / {as_number(line.answers)}"


def _say(line: Line) -> str:
    if line.satisfied is None:
        return str(_("%(n)s lượt đánh giá", n=as_number(line.answers)))
    counts = {"n": as_number(line.satisfied), "of": as_number(line.answers)}
    said = str(_("%(n)s trong %(of)s lượt", **counts))
    if not line.dissatisfied:
        return said
    return f"{said}, " + str(_("%(n)s lượt không hài lòng", n=as_number(line.dissatisfied)))


def _bars(lines: Sequence[Line]) -> list[tuple[int, int] | None]:
    """Return the widths of each line's bar: satisfied, and dissatisfied."""
    most = max((line.answers for line in lines), default=1)
    return [
        (
            round(BAR_PIXELS * line.satisfied / most),
            max(3, round(BAR_PIXELS * line.dissatisfied / most)) if line.dissatisfied else 0,
        )
        if line.satisfied is not None and line.dissatisfied is not None
        else None
        for line in lines
    ]
