"""Diverging bars as places and widths: one drawing for screen and print. Refuses to pick colours.

Left of the zero line stand the answers that do not count as satisfied, the neutral ones nearest
to it; right of it those that do. All bars of one table share a scale, so that they compare.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from satisfaction.figures import CountRow, LevelCount
from satisfaction.terms import Leaning

WIDTH = 352.0
HEIGHT = 32
WHOLE = 264.0
ROOM_FOR_SUM = 44.0
LEAST_ZERO = 80.0
DIGIT = 8.0
PADDING = 6.0


@dataclass(frozen=True)
class BarScale:
    """Where the zero line stands, and how wide all answers together are.

    Units: both in the drawing's own units, of which a bar has WIDTH.
    """

    zero: float
    whole: float


@dataclass(frozen=True)
class Segment:
    """One level's part of a bar; its count is printed in it where there is room."""

    level: LevelCount
    x: float
    width: float
    has_room: bool

    @property
    def middle(self) -> float:
        """Where the count stands."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Bar:
    """One line's bar; ``unsatisfied`` is printed left of it."""

    zero: float
    start: float
    segments: tuple[Segment, ...]
    unsatisfied: int


def fit_scale(rows: Iterable[CountRow]) -> BarScale:
    """Return a scale on which the bars of all these lines find room."""
    shares = [row.satisfied / row.answers for row in rows if row.answers]
    right = max(shares, default=1.0)
    left = 1 - min(shares, default=1.0)
    whole = min(WHOLE, (WIDTH - ROOM_FOR_SUM) / max(left + right, 1e-9))
    zero = max(LEAST_ZERO, ROOM_FOR_SUM + left * whole)
    return BarScale(zero, min(whole, (WIDTH - zero) / max(right, 1e-9)))


def build_bar(row: CountRow, scale: BarScale) -> Bar:
    """Return the bar of a line; a line without answers has no segments."""
    unit = scale.whole / row.answers if row.answers else 0.0
    right = _arrange(row, (Leaning.SATISFIED,), is_outward=True)
    left = _arrange(row, (Leaning.NEUTRAL, Leaning.DISSATISFIED), is_outward=False)
    segments: list[Segment] = []
    place = scale.zero
    for level in left:
        place -= level.count * unit
        segments.append(_segment(level, place, level.count * unit))
    start, place = place, scale.zero
    for level in right:
        segments.append(_segment(level, place, level.count * unit))
        place += level.count * unit
    return Bar(scale.zero, start, tuple(segments), row.neutral + row.dissatisfied)


def _arrange(
    row: CountRow, leanings: Sequence[Leaning], *, is_outward: bool
) -> Sequence[LevelCount]:
    """Return the levels with answers on one side, the one next to the zero line first."""
    levels = [level for level in row.levels if level.leaning in leanings and level.count]
    return sorted(
        levels,
        key=lambda level: (
            leanings.index(level.leaning),
            level.face if is_outward else -level.face,
            level.scale,
        ),
    )


def _segment(level: LevelCount, x: float, width: float) -> Segment:
    return Segment(level, x, width, width >= len(f"{level.count:,}") * DIGIT + PADDING)
