"""Who is using a data folder now: servers and jobs hold a lock that a restore asks about.

Refuses to wait: whoever finds the folder in use says so.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from satisfaction.errors import DataInUseError

LOCK = "in-use.lock"


def stay_present(folder: Path) -> int:
    """Hold the folder until this process and all that it forks have ended; return the lock.

    Raises: DataInUseError while somebody is putting a backup in place.
    """
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        os.close(descriptor)
        raise DataInUseError(folder=str(folder)) from problem
    return descriptor


@contextmanager
def nobody_else(folder: Path) -> Iterator[None]:
    """Keep everybody out until the block ends.

    Raises: DataInUseError while a server or the jobs run.
    """
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise DataInUseError(folder=str(folder)) from problem
        yield


def is_open_elsewhere(file: Path) -> bool:
    """Say whether another process has a file open, as far as this user may see.

    A tool of somebody who looks at the database, or jobs started by hand, hold no lock of ours.
    """
    mine = str(os.getpid())
    for opened in Path("/proc").glob("[0-9]*/fd/*"):
        if opened.parts[2] == mine:
            continue
        try:
            if opened.readlink() == file:
                return True
        except OSError:
            continue
    return False
