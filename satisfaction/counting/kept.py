"""What was summed up from stored counts, kept as long as those counts stand.

Stored counts of a day change only when the day is rebuilt, and its version then changes with them.
So what is kept is exactly what would be read again; what is counted live is never kept.
Source: docs/adr/0025-sums-of-stored-counts-are-kept.md.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

Rows = Sequence[Any]
# Of each process. A month of a city with 200 desks takes about 500 on the overview.
MOST_ROWS = 10_000


class KeptSums:
    """Sums of stored counts under their questions and versions, the latest asked for last."""

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most = most_rows
        self._rows = 0
        self._kept: OrderedDict[Hashable, Rows] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, name: Hashable) -> Rows | None:
        """Return what is kept under a name."""
        with self._lock:
            found = self._kept.get(name)
            if found is not None:
                self._kept.move_to_end(name)
            return found

    def keep(self, name: Hashable, rows: Rows) -> None:
        """Keep rows under a name; what nobody has asked for the longest goes first."""
        with self._lock:
            if name in self._kept or len(rows) > self._most:
                return
            self._kept[name] = rows
            self._rows += max(1, len(rows))
            while self._rows > self._most:
                _, gone = self._kept.popitem(last=False)
                self._rows -= max(1, len(gone))

    def forget(self) -> None:
        """Read everything anew."""
        with self._lock:
            self._kept.clear()
            self._rows = 0


_sums = KeptSums()


def read_stored(
    session: Session, name: Hashable, make: Callable[[], Select[*tuple[Any, ...]]]
) -> Rows:
    """Return the rows of a question to stored counts, from memory where they were read before.

    ``make`` makes the statement, which takes longer than to find what is kept. ``name`` holds
    everything that the rows depend on, the version of the days among it. Nobody may change what
    is returned.
    """
    whole = (session.get_bind().engine.url, name)
    rows = _sums.find(whole)
    if rows is None:
        rows = session.execute(make()).all()
        _sums.keep(whole, rows)
    return rows


def forget_stored() -> None:
    """Read stored counts anew, as after a day was rebuilt or the database was replaced."""
    _sums.forget()
