"""Which visit a citizen in the lobby means: by the number of the ticket, or by the code on it.

Refuses a visit that is not finished, was finished more than an hour ago, or is rated already; and
a number that two visits bear, because nothing may be rated at a desk where nobody was.
"""

import hashlib
import hmac
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock
from satisfaction.errors import InvitationExpiredError, InvitationNotFoundError, VisitNotFoundError
from satisfaction.fleet import Device
from satisfaction.invitations import get_invitation
from satisfaction.links import INVITATION_PATH
from satisfaction.models import Desk, Visit
from satisfaction.screens import Question, ask_about
from satisfaction.terms import Outcome
from satisfaction.throttling import count_attempt, forget_failures
from satisfaction.visits import get_visit_by_token

TICKET_LIFE = timedelta(minutes=60)
LONGEST_WAIT = timedelta(minutes=1)
LONGEST_NUMBER = 6


class TicketState(StrEnum):
    """What can be said of a ticket."""

    FOUND = "found"
    UNKNOWN = "unknown"
    OPEN = "open"
    RATED = "rated"
    SEVERAL = "several"


@dataclass(frozen=True)
class Ticket:
    """What a number or a code led to; a question only if it may be answered."""

    state: TicketState
    question: Question | None = None


@dataclass(frozen=True)
class TicketAttempt:
    """What somebody typed or scanned at a kiosk, and the key that hides which kiosk it was."""

    typed: str
    device: Device
    key: bytes = field(repr=False)

    @property
    def throttle_key(self) -> bytes:
        """The key under which numbers that lead nowhere are counted."""
        return hmac.digest(self.key, f"lobby\0{self.device.kiosk_id}".encode(), hashlib.sha256)


def find_ticket(session: Session, attempt: TicketAttempt) -> Ticket:
    """Return what a number or a code leads to; one that leads nowhere is counted.

    The caller has to keep the unit of work either way. A code needs no counting: nobody guesses
    128 bits.
    Raises: SignInThrottledError after too many numbers that led nowhere.
    """
    unit_id = attempt.device.unit_id
    if INVITATION_PATH in attempt.typed.upper():
        return _find_by_code(session, unit_id, attempt.typed.strip())
    count_attempt(session, attempt.throttle_key, longest=LONGEST_WAIT)
    ticket = _find_by_number(session, unit_id, attempt.typed)
    if ticket.state is not TicketState.UNKNOWN:
        forget_failures(session, attempt.throttle_key)
    return ticket


def ask_about_visit(session: Session, device: Device, token: uuid.UUID) -> Question:
    """Return the question about a visit that was found at this kiosk just before.

    Raises: VisitNotFoundError for one that may not be rated here, or not any longer.
    """
    ticket = _judge(device.unit_id, [get_visit_by_token(session, token)])
    if ticket.question is None:
        raise VisitNotFoundError(token=token)
    return ticket.question


def _find_by_code(session: Session, unit_id: int, scanned: str) -> Ticket:
    word = scanned.upper().rsplit(INVITATION_PATH, 1)[-1]
    try:
        invitation = get_invitation(session, re.sub(r"[^A-Z2-7].*", "", word))
    except (InvitationNotFoundError, InvitationExpiredError):
        return Ticket(TicketState.UNKNOWN)
    return _judge(unit_id, [invitation.visit])


def _find_by_number(session: Session, unit_id: int, typed: str) -> Ticket:
    """Return the unit's visit whose ticket bears these digits, whatever letters are before them."""
    number = _digits(typed)
    oldest = clock.now() - TICKET_LIFE
    days = {clock.today(), clock.local_day(oldest)}
    desks = select(Desk.id).where(Desk.unit_id == unit_id)
    of_unit = select(Visit).where(Visit.desk_id.in_(desks), Visit.ticket_number != "")
    wanted = of_unit.options(joinedload(Visit.desk), joinedload(Visit.procedure))
    recent = session.scalars(
        wanted.where(or_(Visit.closed_day.in_(days), Visit.closed_at.is_(None)))
    )
    return _judge(unit_id, [visit for visit in recent if _digits(visit.ticket_number) == number])


def _digits(ticket: str) -> str:
    return re.sub(r"[^0-9]", "", ticket)[-LONGEST_NUMBER:].lstrip("0")


def _judge(unit_id: int, visits: Sequence[Visit]) -> Ticket:
    """Return the one visit that may be rated, or else why there is none."""
    oldest = clock.now() - TICKET_LIFE
    here = [visit for visit in visits if visit.unit_id == unit_id]
    recent = [visit for visit in here if _is_recent(visit, oldest)]
    fresh = [visit for visit in recent if visit.outcome is not Outcome.RATED]
    if len(fresh) > 1:
        return Ticket(TicketState.SEVERAL)
    if fresh:
        question = replace(ask_about(fresh[0]), desk=fresh[0].desk.name)
        return Ticket(TicketState.FOUND, question)
    if recent:
        return Ticket(TicketState.RATED)
    is_open = any(visit.closed_at is None for visit in here)
    return Ticket(TicketState.OPEN if is_open else TicketState.UNKNOWN)


def _is_recent(visit: Visit, oldest: datetime) -> bool:
    return visit.closed_at is not None and visit.closed_at > oldest
