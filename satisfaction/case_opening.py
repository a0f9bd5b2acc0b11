"""Open cases: by hand from voices, by themselves for allegations and patterns; raise late ones.

Refuses to open a second case for the same thing: what runs twice, or late, finds it there.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from satisfaction import clock, voices
from satisfaction.audit import record_deed
from satisfaction.calendars import read_calendar
from satisfaction.case_changes import Change, Seen, add_event, change_cases
from satisfaction.deadlines import read_working_days
from satisfaction.errors import PermissionDeniedError
from satisfaction.models import Account, Case, CaseEvent, Grant, Rating, RatingMark, RatingReason
from satisfaction.models import Reason as ReasonRow
from satisfaction.periods import day_period
from satisfaction.policies import group_by_closing, read_policies
from satisfaction.terms import (
    ALLEGATIONS,
    AuditAction,
    CaseDeed,
    CaseKind,
    CaseState,
    Mark,
    Role,
)
from satisfaction.voice_rows import Reader

LOOKED_BACK = timedelta(days=62)
PATTERNS = (Mark.TOO_QUICK, Mark.BURST)
# Nobody else writes to an SQLite file meanwhile, and a tap should not have to wait for a second.
MOST_AT_ONCE = 20


@dataclass(frozen=True)
class Opened:
    """How many cases of each kind a run opened."""

    allegations: int = 0
    patterns: int = 0

    def __add__(self, other: "Opened") -> "Opened":
        return Opened(self.allegations + other.allegations, self.patterns + other.patterns)

    def __bool__(self) -> bool:
        return bool(self.allegations or self.patterns)


def open_cases(
    session: Session, reader: Reader, names: Sequence[str], *, change: Change
) -> tuple[Case, ...]:
    """Have voices answered: open a case for each that has none, and change all in the same way.

    Writes: voice_case, case_event, audit_entry.
    Raises: VoiceNotFoundError; PermissionDeniedError; as :func:`change_cases`.
    """
    opened = tuple(_case_of(session, reader, name) for name in names)
    if change == Change():
        return opened
    seen = [Seen(case.token, case.version) for case in opened]
    return change_cases(session, reader, seen, change=change)


def _case_of(session: Session, reader: Reader, name: str) -> Case:
    """Return the case of a voice as this officer sees it, opened now if there is none."""
    voice = voices.get_voice(session, reader, name)
    if voice.unit_id not in reader.handling:
        raise PermissionDeniedError(unit_id=voice.unit_id)
    if voice.case_token is not None:
        return session.scalars(select(Case).where(Case.token == voice.case_token)).one()
    seq = voices.get_seq(session, reader, name)
    kind = CaseKind.ALLEGATION if voice.is_allegation else CaseKind.VOICE
    return _open(session, _of_rating(session, seq, kind), account_id=reader.account_id)


def _of_rating(session: Session, seq: int, kind: CaseKind) -> Case:
    rating = session.get_one(Rating, seq)
    return Case(
        kind=kind,
        unit_id=rating.unit_id,
        desk_id=rating.desk_id,
        day=rating.local_day or clock.local_day(rating.received_at),
        rating_seq=seq,
    )


def _open(session: Session, case: Case, *, account_id: int | None = None) -> Case:
    """Store a new case with its deadline and the first line of its history."""
    today = clock.today()
    deadline = read_policies(session).of(case.unit_id, today).deadline_days
    days = read_working_days(session, today, today)
    case.token = uuid.uuid4()
    case.state = CaseState.NEW
    case.opened_at, case.opened_day = clock.now(), today
    case.due_day = days.add(case.unit_id, today, count=deadline)
    case.version = 1
    session.add(case)
    session.flush()
    add_event(session, case, CaseDeed.OPENED, account_id=account_id)
    record_deed(
        session,
        AuditAction.CASE_CHANGED,
        account_id=account_id,
        unit_id=case.unit_id,
        detail={"case": str(case.token), "deeds": [CaseDeed.OPENED.value]},
    )
    session.flush()
    return case


def open_due_cases(session: Session, *, most: int = MOST_AT_ONCE) -> Opened:
    """Open the cases that open by themselves: each allegation, each pattern of marks at a desk.

    Shape: at most so many; nought says that none is left.
    Time: it may run twice and late; the last two months are looked at, each unit up to its last
    closing, as its voices are.
    Writes: voice_case, case_event, audit_entry.
    """
    units = set(session.scalars(select(Rating.unit_id).where(_is_recent()).distinct()))
    closings = group_by_closing(read_policies(session), units, now=clock.now())
    allegations = patterns = 0
    for closing, unit_ids in closings.items():
        within = [_is_recent(), Rating.unit_id.in_(sorted(unit_ids)), Rating.received_at < closing]
        allegations += _open_allegations(session, within, most=most - allegations - patterns)
        patterns += _open_patterns(session, within, most=most - allegations - patterns)
    return Opened(allegations, patterns)


def _is_recent() -> Any:
    return Rating.local_day >= clock.today() - LOOKED_BACK


def _open_allegations(session: Session, within: Iterable[Any], *, most: int) -> int:
    """Open a case for allegations without one; which come first says nothing of when they came."""
    known = select(Case.rating_seq).where(Case.kind == CaseKind.ALLEGATION)
    found = session.scalars(
        select(Rating.seq)
        .join(RatingReason, RatingReason.rating_seq == Rating.seq)
        .join(ReasonRow, ReasonRow.id == RatingReason.reason_id)
        .where(ReasonRow.code.in_(sorted(ALLEGATIONS)), Rating.seq.not_in(known), *within)
        .order_by(func.random())
        .limit(most)
    ).all()
    for seq in found:
        _open(session, _of_rating(session, seq, CaseKind.ALLEGATION))
    return len(found)


def _open_patterns(session: Session, within: Iterable[Any], *, most: int) -> int:
    """Open a case for each desk, day and mark that has none."""
    found = session.execute(
        select(Rating.unit_id, Rating.desk_id, Rating.local_day, RatingMark.mark, func.count())
        .join(RatingMark, RatingMark.rating_seq == Rating.seq)
        .outerjoin(
            Case,
            (Case.desk_id == Rating.desk_id)
            & (Case.day == Rating.local_day)
            & (Case.mark == RatingMark.mark),
        )
        .where(RatingMark.mark.in_(PATTERNS), Case.id.is_(None), *within)
        .group_by(Rating.unit_id, Rating.desk_id, Rating.local_day, RatingMark.mark)
        .limit(most)
    ).all()
    for unit_id, desk_id, day, mark, _count in found:
        place = Case(kind=CaseKind.PATTERN, unit_id=unit_id, desk_id=desk_id, day=day, mark=mark)
        _open(session, place)
    return len(found)


def escalate_late_cases(session: Session, *, most: int = MOST_AT_ONCE) -> int:
    """Raise cases that are past their day to the unit's head, once for each day; return how many.

    Shape: at most so many; nought says that none is left.

    Where nobody is the head the case is raised all the same: whoever becomes it finds it there.
    Time: it may run twice and late. A case whose day was moved after it was raised stays raised,
    and is raised again when that day is over, too.
    Writes: voice_case, case_event, audit_entry.
    """
    late = session.scalars(
        select(Case)
        .where(
            Case.state != CaseState.DONE,
            Case.due_day < clock.today(),
            Case.escalated_at.is_(None) | _was_moved_since(),
        )
        .order_by(Case.due_day, Case.token)
        .limit(most)
        .with_for_update()
    ).all()
    for case in late:
        head = _find_head(session, case.unit_id)
        case.escalated_at = clock.now()
        case.version += 1
        detail = {"to": head, "due_day": case.due_day.isoformat()}
        add_event(session, case, CaseDeed.ESCALATED, detail=detail)
        record_deed(
            session,
            AuditAction.CASE_CHANGED,
            unit_id=case.unit_id,
            detail={"case": str(case.token), "deeds": [CaseDeed.ESCALATED.value], "to": head},
        )
    session.flush()
    return len(late)


def _was_moved_since() -> ColumnElement[bool]:
    """Return the condition of having another deadline than when the case was raised."""
    return exists().where(
        CaseEvent.case_id == Case.id,
        CaseEvent.deed == CaseDeed.DUE_CHANGED,
        CaseEvent.at >= Case.escalated_at,
    )


def _find_head(session: Session, unit_id: int) -> int | None:
    """Return the account of who answers for a unit today, or for the nearest one above it."""
    today = clock.today()
    for one in read_calendar(session, day_period(today)).line(unit_id, today):
        found = session.scalar(
            select(Grant.account_id)
            .join(Account, Account.id == Grant.account_id)
            .where(
                Grant.unit_id == one,
                Grant.role == Role.HEAD,
                Grant.from_day <= today,
                Grant.until_day.is_(None) | (Grant.until_day > today),
                Account.disabled_at.is_(None),
            )
            .order_by(Grant.from_day.desc(), Grant.id)
            .limit(1)
        )
        if found is not None:
            return found
    return None
