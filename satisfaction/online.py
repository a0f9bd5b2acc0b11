"""Visits that happened online: one for each dossier, and the link by which it can be rated.

Refuses dossiers of units that the asker does not speak for.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ColumnElement, literal_column, or_, select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.comments import list_answer
from satisfaction.days import hold_days, mark_days
from satisfaction.dossiers import DEFAULT_SOURCE, find_or_add_dossier, normalise_code
from satisfaction.errors import TooManyInvitationsError
from satisfaction.invitations import make_invitation
from satisfaction.models import Desk, Dossier, Visit
from satisfaction.office import units_under
from satisfaction.terms import AuditAction, Channel, DeskKind, InvitationPurpose, VisitKind

MOST_AT_ONCE = 500
# Written out, so that SQLite knows that its index of online visits is meant.
_IS_ONLINE: ColumnElement[bool] = literal_column("visit.channel = 'online'", Boolean)


class InvitedState(StrEnum):
    """What became of the wish for a dossier's link."""

    INVITED = "invited"
    ALREADY_RATED = "already_rated"
    TOO_MANY_LINKS = "too_many_links"
    OTHER_UNIT = "other_unit"
    NO_REMOTE_DESK = "no_remote_desk"
    NOT_A_CODE = "not_a_code"


@dataclass(frozen=True, kw_only=True)
class InvitedDossier:
    """A dossier and its link's word, where there is one, which is handed over once."""

    code: str
    state: InvitedState
    token: str = ""
    expires_at: datetime | None = None


def invite_dossiers(
    session: Session, unit_id: int, codes: Sequence[str], *, asked_by: str
) -> list[InvitedDossier]:
    """Invite the citizens of dossiers that were settled online, each settled for itself, in order.

    A dossier without an online visit gets one, finished now, at the remote desk of its unit.
    Writes: dossier, visit, invitation; one audit_entry.
    """
    under = units_under(session, [unit_id], clock.today()) | {unit_id}
    invited: dict[str, InvitedDossier] = {}
    hold_days(session.connection(), [clock.today()])
    for code in sorted(set(codes)):
        invited[code] = _invite(session, unit_id, code, under)
    made = sum(one.state is InvitedState.INVITED for one in invited.values())
    detail = {"asked_by": asked_by, "dossiers": len(invited), "links": made}
    record_deed(session, AuditAction.INVITATION_MADE, unit_id=unit_id, detail=detail)
    mark_days(session.connection(), [clock.today()])
    return [invited[code] for code in codes]


def _invite(session: Session, unit_id: int, code: str, under: frozenset[int]) -> InvitedDossier:
    normal = normalise_code(code).code
    if not normal:
        return InvitedDossier(code=code, state=InvitedState.NOT_A_CODE)
    dossier = find_or_add_dossier(
        session,
        source_system=DEFAULT_SOURCE,
        code=normal,
        unit_id=unit_id,
        channel=Channel.ONLINE,
    )
    if dossier.unit_id not in under:
        return InvitedDossier(code=normal, state=InvitedState.OTHER_UNIT)
    visit = _find_visit(session, dossier)
    if visit is None:
        return InvitedDossier(code=normal, state=InvitedState.NO_REMOTE_DESK)
    if list_answer(session.connection(), visit.id):
        return InvitedDossier(code=normal, state=InvitedState.ALREADY_RATED)
    try:
        made = make_invitation(session, visit.id, purpose=InvitationPurpose.ONLINE)
    except TooManyInvitationsError:
        return InvitedDossier(code=normal, state=InvitedState.TOO_MANY_LINKS)
    return InvitedDossier(
        code=normal,
        state=InvitedState.INVITED,
        token=made.token,
        expires_at=made.invitation.expires_at,
    )


def _find_visit(session: Session, dossier: Dossier) -> Visit | None:
    """Return the online visit of a dossier, made when there is none; none without a remote desk.

    The dossier is held, so that two who ask at the same moment get one visit.
    """
    session.execute(
        select(Dossier.id).where(Dossier.id == dossier.id).with_for_update(key_share=True)
    )
    known = session.scalar(
        select(Visit)
        .where(Visit.dossier_id == dossier.id, _IS_ONLINE, Visit.closed_at.is_not(None))
        .order_by(Visit.id.desc())
        .limit(1)
    )
    if known is not None:
        return known
    desk = _find_remote_desk(session, dossier.unit_id)
    return None if desk is None else _add_visit(session, desk, dossier)


def _find_remote_desk(session: Session, unit_id: int) -> Desk | None:
    today = clock.today()
    return session.scalar(
        select(Desk)
        .where(
            Desk.unit_id == unit_id,
            Desk.kind == DeskKind.REMOTE,
            Desk.from_day <= today,
            or_(Desk.until_day.is_(None), Desk.until_day > today),
        )
        .order_by(Desk.id)
        .limit(1)
    )


def _add_visit(session: Session, desk: Desk, dossier: Dossier) -> Visit:
    now = clock.now()
    visit = Visit(
        token=uuid.uuid4(),
        unit_id=desk.unit_id,
        desk_id=desk.id,
        kind=VisitKind.RESULT,
        channel=Channel.ONLINE,
        dossier_id=dossier.id,
        procedure_id=dossier.procedure_id,
        opened_at=now,
        closed_at=now,
        closed_day=clock.local_day(now),
    )
    session.add(visit)
    session.flush()
    return visit
