"""How long something takes, in this process. Refuses nothing."""

import statistics
import time
from collections.abc import Callable


def typical_ms(work: Callable[[], object], *, times: int) -> float:
    """Return the median duration of some runs, in milliseconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000
