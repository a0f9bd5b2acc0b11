"""Who gets which letters: of an officer's own accord, or as an administrator has set it.

Refuses a unit outside of the asker's, an address that is none, and to tell a reader more than the
reader's roles allow on the day itself.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.accounts import as_officer
from satisfaction.audit import record_deed
from satisfaction.digests import Reader
from satisfaction.errors import AddressInvalidError, NotFoundError
from satisfaction.models import Account, RefusedAddress, Subscription
from satisfaction.office import get_unit, name_of
from satisfaction.terms import AuditAction, Language, LetterKind, Permission
from satisfaction.text import sort_key

USUAL_HOUR = 18
# What may be told to who sees no single answers: which devices failed, and a month's release.
GUEST_KINDS = frozenset({LetterKind.DAILY, LetterKind.MONTHLY})
LONGEST_ADDRESS = 254
# The plain form of addresses (RFC 5321); nothing that a header or a mail server could misread.
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}",
    re.ASCII,
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a subscription is to be."""

    address: str
    unit_id: int
    kinds: frozenset[LetterKind]
    hour: int = USUAL_HOUR
    is_only_when_needed: bool = False
    language: Language = Language.VI
    account_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """A subscription as it is shown."""

    id: int
    address: str
    unit_id: int
    unit_name: str
    account_name: str
    kinds: frozenset[LetterKind]
    hour: int
    is_only_when_needed: bool
    language: Language
    refused: str


def plain_address(text: str) -> str:
    """Return an address as it is kept, in small letters.

    Raises: AddressInvalidError for what is no plain address.
    """
    address = text.strip().lower()
    local = address.partition("@")[0]
    if len(address) > LONGEST_ADDRESS or len(local) > 64 or not _ADDRESS.fullmatch(address):
        raise AddressInvalidError(address=text)
    return address


def subscribe(
    session: Session, scope: Set[int], wanted: Wanted, *, by_id: int | None = None
) -> Subscription:
    """Have an address get the letters of a unit; the same pair again is changed.

    Writes: subscription, audit_entry.
    Raises: NotFoundError for a unit outside of these; AddressInvalidError.
    """
    if wanted.unit_id not in scope or not 0 <= wanted.hour <= 23:
        raise NotFoundError(unit_id=wanted.unit_id)
    address = plain_address(wanted.address)
    found = session.scalar(
        select(Subscription).where(
            Subscription.address == address, Subscription.unit_id == wanted.unit_id
        )
    )
    if found is None:
        found = Subscription(address=address, unit_id=wanted.unit_id)
        session.add(found)
    if found.created_at is None or found.ended_at is not None:
        found.created_at = clock.now()
    found.account_id = wanted.account_id
    found.is_daily = LetterKind.DAILY in wanted.kinds
    found.is_weekly = LetterKind.WEEKLY in wanted.kinds
    found.is_monthly = LetterKind.MONTHLY in wanted.kinds
    found.hour = wanted.hour
    found.is_only_when_needed = wanted.is_only_when_needed
    found.language = wanted.language
    found.created_by_id = by_id
    found.ended_at = None if wanted.kinds else clock.now()
    session.flush()
    _log(session, found, by_id, kinds=sorted(wanted.kinds), hour=wanted.hour)
    return found


def end_subscription(
    session: Session, subscription_id: int, *, scope: Set[int] | None, by_id: int | None = None
) -> Subscription:
    """Stop the letters of one subscription; a second time changes nothing.

    ``scope`` is None for the reader's own signed link, which needs nobody to be signed in.
    Writes: subscription, audit_entry.
    Raises: NotFoundError.
    """
    found = session.get(Subscription, subscription_id)
    if found is None or (scope is not None and found.unit_id not in scope):
        raise NotFoundError(subscription_id=subscription_id)
    if found.ended_at is None:
        found.ended_at = clock.now()
        _log(session, found, by_id, ended=True)
    return found


def end_own(session: Session, subscription_id: int, *, account_id: int) -> None:
    """Stop one's own letters, also those of a unit that one no longer sees.

    Raises: NotFoundError for anybody else's.
    """
    found = session.get(Subscription, subscription_id)
    if found is None or found.account_id != account_id:
        raise NotFoundError(subscription_id=subscription_id)
    end_subscription(session, subscription_id, scope=None, by_id=account_id)


def clear_refusal(session: Session, scope: Set[int], subscription_id: int) -> None:
    """Have an address be tried again that a mail server had refused.

    Writes: refused_address. Raises: NotFoundError.
    """
    found = session.get(Subscription, subscription_id)
    if found is None or found.unit_id not in scope:
        raise NotFoundError(subscription_id=subscription_id)
    refused = session.get(RefusedAddress, found.address)
    if refused is not None:
        session.delete(refused)


def _log(session: Session, found: Subscription, by_id: int | None, **detail: object) -> None:
    record_deed(
        session,
        AuditAction.SUBSCRIPTION_CHANGED,
        account_id=by_id,
        unit_id=found.unit_id,
        detail={"subscription": found.id, **detail},
    )


def list_subscribers(
    session: Session, *, scope: Set[int] | None = None, account_id: int | None = None
) -> Sequence[Subscriber]:
    """Return the live subscriptions of these units, or of one account."""
    query = (
        select(Subscription, Account.display_name, RefusedAddress)
        .outerjoin(Account, Account.id == Subscription.account_id)
        .outerjoin(RefusedAddress, RefusedAddress.address == Subscription.address)
        .where(Subscription.ended_at.is_(None))
    )
    if scope is not None:
        query = query.where(Subscription.unit_id.in_(scope))
    if account_id is not None:
        query = query.where(Subscription.account_id == account_id)
    today = clock.today()
    found = [
        Subscriber(
            id=one.id,
            address=one.address,
            unit_id=one.unit_id,
            unit_name=name_of(get_unit(session, one.unit_id), today).name,
            account_name=name or "",
            kinds=kinds_of(one),
            hour=one.hour,
            is_only_when_needed=one.is_only_when_needed,
            language=one.language,
            refused=f"{refused.code or ''} {refused.detail}".strip() if refused else "",
        )
        for one, name, refused in session.execute(query)
    ]
    return sorted(found, key=lambda one: (sort_key(one.unit_name), one.address))


def usual_address(session: Session, account_id: int) -> str:
    """Return the address that an officer most likely means; empty where none is known.

    That of the letters that come now, then the account's own that an administrator vouched for,
    then where letters once went, then what the officer wrote into the profile.
    """
    account = session.get_one(Account, account_id)
    rows = session.execute(
        select(Subscription.address, Subscription.ended_at)
        .where(Subscription.account_id == account_id)
        .order_by(Subscription.created_at.desc(), Subscription.id.desc())
    ).all()
    known = [
        *[address for address, ended_at in rows if ended_at is None],
        account.email if account.is_email_vouched else None,
        *[address for address, _ in rows],
        account.email,
    ]
    return next((one for one in known if one), "")


def kinds_of(subscription: Subscription) -> frozenset[LetterKind]:
    """Return the letters that a subscription asks for, and that there are for its reader."""
    asked = {
        LetterKind.DAILY: subscription.is_daily,
        LetterKind.WEEKLY: subscription.is_weekly,
        LetterKind.MONTHLY: subscription.is_monthly,
    }
    kinds = frozenset(kind for kind, is_asked in asked.items() if is_asked)
    return kinds if subscription.account_id is not None else kinds & GUEST_KINDS


def find_reader(session: Session, subscription: Subscription) -> Reader | None:
    """Return what a reader may see today; None for one who may see nothing of the unit.

    Somebody without an account sees no single answers: only devices, and what is released.
    """
    if subscription.ended_at is not None:
        return None
    reasons = allegations = system = False
    if subscription.account_id is not None:
        account = session.get_one(Account, subscription.account_id)
        officer = as_officer(session, account, clock.today())
        unit_id = subscription.unit_id
        if account.disabled_at is not None or unit_id not in officer.scope(Permission.SEE_COUNTS):
            return None
        reasons = unit_id in officer.scope(Permission.SEE_VOICES)
        allegations = unit_id in officer.scope(Permission.SEE_ALLEGATIONS)
        system = officer.may(Permission.MANAGE_SYSTEM)
    return Reader(
        address=subscription.address,
        subscription_id=subscription.id,
        sees_reasons=reasons,
        sees_allegations=allegations,
        has_account=subscription.account_id is not None,
        hour=subscription.hour,
        sees_system=system,
    )
