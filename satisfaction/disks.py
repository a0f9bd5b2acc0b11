"""How full a disk is, and when somebody should be told. Refuses to delete anything."""

import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

WARN_SHARE, URGENT_SHARE = 0.80, 0.90
LEAST_FREE_BYTES = 1024 * 1024


class Fullness(StrEnum):
    """How a disk stands."""

    ROOMY = "roomy"
    FILLING = "filling"
    NEARLY_FULL = "nearly-full"
    FULL = "full"


@dataclass(frozen=True)
class Disk:
    """The disk of a folder. Units: ``free`` in bytes; ``used_share`` from 0 to 1."""

    free: int
    used_share: float

    @property
    def fullness(self) -> Fullness:
        """Full means that the next write may fail."""
        if self.free < LEAST_FREE_BYTES:
            return Fullness.FULL
        if self.used_share >= URGENT_SHARE:
            return Fullness.NEARLY_FULL
        return Fullness.FILLING if self.used_share >= WARN_SHARE else Fullness.ROOMY


def measure_disk(folder: Path) -> Disk:
    """Return how full the disk of a folder is for those who are not its administrator."""
    usage = shutil.disk_usage(folder)
    usable = usage.used + usage.free
    return Disk(usage.free, usage.used / usable if usable else 1.0)
