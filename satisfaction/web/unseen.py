"""How many voices wait for somebody to look at them, for the head of every page and the overview.

Refuses to count them for every page anew: a number is kept for a minute, or until this process
changes something about it. In a city with 200 desks a month of voices takes longer to look
through than the rest of the page.
"""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy.orm import Session

from satisfaction import clock, voices
from satisfaction.database import reading
from satisfaction.voice_rows import Reader
from satisfaction.voices import Unseen
from satisfaction.web.readers import current_reader

KEPT = timedelta(minutes=1)
MOST_KEPT = 100
_COUNTS = "unseen_voices"
_Scope = tuple[frozenset[int], frozenset[int]]


def count_unseen(session: Session, reader: Reader, unit_ids: frozenset[int]) -> Unseen:
    """Return what a reader may see of these units and nobody has, of the last month.

    Time: as it was at most a minute ago.
    """
    counts: dict[_Scope, tuple[datetime, Unseen]] = current_app.extensions.setdefault(_COUNTS, {})
    scope, now = (unit_ids, reader.allegations & unit_ids), clock.now()
    kept = counts.get(scope)
    if kept is not None and timedelta() <= now - kept[0] < KEPT:
        return kept[1]
    unseen = voices.count_unseen(session, reader, unit_ids)
    if len(counts) >= MOST_KEPT:
        counts.clear()
    counts[scope] = (now, unseen)
    return unseen


def count_unseen_voices() -> int:
    """Return how many voices of the last month nobody has seen, where the officer may answer."""
    reader = current_reader()
    if not reader.handling:
        return 0
    with reading() as session:
        return count_unseen(session, reader, reader.handling).count


def forget_unseen() -> None:
    """Count anew for the next page, because something was looked at."""
    current_app.extensions.pop(_COUNTS, None)
