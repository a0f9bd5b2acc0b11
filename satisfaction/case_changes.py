"""Change cases: assign, note, answer, publish, open the dossier behind one. Refuses to remove any.

Every change names the version that the officer saw; a case that somebody changed meanwhile stays
as it is. Every change is a line in the case's history and an entry in the log.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.case_figures import sees_case
from satisfaction.case_lines import is_shown_still
from satisfaction.cases import find_case
from satisfaction.colleagues import list_colleagues, read_reach
from satisfaction.configurations import Changes, change_configuration
from satisfaction.deadlines import read_working_days
from satisfaction.errors import (
    CaseChangedError,
    CaseRefusedError,
    LineChangedError,
    PermissionDeniedError,
)
from satisfaction.faults import CaseFault
from satisfaction.models import Case, CaseEvent, Dossier, Rating, Visit
from satisfaction.office import find_configuration, get_unit
from satisfaction.policies import read_policies
from satisfaction.terms import (
    AuditAction,
    CaseDeed,
    CaseKind,
    CaseState,
)
from satisfaction.text import clean
from satisfaction.voice_rows import Reader

LONGEST_NOTE = 1000
LONGEST_LINE = 300
SHORTEST_REASON = 10
LONGEST_REASON = 500
MOST_DEADLINES = 3
LEAST_WORKING_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be different about a case; None leaves a thing as it is.

    ``assignee_id`` 0 takes the case from whoever has it; ``due_reason`` says why the day is moved.
    """

    state: CaseState | None = None
    assignee_id: int | None = None
    due_day: date | None = None
    due_reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Seen:
    """A case as an officer's page named it: which one, and in which version."""

    token: uuid.UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class DossierBehind:
    """The dossier behind a voice, for the one officer who opened it."""

    code: str
    source_system: str
    procedure_name: str
    received_day: date | None
    due_day: date | None
    finished_day: date | None


def change_case(session: Session, reader: Reader, seen: Seen, *, change: Change) -> Case:
    """Change a case as an officer asks.

    Giving a case that nobody has seen to somebody puts it in hand; an answer says what was done.
    Writes: voice_case, case_event, audit_entry.
    Raises: CaseNotFoundError; PermissionDeniedError; CaseChangedError when somebody was first;
    CaseRefusedError, and nothing is kept.
    """
    case = _take(session, reader, seen)
    deeds = [
        *_assign(session, reader, case, change),
        *_set_due(session, reader, case, change),
        *_set_state(session, reader, case, change),
        *_note(session, reader, case, change),
    ]
    if not deeds:
        raise CaseRefusedError(fault=CaseFault.NOTHING)
    session.flush()
    _log(session, reader, case, deeds)
    return case


def change_cases(
    session: Session, reader: Reader, seen: Iterable[Seen], *, change: Change
) -> tuple[Case, ...]:
    """Change several cases in the same way, all of them or none.

    Raises: as :func:`change_case`, and :func:`refuse_to_give`.
    """
    seen = tuple(seen)
    tokens = [one.token for one in seen]
    found = session.scalars(select(Case).where(Case.token.in_(tokens), sees_case(reader)))
    refuse_to_give(session, found.all(), change)
    return tuple(change_case(session, reader, one, change=change) for one in seen)


def refuse_to_give(session: Session, chosen: Sequence[Case], change: Change) -> None:
    """Refuse to give cases away of which the officer may not handle every one.

    Raises: CaseRefusedError with how many are outside of the officer's units, and how many are
    allegations in them that the officer may not see.
    """
    wanted = change.assignee_id
    given = [case for case in chosen if case.assignee_id != wanted]
    if not wanted or not given:
        return
    reach = read_reach(session, wanted, {case.unit_id for case in given})
    blind = reach.cases - reach.allegations
    outside = sum(case.unit_id not in reach.cases for case in given)
    unseen = sum(case.kind is CaseKind.ALLEGATION and case.unit_id in blind for case in given)
    if outside or unseen:
        raise CaseRefusedError(
            fault=CaseFault.NOT_FOR_ALL, outside=outside, unseen=unseen, of=len(chosen)
        )


def publish_line(
    session: Session,
    reader: Reader,
    seen: Seen,
    *,
    line_vi: str,
    line_en: str,
    over: int | None = None,
) -> None:
    """Say on the unit's waiting screens what a case has changed; empty words take it back.

    ``over`` names the version of the screens that the officer saw.
    Writes: configuration, voice_case, case_event, audit_entry.
    Raises: as :func:`change_case`; LineChangedError when the line is another one by now.
    """
    line_vi, line_en = clean(line_vi), clean(line_en)
    if max(len(line_vi), len(line_en)) > LONGEST_LINE:
        raise CaseRefusedError(fault=CaseFault.TOO_LONG, most=LONGEST_LINE)
    case = _take(session, reader, seen)
    current = find_configuration(session, case.unit_id, clock.now())
    if current is None:
        raise CaseRefusedError(fault=CaseFault.NOT_CONFIGURED)
    if over is not None and not is_shown_still(session, over, current):
        raise LineChangedError(unit_id=case.unit_id)
    if (line_vi, line_en) == (current.we_changed_vi, current.we_changed_en):
        raise CaseRefusedError(fault=CaseFault.NOTHING)
    changes = Changes(we_changed_vi=line_vi, we_changed_en=line_en)
    unit = get_unit(session, case.unit_id)
    change_configuration(session, unit, changes, changed_by_id=reader.account_id)
    detail = {"vi": line_vi, "en": line_en}
    add_event(session, case, CaseDeed.PUBLISHED, account_id=reader.account_id, detail=detail)
    session.flush()
    _log(session, reader, case, [CaseDeed.PUBLISHED])


def open_dossier(
    session: Session, reader: Reader, token: uuid.UUID, *, reason: str, network: str = ""
) -> DossierBehind:
    """Return the dossier behind a case to the officer who handles it, for a written reason.

    The opening stands in the case's history, where everybody who sees the case reads it.
    Writes: case_event, audit_entry.
    Raises: CaseNotFoundError; PermissionDeniedError; CaseRefusedError.
    """
    case = find_case(session, reader, token)
    if case.unit_id not in reader.dossiers & reader.handling:
        raise PermissionDeniedError(unit_id=case.unit_id)
    reason = clean(reason)
    if case.assignee_id != reader.account_id:
        raise CaseRefusedError(fault=CaseFault.NOT_ASSIGNED)
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise CaseRefusedError(fault=CaseFault.NO_REASON, least=SHORTEST_REASON)
    dossier = session.scalar(
        select(Dossier).join(Visit).join(Rating).where(Rating.seq == case.rating_seq)
    )
    if dossier is None:
        raise CaseRefusedError(fault=CaseFault.NO_DOSSIER)
    add_event(session, case, CaseDeed.DOSSIER_OPENED, account_id=reader.account_id, words=reason)
    record_deed(
        session,
        AuditAction.DOSSIER_OPENED,
        account_id=reader.account_id,
        unit_id=case.unit_id,
        network=network,
        detail={"case": str(case.token)},
    )
    session.flush()
    return DossierBehind(
        code=dossier.code,
        source_system=dossier.source_system,
        procedure_name=dossier.procedure.short_name if dossier.procedure else "",
        received_day=dossier.received_day,
        due_day=dossier.due_day,
        finished_day=dossier.finished_day,
    )


def add_event(
    session: Session,
    case: Case,
    deed: CaseDeed,
    *,
    account_id: int | None = None,
    detail: dict[str, Any] | None = None,
    words: str | None = None,
) -> None:
    """Add a line to a case's history."""
    event = CaseEvent(
        case_id=case.id,
        at=clock.now(),
        account_id=account_id,
        deed=deed,
        detail=detail or {},
        words=words,
    )
    session.add(event)


def _take(session: Session, reader: Reader, seen: Seen) -> Case:
    """Return a case for a change, if it still is as the officer saw it."""
    case = find_case(session, reader, seen.token)
    if case.unit_id not in reader.handling:
        raise PermissionDeniedError(unit_id=case.unit_id)
    taken: CursorResult[Any] = session.connection().execute(
        update(Case)
        .where(Case.id == case.id, Case.version == seen.version)
        .values(version=Case.version + 1)
    )
    if taken.rowcount != 1:
        raise CaseChangedError(token=seen.token)
    session.refresh(case)
    return case


def _assign(session: Session, reader: Reader, case: Case, change: Change) -> list[CaseDeed]:
    wanted = change.assignee_id or None
    if change.assignee_id is None or wanted == case.assignee_id:
        return []
    if wanted is not None:
        known = {one.account_id for one in list_colleagues(session, case.unit_id, kind=case.kind)}
        if wanted not in known:
            raise CaseRefusedError(fault=CaseFault.NOT_OPEN_TO_HIM)
    detail = {"from": case.assignee_id, "to": wanted}
    case.assignee_id = wanted
    add_event(session, case, CaseDeed.ASSIGNED, account_id=reader.account_id, detail=detail)
    return [CaseDeed.ASSIGNED]


def _set_due(session: Session, reader: Reader, case: Case, change: Change) -> list[CaseDeed]:
    day, reason = change.due_day, clean(change.due_reason)
    if day is None or day == case.due_day:
        if reason:
            raise CaseRefusedError(fault=CaseFault.DAY_NOT_MOVED)
        return []
    if (change.state or case.state) is CaseState.DONE:
        raise CaseRefusedError(fault=CaseFault.IS_DONE)
    _check_due(session, case.unit_id, day)
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise CaseRefusedError(fault=CaseFault.NO_DUE_REASON, least=SHORTEST_REASON)
    detail = {"from_day": case.due_day.isoformat(), "to_day": day.isoformat()}
    case.due_day = day
    add_event(
        session,
        case,
        CaseDeed.DUE_CHANGED,
        account_id=reader.account_id,
        detail=detail,
        words=reason,
    )
    return [CaseDeed.DUE_CHANGED]


def _check_due(session: Session, unit_id: int, day: date) -> None:
    """Refuse a deadline that is over, too far away, or no working day of the unit."""
    today = clock.today()
    if day < today:
        raise CaseRefusedError(fault=CaseFault.DAY_IS_OVER)
    usual = read_policies(session).of(unit_id, today).deadline_days
    most = max(MOST_DEADLINES * usual, LEAST_WORKING_DAYS)
    days = read_working_days(session, today, today)
    latest = days.add(unit_id, today, count=most)
    if day > latest:
        raise CaseRefusedError(fault=CaseFault.DAY_TOO_FAR, latest_day=latest, most=most)
    if not days.is_working(unit_id, day):
        raise CaseRefusedError(fault=CaseFault.NOT_WORKING)


def _set_state(session: Session, reader: Reader, case: Case, change: Change) -> list[CaseDeed]:
    wanted = change.state or case.state
    if wanted is CaseState.NEW and change.assignee_id:
        wanted = CaseState.IN_PROGRESS
    if wanted is case.state:
        return []
    if wanted is CaseState.DONE and not clean(change.note):
        raise CaseRefusedError(fault=CaseFault.NO_ANSWER)
    detail = {"from_state": case.state.value, "to_state": wanted.value}
    case.state = wanted
    is_done = wanted is CaseState.DONE
    case.closed_at, case.closed_day = (clock.now(), clock.today()) if is_done else (None, None)
    add_event(session, case, CaseDeed.STATE_CHANGED, account_id=reader.account_id, detail=detail)
    return [CaseDeed.STATE_CHANGED]


def _note(session: Session, reader: Reader, case: Case, change: Change) -> list[CaseDeed]:
    words = clean(change.note)
    if not words:
        return []
    if len(words) > LONGEST_NOTE:
        raise CaseRefusedError(fault=CaseFault.TOO_LONG, most=LONGEST_NOTE)
    add_event(session, case, CaseDeed.NOTED, account_id=reader.account_id, words=words)
    return [CaseDeed.NOTED]


def _log(session: Session, reader: Reader, case: Case, deeds: Iterable[CaseDeed]) -> None:
    record_deed(
        session,
        AuditAction.CASE_CHANGED,
        account_id=reader.account_id,
        unit_id=case.unit_id,
        detail={"case": str(case.token), "deeds": [deed.value for deed in deeds]},
    )
