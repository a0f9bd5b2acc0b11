"""How many voices wait for somebody to look at them, for the head of every page.

Refuses to count them for every page anew: a number is kept for a minute, or until this process
changes something about it.
"""

from datetime import datetime, timedelta

from flask import current_app

from satisfaction import clock, voices
from satisfaction.database import reading
from satisfaction.web.readers import current_reader

KEPT = timedelta(minutes=1)
_COUNTS = "unseen_voices"
_Scope = tuple[frozenset[int], frozenset[int]]


def count_unseen_voices() -> int:
    """Return how many voices of the last month the signed-in officer may see and nobody has."""
    reader = current_reader()
    if not reader.voices:
        return 0
    counts: dict[_Scope, tuple[datetime, int]] = current_app.extensions.setdefault(_COUNTS, {})
    scope, now = (reader.voices, reader.allegations), clock.now()
    counted_at, count = counts.get(scope, (now - KEPT, 0))
    if now - counted_at >= KEPT:
        with reading() as session:
            count = voices.count_unseen(session, reader).count
        if len(counts) > 100:
            counts.clear()
        counts[scope] = (now, count)
    return count


def forget_unseen() -> None:
    """Count anew for the next page, because something was looked at."""
    current_app.extensions.pop(_COUNTS, None)
