"""What every measurement of one run is given: how much to do, and where."""

from dataclasses import dataclass
from pathlib import Path

from bench.places import Places


@dataclass(frozen=True)
class Run:
    """One run of the measurements."""

    places: Places
    folder: Path
    is_quick: bool
    fewest_rounds: int = 1
    usual_rounds: int = 5

    @property
    def rounds(self) -> int:
        """How often each measurement is taken, in turn with its baseline."""
        return self.fewest_rounds if self.is_quick else self.usual_rounds
