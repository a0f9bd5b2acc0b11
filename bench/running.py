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

    @property
    def rounds(self) -> int:
        """How often each measurement is taken, in turn with its baseline."""
        return 3 if self.is_quick else 5
