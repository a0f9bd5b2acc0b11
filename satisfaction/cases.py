"""Cases as officers see them: the list, and one case with its history. Refuses to change one.

An officer without permission for words in the unit sees a case without anybody's words.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock, voices
from satisfaction.case_figures import sees_case
from satisfaction.case_lines import ShownLine, find_shown
from satisfaction.colleagues import Colleague, list_colleagues
from satisfaction.errors import CaseNotFoundError
from satisfaction.models import (
    Account,
    Case,
    CaseEvent,
    Desk,
    Level,
    Rating,
    Unit,
    Visit,
)
from satisfaction.office import name_of
from satisfaction.terms import CaseDeed, CaseKind, CaseState, Mark
from satisfaction.voice_rows import Reader
from satisfaction.voices import Voice

PAGE_LENGTH = 25
GIVEN_REASONS = {CaseDeed.DOSSIER_OPENED, CaseDeed.DUE_CHANGED}


class CaseOrder(StrEnum):
    """In which order cases stand; none of them tells when a citizen spoke, but the day."""

    DUE = "due"
    DAY = "day"
    STATE = "state"
    ASSIGNEE = "assignee"


@dataclass(frozen=True, kw_only=True)
class CasesWanted:
    """Which cases are asked for; without a state, those that wait for an answer."""

    unit_ids: frozenset[int] | None = None
    desk_id: int | None = None
    kind: CaseKind | None = None
    state: CaseState | None = None
    is_mine: bool = False
    is_late: bool = False
    is_escalated: bool = False
    order: CaseOrder = CaseOrder.DUE


@dataclass(frozen=True, kw_only=True)
class CaseLine:
    """One line of the list of cases."""

    token: uuid.UUID
    version: int
    kind: CaseKind
    mark: Mark | None
    unit_id: int
    unit_name: str
    desk_name: str
    day: date
    face: int | None
    level_vi: str
    level_en: str
    state: CaseState
    assignee: str
    opened_day: date
    due_day: date
    closed_day: date | None
    is_late: bool
    is_escalated: bool
    may_handle: bool


@dataclass(frozen=True)
class CasePage:
    """One page of cases, and how many there are in all."""

    cases: tuple[CaseLine, ...]
    total: int
    page: int
    page_count: int


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a case's history; ``words`` are None where they are hidden, erased or none."""

    at: datetime
    by: str
    deed: CaseDeed
    detail: dict[str, Any]
    words: str | None
    is_hidden: bool
    is_erased: bool


@dataclass(frozen=True, kw_only=True)
class CaseSheet:
    """One case as an officer sees it, and what the officer may do with it."""

    line: CaseLine
    assignee_id: int | None
    voice: Voice | None
    sees_words: bool
    events: tuple[Event, ...]
    colleagues: tuple[Colleague, ...]
    may_handle: bool
    may_open_dossier: bool
    has_dossier: bool
    pattern_count: int | None
    shown: ShownLine | None

    @property
    def first_due_day(self) -> date | None:
        """The deadline that was set first, if it was moved."""
        moved = [event.detail for event in self.events if event.deed is CaseDeed.DUE_CHANGED]
        return date.fromisoformat(moved[0]["from_day"]) if moved else None


def list_cases(session: Session, reader: Reader, wanted: CasesWanted, *, page: int = 1) -> CasePage:
    """Return one page of the cases that are asked for, by the day on which they are due.

    Cases of the same day stand in an order that says nothing of when they were opened. A page
    beyond the last one is the last one.
    """
    conditions = _conditions(reader, wanted)
    total = session.scalar(select(func.count()).select_from(Case).where(*conditions)) or 0
    page_count = max(1, -(-total // PAGE_LENGTH))
    page = min(max(1, page), page_count)
    found = session.scalars(
        select(Case)
        .where(*conditions)
        .options(joinedload(Case.assignee))
        .order_by(*_order(wanted), Case.token)
        .limit(PAGE_LENGTH)
        .offset((page - 1) * PAGE_LENGTH)
    ).all()
    return CasePage(_as_lines(session, reader, found), total, page, page_count)


def _order(wanted: CasesWanted) -> tuple[Any, ...]:
    due = Case.closed_day.desc() if wanted.state is CaseState.DONE else Case.due_day
    return {
        CaseOrder.DUE: (due,),
        CaseOrder.DAY: (Case.day.desc(),),
        CaseOrder.STATE: (Case.state != CaseState.NEW, Case.state, due),
        CaseOrder.ASSIGNEE: (Case.assignee_id.is_not(None), Case.assignee_id, due),
    }[wanted.order]


def _conditions(reader: Reader, wanted: CasesWanted) -> list[ColumnElement[bool]]:
    found = [sees_case(reader, wanted.unit_ids)]
    if wanted.state is not None:
        found.append(Case.state == wanted.state)
    else:
        found.append(Case.state != CaseState.DONE)
    if wanted.kind is not None:
        found.append(Case.kind == wanted.kind)
    if wanted.desk_id is not None:
        found.append(Case.desk_id == wanted.desk_id)
    if wanted.is_mine:
        found.append(Case.assignee_id == reader.account_id)
    if wanted.is_late:
        found.append((Case.due_day < clock.today()) & (Case.state != CaseState.DONE))
    if wanted.is_escalated:
        found.append(Case.escalated_at.is_not(None))
    return found


def find_case(session: Session, reader: Reader, token: uuid.UUID) -> Case:
    """Return a case that this officer sees.

    Raises: CaseNotFoundError.
    """
    found = session.scalar(select(Case).where(Case.token == token, sees_case(reader)))
    if found is None:
        raise CaseNotFoundError(token=token)
    return found


def read_case(session: Session, reader: Reader, token: uuid.UUID) -> CaseSheet:
    """Return one case with its voice, its history, and what this officer may do.

    Raises: CaseNotFoundError.
    """
    case = find_case(session, reader, token)
    [line] = _as_lines(session, reader, [case])
    has_dossier = _has_dossier(session, case)
    is_his = case.assignee_id == reader.account_id and line.may_handle
    return CaseSheet(
        line=line,
        assignee_id=case.assignee_id,
        voice=_voice(session, reader, case),
        sees_words=case.unit_id in reader.words,
        events=_list_events(session, case, sees_words=case.unit_id in reader.words),
        colleagues=list_colleagues(session, case.unit_id, kind=case.kind),
        may_handle=line.may_handle,
        may_open_dossier=is_his and has_dossier and case.unit_id in reader.dossiers,
        has_dossier=has_dossier,
        pattern_count=_count_pattern(session, case),
        shown=find_shown(session, reader, case.unit_id) if line.may_handle else None,
    )


def _voice(session: Session, reader: Reader, case: Case) -> Voice | None:
    if case.rating_seq is None:
        return None
    return voices.find_voice(session, reader, case.rating_seq, day=case.day)


def _has_dossier(session: Session, case: Case) -> bool:
    found = select(Visit.dossier_id).join(Rating).where(Rating.seq == case.rating_seq)
    return case.rating_seq is not None and session.scalar(found) is not None


def _count_pattern(session: Session, case: Case) -> int | None:
    """Return how many ratings of the day bear the mark of a pattern."""
    if case.mark is None:
        return None
    return voices.count_marked(session, case.desk_id, day=case.day, mark=case.mark)


def _as_lines(session: Session, reader: Reader, found: Sequence[Case]) -> tuple[CaseLine, ...]:
    units = _named(session, select(Unit).where(Unit.id.in_({case.unit_id for case in found})))
    desks = _named(session, select(Desk).where(Desk.id.in_({case.desk_id for case in found})))
    seqs = [case.rating_seq for case in found if case.rating_seq is not None]
    levels: dict[int, Level] = {
        row[0]: row[1]
        for row in session.execute(
            select(Rating.seq, Level).join(Level).where(Rating.seq.in_(seqs))
        )
    }
    today = clock.today()
    lines = []
    for case in found:
        level = levels.get(case.rating_seq or 0)
        lines.append(
            CaseLine(
                token=case.token,
                version=case.version,
                kind=case.kind,
                mark=case.mark,
                unit_id=case.unit_id,
                unit_name=name_of(units[case.unit_id], case.day).name,
                desk_name=desks[case.desk_id].name,
                day=case.day,
                face=level.face if level else None,
                level_vi=level.label_vi if level else "",
                level_en=level.label_en if level else "",
                state=case.state,
                assignee=case.assignee.display_name if case.assignee else "",
                opened_day=case.opened_day,
                due_day=case.due_day,
                closed_day=case.closed_day,
                is_late=case.due_day < (case.closed_day or today),
                is_escalated=case.escalated_at is not None,
                may_handle=case.unit_id in reader.handling,
            )
        )
    return tuple(lines)


def _named(session: Session, wanted: Select[Any]) -> dict[int, Any]:
    return {one.id: one for one in session.scalars(wanted)}


def _list_events(session: Session, case: Case, *, sees_words: bool) -> tuple[Event, ...]:
    rows = session.scalars(
        select(CaseEvent)
        .where(CaseEvent.case_id == case.id)
        .options(joinedload(CaseEvent.account))
        .order_by(CaseEvent.at, CaseEvent.id)
    ).all()
    names = _names_of(session, rows)
    return tuple(_as_event(row, names, sees_words=sees_words) for row in rows)


def _as_event(row: CaseEvent, names: dict[int, str], *, sees_words: bool) -> Event:
    """Return one line of the history; why an officer did certain deeds is for everybody to see."""
    is_open = sees_words or row.deed in GIVEN_REASONS
    detail = dict(row.detail)
    for name in ("to", "from"):
        if isinstance(detail.get(name), int):
            detail[name] = names.get(detail[name], "")
    return Event(
        at=row.at,
        by=row.account.display_name if row.account else "",
        deed=row.deed,
        detail=detail,
        words=row.words if is_open else None,
        is_hidden=row.words is not None and not is_open,
        is_erased=row.erased_at is not None,
    )


def _names_of(session: Session, rows: Iterable[CaseEvent]) -> dict[int, str]:
    ids = {
        one
        for row in rows
        if row.deed in {CaseDeed.ASSIGNED, CaseDeed.ESCALATED}
        for one in row.detail.values()
        if isinstance(one, int)
    }
    found = session.execute(select(Account.id, Account.display_name).where(Account.id.in_(ids)))
    return {row.id: row.display_name for row in found}
