"""One-time links that let one visit be rated from the citizen's own phone.

Refuses to keep a link: only its hash is stored. A visit counts one rating whatever way it came,
so a link for a rated visit opens only the place for further words.
"""

import base64
import hashlib
import secrets
import uuid
from collections.abc import Set
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.comments import list_answer, record_comment
from satisfaction.errors import (
    InvitationExpiredError,
    InvitationNotFoundError,
    InvitationSpentError,
    RatingNotFoundError,
    TooManyInvitationsError,
    VisitNotFoundError,
    VisitOpenError,
)
from satisfaction.models import Invitation, Kiosk, Rating, Visit
from satisfaction.office import find_configuration
from satisfaction.recording import (
    ReasonsGiven,
    RecordingOutcome,
    Tap,
    record_ratings,
    record_reasons,
)
from satisfaction.taps import CitizenWords, PhoneAnswer
from satisfaction.terms import AuditAction, InvitationPurpose, Layout, RatingSource

TOKEN_BYTES = 16
DEFAULT_LIFE = timedelta(hours=24)
MOST_LIVE = 10
SCREEN_LIFE = timedelta(minutes=15)
TIME_FOR_WORDS = timedelta(minutes=30)
SOURCES = {
    InvitationPurpose.RECEIPT: RatingSource.QR,
    InvitationPurpose.SCREEN: RatingSource.QR,
    InvitationPurpose.ONLINE: RatingSource.LINK,
}
AWAY = frozenset(SOURCES.values())


@dataclass(frozen=True)
class NewInvitation:
    """An invitation and its link's word, which is handed over once."""

    invitation: Invitation
    token: str


def make_invitation(
    session: Session,
    visit_id: int,
    *,
    purpose: InvitationPurpose,
    life: timedelta | None = None,
) -> NewInvitation:
    """Invite the citizen of a visit, for as long as the office lets its links live.

    Shape: 26 signs of A–Z and 2–7, 128 random bits, so that a small QR symbol can hold the link.
    Raises: VisitNotFoundError; TooManyInvitationsError.
    """
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise VisitNotFoundError(visit_id=visit_id)
    now = clock.now()
    live = select(func.count()).where(Invitation.visit_id == visit_id, Invitation.expires_at > now)
    if (session.scalar(live) or 0) >= MOST_LIVE:
        raise TooManyInvitationsError(visit_id=visit_id)
    token = base64.b32encode(secrets.token_bytes(TOKEN_BYTES)).decode().rstrip("=")
    invitation = Invitation(
        token_hash=_hash(token),
        visit=visit,
        purpose=purpose,
        made_at=now,
        expires_at=now + (life or _life_at(session, visit.unit_id)),
    )
    session.add(invitation)
    session.flush()
    return NewInvitation(invitation, token)


def _life_at(session: Session, unit_id: int) -> timedelta:
    configuration = find_configuration(session, unit_id, clock.now())
    return timedelta(hours=configuration.invitation_hours) if configuration else DEFAULT_LIFE


def invite_from_screen(
    session: Session, visit: uuid.UUID | None, *, desk_id: int | None, unit_id: int
) -> NewInvitation:
    """Invite the citizen who stands at a kiosk: of this visit, or of the desk's last one.

    ``desk_id`` is None for a kiosk in the lobby, which has to name the visit.
    Raises: VisitNotFoundError, also for a visit of another desk or unit, or not yet finished.
    """
    wanted = select(Visit).where(Visit.unit_id == unit_id, Visit.closed_at.is_not(None))
    if desk_id is not None:
        wanted = wanted.where(Visit.desk_id == desk_id)
    if visit is not None:
        found = session.scalar(wanted.where(Visit.token == visit))
    elif desk_id is not None:
        days = {clock.today(), clock.local_day(clock.now() - SCREEN_LIFE)}
        recent = wanted.where(
            Visit.closed_day.in_(days), Visit.closed_at > clock.now() - SCREEN_LIFE
        )
        found = session.scalar(recent.order_by(Visit.closed_at.desc()).limit(1))
    else:
        found = None
    if found is None:
        raise VisitNotFoundError(visit=visit, desk_id=desk_id)
    return make_invitation(session, found.id, purpose=InvitationPurpose.SCREEN)


def invite_by_receipt(
    session: Session, unit_ids: Set[int], visit_id: int, *, made_by_id: int | None
) -> NewInvitation:
    """Invite the citizen of a visit by a receipt that an officer prints.

    Writes: invitation, audit_entry.
    Raises: VisitNotFoundError, also for a visit outside these units; InvitationSpentError for a
    visit that is rated at the desk, for what came by phone is not told; TooManyInvitationsError.
    """
    visit = session.get(Visit, visit_id, options=[joinedload(Visit.desk)])
    if visit is None or visit.unit_id not in unit_ids:
        raise VisitNotFoundError(visit_id=visit_id)
    if find_rated_at_desk(session, {visit_id}):
        raise InvitationSpentError(visit_id=visit_id)
    made = make_invitation(session, visit_id, purpose=InvitationPurpose.RECEIPT)
    record_deed(
        session,
        AuditAction.INVITATION_MADE,
        account_id=made_by_id,
        unit_id=visit.unit_id,
        detail={"visit_id": visit_id, "invitation_id": made.invitation.id},
    )
    return made


def find_rated_at_desk(session: Session, visit_ids: Set[int]) -> Set[int]:
    """Return which of these visits were answered where the officer sees it, or on paper.

    An answer that was given by phone, or at a device that stands at no desk, is nobody's business
    at the desk: who knows when it was given knows whose it is.
    """
    found = session.scalars(
        select(Rating.visit_id)
        .outerjoin(Kiosk, Kiosk.id == Rating.kiosk_id)
        .where(
            Rating.visit_id.in_(visit_ids),
            Rating.visit_id.is_not(None),
            Rating.supersedes_seq.is_(None),
            Rating.source.not_in(AWAY),
            Kiosk.id.is_(None) | Kiosk.desk_id.is_not(None),
        )
    )
    return {visit_id for visit_id in found if visit_id is not None}


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.upper().encode(errors="replace")).digest()


def get_invitation(session: Session, token: str, *, for_words: bool = False) -> Invitation:
    """Return an invitation whose time is not over, with its visit.

    Time: words may follow an answer for half an hour, also when the link's time ends meanwhile.
    Raises: InvitationNotFoundError; InvitationExpiredError.
    """
    invitation = session.scalar(
        select(Invitation)
        .where(Invitation.token_hash == _hash(token))
        .options(
            joinedload(Invitation.visit).joinedload(Visit.desk),
            joinedload(Invitation.visit).joinedload(Visit.procedure),
        )
    )
    if invitation is None:
        raise InvitationNotFoundError()
    now = clock.now()
    ends_at = invitation.expires_at
    if for_words and invitation.used_at is not None:
        ends_at = max(ends_at, invitation.used_at + TIME_FOR_WORDS)
    if ends_at <= now:
        life = invitation.expires_at - invitation.made_at
        raise InvitationExpiredError(hours=round(life / timedelta(hours=1)))
    return invitation


def rate_by_invitation(session: Session, token: str, answer: PhoneAnswer) -> RecordingOutcome:
    """Record the answer of a phone and spend the link, in one unit of work.

    Of two phones at the same moment one is answered, and the other told that the link is spent;
    the same answer sent again is *known*. A link whose visit was rated another way is spent too,
    so that nobody can fill the table of refusals with it.
    Raises: as ``get_invitation``; InvitationSpentError; VisitOpenError.
    """
    invitation = get_invitation(session, token)
    session.refresh(invitation, ["used_at"], with_for_update={"of": Invitation})
    known = session.scalar(select(Rating.seq).where(Rating.id == answer.rating_id))
    if invitation.used_at is not None and known is None:
        raise InvitationSpentError()
    if invitation.visit.closed_at is None:
        raise VisitOpenError(visit_id=invitation.visit_id)
    tapped_at = invitation.used_at or clock.now()
    tap = Tap(
        rating_id=answer.rating_id,
        desk_id=None,
        configuration_id=answer.configuration_id,
        scale_id=answer.scale_id,
        level=answer.level,
        tapped_at=tapped_at,
        is_timed_here=True,
        visit=invitation.visit.token,
        source=SOURCES[invitation.purpose],
        language=answer.language,
        layout=Layout.STACK,
    )
    outcome = record_ratings(session.connection(), [tap])[0]
    invitation.used_at = tapped_at
    session.flush()
    return outcome


def add_words(
    session: Session, token: str, words: CitizenWords, *, rating_id: uuid.UUID | None
) -> None:
    """Store what a citizen adds to the answer of a visit; each of both is stored once.

    Reasons belong only to an answer that was given through this link: ``rating_id`` is known only
    to the page that follows it.
    Raises: as ``get_invitation``; RatingNotFoundError while the visit is not rated.
    """
    invitation = get_invitation(session, token, for_words=True)
    answer = list_answer(session.connection(), invitation.visit_id)
    counting = session.scalar(select(Rating.id).where(Rating.seq == answer[-1])) if answer else None
    if counting is None:
        raise RatingNotFoundError(visit_id=invitation.visit_id)
    if rating_id is not None and words.reasons:
        record_reasons(
            session, ReasonsGiven(rating_id=rating_id, kiosk_id=None, reasons=words.reasons)
        )
    if words.comment:
        record_comment(session, counting, words.comment)
