"""The outbox: lease one letter, send it outside of any transaction, write down what came of it.

Refuses to promise more than can be kept: planned once, delivered at least once, always with the
same identity. What dies between handing over and the answer is uncertain, and is repeated.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.bounces import Bounce
from satisfaction.digests import holds_more
from satisfaction.errors import BounceUnknownError, NotFoundError
from satisfaction.models import Delivery, Letter, RefusedAddress, Subscription
from satisfaction.office import get_unit, name_of
from satisfaction.subscriptions import find_reader
from satisfaction.terms import AuditAction, DeliveryState, LetterKind

LEASE = timedelta(minutes=5)
FURTHEST_TRY = timedelta(hours=9)
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240, 480))
LONGEST_PROBLEM = 300
ADDRESS_REFUSED = "address refused"
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_WAITING = (DeliveryState.PLANNED, DeliveryState.UNCERTAIN)


class Outcome(StrEnum):
    """What a mail server made of a letter.

    ``refused`` is for good, ``later`` is worth another try, ``uncertain`` had no answer after the
    text was handed over.
    """

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    REFUSED_ADDRESS = "refused_address"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Answer:
    """What became of one try, with the server's own words."""

    outcome: Outcome
    code: int = 0
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class HeldDelivery:
    """A letter that this process sends until its lease ends."""

    id: int
    token: str
    address: str
    language: str
    subject: str
    plain: str
    html: str
    message_id: str
    unit_name: str
    subscription_id: int
    planned_at: datetime
    file: bytes | None
    file_name: str


def _due(now: datetime) -> ColumnElement[bool]:
    waits = and_(
        Delivery.state.in_(_WAITING),
        or_(Delivery.next_try_at <= now, Delivery.next_try_at > now + FURTHEST_TRY),
    )
    abandoned = and_(
        Delivery.state == DeliveryState.SENDING,
        or_(Delivery.lease_until <= now, Delivery.lease_until > now + 2 * LEASE),
    )
    return or_(waits, abandoned)


def has_waiting(session: Session) -> bool:
    """Say whether some letter may be sent now; asked without the right to write."""
    return session.scalar(select(Delivery.id).where(_due(clock.now())).limit(1)) is not None


def take_delivery(session: Session, *, per_minute: int) -> HeldDelivery | None:
    """Lease the letter that has waited longest; None where none waits or the limit is reached.

    A letter whose reader may not see it any more is withheld, and the next one is looked at.
    Writes: letter_delivery.
    """
    now = clock.now()
    tried = select(func.count()).where(
        Delivery.tried_at > now - timedelta(minutes=1), Delivery.tried_at <= now
    )
    if (session.scalar(tried) or 0) >= per_minute:
        return None
    while True:
        found = session.scalar(
            select(Delivery)
            .where(_due(now))
            .order_by(Delivery.next_try_at, Delivery.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if found is None:
            return None
        if _may_be_sent(session, found):
            return _hold(session, found)
        session.flush()


def _may_be_sent(session: Session, found: Delivery) -> bool:
    """Withhold what may not be sent, and give up what was tried for too long."""
    if found.handed_at is not None:
        # Whoever held it died before the server's answer was written down.
        found.repeats += 1
        found.handed_at = None
    if session.get(RefusedAddress, found.address) is not None:
        found.state, found.problem = DeliveryState.FAILED, ADDRESS_REFUSED
        return False
    if clock.now() >= found.give_up_at:
        found.state = DeliveryState.FAILED
        return False
    subscription = session.get_one(Subscription, found.subscription_id)
    reader = find_reader(session, subscription)
    if reader is None or holds_more(found.figures, reader):
        found.state = DeliveryState.WITHHELD
        return False
    return True


def _hold(session: Session, found: Delivery) -> HeldDelivery:
    now = clock.now()
    found.state = DeliveryState.SENDING
    found.tries += 1
    found.tried_at = now
    found.lease_until = now + LEASE
    found.lease_token = secrets.token_hex(16)
    letter = session.get_one(Letter, found.letter_id)
    unit = get_unit(session, letter.unit_id)
    has_file = _has_file(found)
    session.flush()
    return HeldDelivery(
        id=found.id,
        token=found.lease_token,
        address=found.address,
        language=found.language.value,
        subject=found.subject,
        plain=found.plain,
        html=found.html,
        message_id=found.message_id,
        unit_name=name_of(unit, letter.first_day).name,
        subscription_id=found.subscription_id,
        planned_at=found.planned_at,
        file=letter.file if has_file else None,
        file_name=letter.file_name if has_file else "",
    )


def _has_file(found: Delivery) -> bool:
    """Say whether the report goes with a letter: it has single answers, as the letter then has."""
    return not found.figures.get("guest")


def hand_over(session: Session, held: HeldDelivery) -> bool:
    """Write down that the text goes to the server now; False where the lease was lost.

    Writes: letter_delivery. Time: from here until ``finish_delivery`` a death may repeat it.
    """
    found = session.get_one(Delivery, held.id, with_for_update=True)
    if found.lease_token != held.token:
        return False
    found.handed_at = clock.now()
    return True


def finish_delivery(session: Session, held: HeldDelivery, answer: Answer) -> None:
    """Write down what a mail server made of a letter; nothing where the lease was lost.

    Writes: letter_delivery, refused_address.
    """
    found = session.get_one(Delivery, held.id, with_for_update=True)
    if found.lease_token != held.token:
        return
    now = clock.now()
    found.lease_token = found.lease_until = found.handed_at = None
    found.problem = _say(answer)
    if answer.outcome is Outcome.SENT:
        found.state, found.sent_at = DeliveryState.SENT, now
    elif answer.outcome in {Outcome.REFUSED, Outcome.REFUSED_ADDRESS}:
        found.state = DeliveryState.FAILED
        if answer.outcome is Outcome.REFUSED_ADDRESS:
            _refuse_address(session, found.address, answer)
    else:
        found.next_try_at = now + PAUSES[min(found.tries, len(PAUSES)) - 1]
        found.state = DeliveryState.PLANNED
        if answer.outcome is Outcome.UNCERTAIN:
            found.state = DeliveryState.UNCERTAIN
            found.repeats += 1


def _say(answer: Answer) -> str:
    if answer.outcome is Outcome.SENT:
        return ""
    return f"{answer.code or ''} {answer.detail}".strip()[:LONGEST_PROBLEM]


def _refuse_address(session: Session, address: str, answer: Answer) -> None:
    insert = _INSERT[session.get_bind().dialect.name](RefusedAddress)
    values = {
        "address": address,
        "refused_at": clock.now(),
        "code": answer.code,
        "detail": answer.detail[:LONGEST_PROBLEM],
    }
    session.execute(insert.values(values).on_conflict_do_nothing())


class Returned(StrEnum):
    """What a report about a letter led to; ``ignored`` is one that is not for good."""

    ADDRESS_REFUSED = "address_refused"
    LETTER_REFUSED = "letter_refused"
    KNOWN = "known"
    IGNORED = "ignored"


def record_bounce(session: Session, bounce: Bounce) -> Returned:
    """Write down that a letter came back after a server had taken it; a second time nothing.

    Writes: letter_delivery, refused_address.
    Raises: BounceUnknownError for a letter, or a recipient of it, that never was.
    """
    found = session.scalar(
        select(Delivery).where(Delivery.message_id == bounce.message_id).with_for_update()
    )
    if found is None or found.address not in bounce.addresses:
        raise BounceUnknownError(message_id=bounce.message_id)
    if not bounce.is_permanent:
        return Returned.IGNORED
    answer = Answer(Outcome.REFUSED, bounce.code, bounce.detail)
    if (found.state, found.problem) == (DeliveryState.FAILED, _say(answer)):
        return Returned.KNOWN
    found.state, found.problem = DeliveryState.FAILED, _say(answer)
    found.lease_token = found.lease_until = found.handed_at = None
    if not bounce.blames_address:
        return Returned.LETTER_REFUSED
    _refuse_address(session, found.address, answer)
    return Returned.ADDRESS_REFUSED


def send_again(
    session: Session, scope: frozenset[int], delivery_id: int, *, reason: str, account_id: int
) -> None:
    """Have a letter be sent once more as it was written, with the same identity.

    Writes: letter_delivery, audit_entry.
    Raises: NotFoundError for a letter of any other unit.
    """
    found = session.get(Delivery, delivery_id, with_for_update=True)
    letter = session.get_one(Letter, found.letter_id) if found else None
    if found is None or letter is None or letter.unit_id not in scope:
        raise NotFoundError(delivery_id=delivery_id)
    now = clock.now()
    found.state, found.problem = DeliveryState.PLANNED, ""
    found.tries, found.next_try_at = 0, now
    found.give_up_at = now + timedelta(hours=72)
    found.lease_token = found.lease_until = found.handed_at = None
    record_deed(
        session,
        AuditAction.LETTER_SENT_AGAIN,
        account_id=account_id,
        unit_id=letter.unit_id,
        detail={"letter": letter.id, "delivery": found.id, "reason": reason},
    )


@dataclass(frozen=True, kw_only=True)
class KeptLetter:
    """A letter in the archive, as it was sent."""

    id: int
    kind: LetterKind
    unit_id: int
    unit_name: str
    first_day: date
    end_day: date
    address: str
    planned_at: datetime
    sent_at: datetime | None
    state: DeliveryState
    tries: int
    repeats: int
    problem: str
    subject: str
    plain: str
    file_name: str
    has_reasons: bool
    has_allegations: bool


def list_letters(
    session: Session, scope: frozenset[int] | None, *, most: int = 100
) -> Sequence[KeptLetter]:
    """Return the newest letters of these units, or of all."""
    query = (
        select(Delivery, Letter)
        .join(Letter, Letter.id == Delivery.letter_id)
        .order_by(Delivery.planned_at.desc(), Delivery.id.desc())
        .limit(most)
    )
    if scope is not None:
        query = query.where(Letter.unit_id.in_(scope))
    return [_as_kept(session, one, letter) for one, letter in session.execute(query)]


def get_letter(session: Session, scope: frozenset[int], delivery_id: int) -> KeptLetter:
    """Return one letter of these units.

    Raises: NotFoundError.
    """
    found = session.get(Delivery, delivery_id)
    letter = session.get(Letter, found.letter_id) if found else None
    if found is None or letter is None or letter.unit_id not in scope:
        raise NotFoundError(delivery_id=delivery_id)
    return _as_kept(session, found, letter)


def _as_kept(session: Session, one: Delivery, letter: Letter) -> KeptLetter:
    return KeptLetter(
        id=one.id,
        kind=letter.kind,
        unit_id=letter.unit_id,
        unit_name=name_of(get_unit(session, letter.unit_id), letter.first_day).name,
        first_day=letter.first_day,
        end_day=letter.end_day,
        address=one.address,
        planned_at=one.planned_at,
        sent_at=one.sent_at,
        state=one.state,
        tries=one.tries,
        repeats=one.repeats,
        problem=one.problem,
        subject=one.subject,
        plain=one.plain,
        file_name=letter.file_name if _has_file(one) else "",
        has_reasons=bool(one.figures.get("reasons")),
        has_allegations=bool(one.figures.get("allegations")),
    )


def count_states(session: Session) -> Mapping[DeliveryState, int]:
    """Return how many letters stand where."""
    rows = session.execute(select(Delivery.state, func.count()).group_by(Delivery.state))
    return {row[0]: row[1] for row in rows}


def oldest_waiting(session: Session) -> datetime | None:
    """Return since when the letter that has waited longest has been planned."""
    unsent = (*_WAITING, DeliveryState.SENDING)
    found: datetime | None = session.scalar(
        select(Delivery.planned_at)
        .where(Delivery.state.in_(unsent))
        .order_by(Delivery.planned_at)
        .limit(1)
    )
    return found
