"""Whose turn it is to write an SQLite file: first come, first served, among threads and processes.

SQLite lets a waiting writer sleep and try again, for a tenth of a second at last, which starves it
while others write without pause. Refuses to know what is written.
"""

import fcntl
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class _Queue:
    """The threads of this process that want to write one file, in the order in which they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    def take(self, most_seconds: float) -> None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        if not mine.wait(most_seconds):
            with self._lock:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                    raise TimeoutError

    def give(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


_queues: defaultdict[str, _Queue] = defaultdict(_Queue)


@contextmanager
def turn_to_write(file: str, most_seconds: float) -> Iterator[None]:
    """Wait for the turn to write a file, and keep it until the block ends.

    One thread of each process waits for the other processes, as long as it takes, in the kernel's
    order: whoever waits for the turn holds the place behind it, so that one who has just written
    cannot come before those who waited. The other threads wait for that one, but only so long
    that a process which keeps its turn cannot take all threads of this one.
    Raises: TimeoutError.
    """
    queue = _queues[file]
    queue.take(most_seconds)
    try:
        with Path(f"{file}-next").open("ab") as place, Path(f"{file}-turn").open("ab") as turn:
            fcntl.flock(place, fcntl.LOCK_EX)
            fcntl.flock(turn, fcntl.LOCK_EX)
            fcntl.flock(place, fcntl.LOCK_UN)
            yield
    finally:
        queue.give()
