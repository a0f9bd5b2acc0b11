"""Figures as values: what was asked, one line's counts and shares, and all lines together.

Refuses to query anything; ``counting`` makes these values and every output only shows them.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from satisfaction.periods import Period
from satisfaction.terms import Channel, Dimension, Leaning, RatingSource

FEWEST_FOR_SHARE = 30


def is_few(of: int | None) -> bool:
    """Say whether a denominator is too small for a percentage: below it only counts are shown."""
    return of is None or of < FEWEST_FOR_SHARE


@dataclass(frozen=True, kw_only=True)
class CountQuery:
    """What is asked: a unit with everything under it at that time, a period, and filters."""

    unit_id: int
    period: Period
    by: Dimension = Dimension.TOTAL
    desk_id: int | None = None
    procedure_id: int | None = None
    channel: Channel | None = None
    source: RatingSource | None = None


@dataclass(frozen=True)
class LevelCount:
    """How many answers one level of one scale got."""

    scale: str
    position: int
    label_vi: str
    label_en: str
    leaning: Leaning
    face: int
    count: int

    def counted(self, count: int) -> "LevelCount":
        """Return the same level with another count."""
        return LevelCount(
            self.scale,
            self.position,
            self.label_vi,
            self.label_en,
            self.leaning,
            self.face,
            count,
        )


@dataclass(frozen=True, kw_only=True)
class CountRow:
    """The figures of one line.

    Units: counts of visits and of ratings; shares are fractions 0 to 1, or None where their
    denominator is zero or does not exist. ``marked`` are those of the answers that are to be
    looked at, ``assisted`` those whose citizen was helped; they count like the others.
    ``finished_visits`` and what follows from it are None along the source of ratings, which
    visits do not have.
    """

    key: str
    label: str
    detail: str = ""
    finished_visits: int | None
    rated_visits: int | None
    levels: tuple[LevelCount, ...]
    unlinked: int
    voided: int
    marked: int = 0
    assisted: int = 0

    @cached_property
    def answers(self) -> int:
        """Linked ratings that count: the denominator of the satisfied share."""
        return sum(level.count for level in self.levels)

    def leaning(self, leaning: Leaning) -> int:
        """Return how many answers count as satisfied, neutral or dissatisfied."""
        return sum(level.count for level in self.levels if level.leaning is leaning)

    @cached_property
    def satisfied(self) -> int:
        """Answers that count as satisfied."""
        return self.leaning(Leaning.SATISFIED)

    @cached_property
    def neutral(self) -> int:
        """Answers that count as neither."""
        return self.leaning(Leaning.NEUTRAL)

    @cached_property
    def dissatisfied(self) -> int:
        """Answers that count as dissatisfied."""
        return self.leaning(Leaning.DISSATISFIED)

    @property
    def satisfied_share(self) -> float | None:
        """Satisfied answers as a fraction of all answers."""
        return self.satisfied / self.answers if self.answers else None

    @property
    def participation(self) -> float | None:
        """Rated visits as a fraction of finished visits."""
        if self.finished_visits is None or self.rated_visits is None:
            return None
        return self.rated_visits / self.finished_visits if self.finished_visits else None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All lines of one question and their total, with the question and its time."""

    query: CountQuery
    unit_code: str
    unit_name: str
    is_demonstration: bool
    counted_at: datetime
    rows: tuple[CountRow, ...]
    total: CountRow

    def level_counts(self, row: CountRow) -> tuple[int, ...]:
        """Return a line's counts in the order of the total's levels, nought where it has none."""
        counts = {(level.scale, level.position): level.count for level in row.levels}
        return tuple(counts.get((level.scale, level.position), 0) for level in self.total.levels)


@dataclass(frozen=True)
class HourCount:
    """Answers of one hour of one weekday, Monday first; the hour is that of the wall clock."""

    weekday: int
    hour: int
    satisfied: int
    answers: int


@dataclass(frozen=True)
class ReasonCount:
    """How often one reason was chosen."""

    code: str
    label_vi: str
    label_en: str
    count: int


@dataclass(frozen=True)
class ReasonCounts:
    """How often each reason was chosen, and how many answers chose one at all."""

    rows: tuple[ReasonCount, ...]
    reasoned: int


@dataclass(frozen=True)
class Served:
    """How many finished visits a desk had, and how many of them were rated."""

    finished: int
    rated: int
