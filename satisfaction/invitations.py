"""One-time links that let one visit be rated from the citizen's own phone.

Refuses to keep a link: only its hash is stored. A visit counts one rating whatever way it came,
so a link for a rated visit opens only the place for further words.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock
from satisfaction.errors import InvitationExpiredError, InvitationNotFoundError
from satisfaction.models import Invitation, Visit
from satisfaction.terms import InvitationPurpose

TOKEN_BYTES = 16
DEFAULT_LIFE = timedelta(hours=24)


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
    life: timedelta = DEFAULT_LIFE,
) -> NewInvitation:
    """Invite the citizen of a visit.

    Shape: 26 signs of A–Z and 2–7, 128 random bits, so that a small QR symbol can hold the link.
    """
    token = base64.b32encode(secrets.token_bytes(TOKEN_BYTES)).decode().rstrip("=")
    invitation = Invitation(
        token_hash=_hash(token),
        visit_id=visit_id,
        purpose=purpose,
        made_at=clock.now(),
        expires_at=clock.now() + life,
    )
    session.add(invitation)
    session.flush()
    return NewInvitation(invitation, token)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.upper().encode()).digest()


def get_invitation(session: Session, token: str) -> Invitation:
    """Return a live invitation with its visit.

    Raises: InvitationNotFoundError; InvitationExpiredError after its time or its use.
    """
    invitation = session.scalar(
        select(Invitation)
        .where(Invitation.token_hash == _hash(token))
        .options(joinedload(Invitation.visit).joinedload(Visit.desk))
    )
    if invitation is None:
        raise InvitationNotFoundError()
    if invitation.used_at is not None or invitation.expires_at <= clock.now():
        raise InvitationExpiredError()
    return invitation


def use_invitation(session: Session, token: str) -> Invitation:
    """Spend an invitation, once, within the unit of work of what it allows.

    Raises: as ``get_invitation``; of two at the same moment one is told it is spent.
    """
    invitation = get_invitation(session, token)
    locked = session.scalar(
        select(Invitation)
        .where(Invitation.id == invitation.id, Invitation.used_at.is_(None))
        .with_for_update()
    )
    if locked is None:
        raise InvitationExpiredError()
    locked.used_at = clock.now()
    session.flush()
    return locked
