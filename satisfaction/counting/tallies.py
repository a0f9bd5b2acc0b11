"""What is being added up for one line. Refuses to mix linked, unlinked and voided ratings."""

from dataclasses import dataclass, field
from typing import Any

from satisfaction.terms import Standing


@dataclass
class Tally:
    """What is being added up for one line."""

    finished: int = 0
    rated: int = 0
    levels: dict[tuple[int, int], int] = field(default_factory=dict)
    unlinked: int = 0
    voided: int = 0
    marked: int = 0
    assisted: int = 0

    def merge(self, other: "Tally") -> None:
        """Add another line to this one."""
        self.finished += other.finished
        self.rated += other.rated
        self.unlinked += other.unlinked
        self.voided += other.voided
        self.marked += other.marked
        self.assisted += other.assisted
        for place, amount in other.levels.items():
            self.levels[place] = self.levels.get(place, 0) + amount

    def add(self, place: tuple[int, int], count: int, *, standing: Standing) -> None:
        """Add ratings of one scale and position."""
        if standing is Standing.UNLINKED:
            self.unlinked += count
        elif standing is Standing.VOIDED:
            self.voided += count
        elif count:
            self.levels[place] = self.levels.get(place, 0) + count


Tallies = dict[Any, Tally]
