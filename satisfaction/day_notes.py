"""What officers say of days that stood out, and for which days they may. Refuses quiet days.

A day within its limits differs by chance: whoever explains chance misleads who reads it. A note is
never changed or removed; another one takes its place, or none does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock, counting
from satisfaction.audit import record_deed
from satisfaction.errors import NoteRefusedError
from satisfaction.faults import NoteFault
from satisfaction.figures import CountQuery
from satisfaction.findings import chart_groups
from satisfaction.models import DayNote
from satisfaction.periods import Period
from satisfaction.statistics import Counted
from satisfaction.terms import AuditAction, Dimension
from satisfaction.text import clean

LONGEST_NOTE = 200
MOST_DAYS = 62


@dataclass(frozen=True)
class Note:
    """What stands beside a day: the words, by whom and when they were said."""

    words: str
    officer: str
    at: datetime


def list_notes(session: Session, unit_id: int, period: Period) -> Mapping[date, Note]:
    """Return what is said of a unit's days, as it stands now."""
    found = session.scalars(
        select(DayNote)
        .where(
            DayNote.unit_id == unit_id,
            DayNote.local_day >= period.first_day,
            DayNote.local_day < period.end_day,
            DayNote.withdrawn_at.is_(None),
        )
        .options(joinedload(DayNote.account))
        .order_by(DayNote.id)
    )
    return {one.local_day: Note(one.words, one.account.display_name, one.at) for one in found}


def set_note(
    session: Session, query: CountQuery, day: date, *, words: str, account_id: int
) -> None:
    """Say something of a day of a unit, in place of what was said; empty words take that back.

    The day has to stand out among those of the period that is asked about, as the overview shows
    them: all desks, procedures and channels together.

    Writes: day_note, audit_entry.
    Raises: NoteRefusedError, and nothing is kept.
    """
    words = clean(words)
    if len(words) > LONGEST_NOTE:
        raise NoteRefusedError(fault=NoteFault.TOO_LONG)
    if words and not _is_odd(session, query, day):
        raise NoteRefusedError(fault=NoteFault.NOT_ODD)
    now = clock.now()
    withdrawn = session.execute(
        update(DayNote)
        .where(
            DayNote.unit_id == query.unit_id,
            DayNote.local_day == day,
            DayNote.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .returning(DayNote.id)
    ).all()
    if not words and not withdrawn:
        raise NoteRefusedError(fault=NoteFault.NOTHING)
    if words:
        session.add(
            DayNote(
                unit_id=query.unit_id, local_day=day, words=words, account_id=account_id, at=now
            )
        )
    session.flush()
    record_deed(
        session,
        AuditAction.OFFICE_CHANGED,
        account_id=account_id,
        unit_id=query.unit_id,
        detail={"day_note": {"day": day.isoformat(), "words": words}},
    )


def _is_odd(session: Session, query: CountQuery, day: date) -> bool:
    """Say whether a day lies outside its limits among the days of a period."""
    period = query.period
    if day not in period or period.length_days > MOST_DAYS:
        return False
    whole = CountQuery(unit_id=query.unit_id, period=period, by=Dimension.DAY)
    figures = counting.count(session, whole, with_apart=False)
    chart = chart_groups({row.key: Counted(row.satisfied, row.answers) for row in figures.rows})
    return day.isoformat() in chart.outside()
