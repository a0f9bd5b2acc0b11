"""What a machine needs, whatever runs beside a test and whatever a long run has left behind."""

import time
from collections.abc import Callable

PLANNED_SECONDS = 0.06


def quickest(*trials: Callable[[], object]) -> float:
    """Return the seconds of the quickest trial: nothing beside one makes it quicker.

    A long run's own heap makes some slower: collecting its garbage takes up to half a second.
    """
    took = []
    for trial in trials:
        started = time.perf_counter()
        trial()
        took.append(time.perf_counter() - started)
    return min(took)


def slowness() -> float:
    """Return how much slower than planned this machine is just now, at least 1."""
    return max(1.0, quickest(*[_count] * 3) / PLANNED_SECONDS)


def _count() -> None:
    sum(number * number for number in range(1_000_000))
