"""Accounts as their administrators see to them: who there is, what they may do, their way in.

Refuses accounts outside the administrator's units, and any change to one that holds more than the
administrator may give. A way in is shown once and kept as a hash.
"""

import re
import secrets
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.accounts import (
    Officer,
    find_account,
    grant_role,
    hash_password,
    plain_name,
    put_password,
)
from satisfaction.audit import record_deed
from satisfaction.codes import hash_code, make_code
from satisfaction.errors import (
    AccountExistsError,
    AccountNotFoundError,
    LastAdministratorError,
    PermissionDeniedError,
    StartCodeRefusedError,
)
from satisfaction.models import Account, Grant
from satisfaction.office import get_unit, name_of
from satisfaction.reviews import is_review_due
from satisfaction.rights import (
    belongs_to,
    is_over_all,
    list_units_to_give,
    may_change,
    open_grants,
)
from satisfaction.second_factors import remove_factor
from satisfaction.sign_ins import end_sessions
from satisfaction.terms import AuditAction, Permission, Role
from satisfaction.text import clean, search_form, sort_key
from satisfaction.throttling import count_attempt, forget_failures

START_CODE_LIFE = timedelta(days=7)
NAME_SHAPE = re.compile(r"[a-z0-9](?:[a-z0-9._\-]{0,58}[a-z0-9])?")


@dataclass(frozen=True)
class RoleLine:
    """A role of an account within a unit, and whether the administrator may end it."""

    grant_id: int
    role: Role
    unit_name: str
    from_day: date
    until_day: date | None
    may_end: bool = False


@dataclass(frozen=True)
class Person:
    """One account in the list."""

    account_id: int
    name: str
    display_name: str
    email: str
    roles: tuple[RoleLine, ...]
    last_sign_in_at: datetime | None
    is_disabled: bool
    has_second_factor: bool
    awaits_start: bool
    is_review_due: bool
    reviewed_at: datetime | None


@dataclass(frozen=True)
class PersonSheet:
    """One account, and what the administrator may do with it."""

    person: Person
    subject: str
    language: str
    may_change: bool
    roles_to_give: tuple[Role, ...]
    units_to_give: tuple[tuple[int, str], ...]


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """What is known of somebody who is to have an account."""

    name: str
    display_name: str
    unit_id: int
    email: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class NewRole:
    """A role that is to be given: within which unit, from which day, until which (excluded)."""

    role: Role
    unit_id: int
    from_day: date
    until_day: date | None = None


def list_people(
    session: Session, scope: Set[int], *, words: str = "", only_due: bool = False
) -> Sequence[Person]:
    """Return the accounts of these units whose name has these words, whatever their marks."""
    today, wanted = clock.today(), search_form(words)
    known = frozenset(scope)
    people = [
        _as_person(session, account, known, today)
        for account in session.scalars(select(Account))
        if belongs_to(account, known)
    ]
    found = [
        one
        for one in people
        if wanted in search_form(f"{one.name} {one.display_name} {one.email}")
        and (one.is_review_due or not only_due)
    ]
    return sorted(found, key=lambda one: (one.is_disabled, sort_key(one.display_name), one.name))


def _as_person(
    session: Session,
    account: Account,
    scope: frozenset[int],
    today: date,
    giver: Account | None = None,
) -> Person:
    given = list_units_to_give(session, giver, today) if giver else {}
    lines = tuple(
        RoleLine(
            grant_id=one.id,
            role=one.role,
            unit_name=_name(session, one.unit_id, today),
            from_day=one.from_day,
            until_day=one.until_day,
            may_end=one.unit_id in given.get(one.role, frozenset()),
        )
        for one in sorted(open_grants(account, today), key=lambda one: (one.from_day, one.id))
        if one.unit_id in scope
    )
    return Person(
        account_id=account.id,
        name=account.name,
        display_name=account.display_name,
        email=account.email or "",
        roles=lines,
        last_sign_in_at=account.last_sign_in_at,
        is_disabled=account.disabled_at is not None,
        has_second_factor=account.has_second_factor,
        awaits_start=account.start_hash is not None,
        is_review_due=is_review_due(account, clock.now()),
        reviewed_at=account.reviewed_at,
    )


def _name(session: Session, unit_id: int, day: date) -> str:
    return name_of(get_unit(session, unit_id), day).name


def read_person(session: Session, officer: Officer, account_id: int) -> PersonSheet:
    """Return an account and what an officer may do with it.

    Raises: AccountNotFoundError for one outside of what the officer may see.
    """
    today = clock.today()
    scope = officer.scope(Permission.READ_PEOPLE)
    account = _find_within(session, scope, account_id)
    giver = session.get_one(Account, officer.account_id)
    is_own = account.id == officer.account_id
    given = {} if is_own else list_units_to_give(session, giver, today)
    units = frozenset().union(*given.values()) if given else frozenset()
    return PersonSheet(
        person=_as_person(session, account, scope, today, None if is_own else giver),
        subject=account.subject or "",
        language=account.language or "",
        may_change=may_change(session, officer, account, day=today),
        roles_to_give=tuple(role for role in Role if role in given),
        units_to_give=list_unit_choices(session, units),
    )


def list_unit_choices(session: Session, unit_ids: Set[int]) -> tuple[tuple[int, str], ...]:
    """Return units by their names of today, sorted."""
    today = clock.today()
    choices = [(unit_id, _name(session, unit_id, today)) for unit_id in unit_ids]
    return tuple(sorted(choices, key=lambda one: sort_key(one[1])))


def _find_within(session: Session, scope: Set[int], account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None or not belongs_to(account, frozenset(scope)):
        raise AccountNotFoundError(name=account_id)
    return account


def invite_person(session: Session, officer: Officer, new: NewPerson) -> tuple[Account, str]:
    """Make an account that opens nothing yet, and return the code for its first sign-in.

    Writes: account, audit_entry.
    Raises: PermissionDeniedError for a unit that is not the officer's; AccountExistsError.
    """
    if new.unit_id not in officer.scope(Permission.MANAGE_PEOPLE):
        raise PermissionDeniedError()
    if find_account(session, new.name) is not None:
        raise AccountExistsError(name=plain_name(new.name))
    account = Account(
        name=plain_name(new.name),
        display_name=clean(new.display_name),
        password_hash=hash_password(secrets.token_hex(16)),
        created_at=clock.now(),
        unit_id=new.unit_id,
        email=new.email or None,
        is_email_vouched=bool(new.email),
        language=new.language or None,
    )
    session.add(account)
    session.flush()
    record_deed(
        session,
        AuditAction.ACCOUNT_CREATED,
        account_id=officer.account_id,
        unit_id=new.unit_id,
        detail={"account": account.name},
    )
    return account, _put_start_code(account)


def _put_start_code(account: Account) -> str:
    code = make_code()
    account.start_hash = hash_code(code)
    account.start_expires_at = clock.now() + START_CODE_LIFE
    return code


def get_changeable(session: Session, officer: Officer, account_id: int) -> Account:
    """Return an account that an officer may change.

    Raises: AccountNotFoundError outside the officer's units; PermissionDeniedError for one's own,
    and for one that holds more than the officer may give.
    """
    account = _find_within(session, officer.scope(Permission.MANAGE_PEOPLE), account_id)
    if not may_change(session, officer, account, day=clock.today()):
        raise PermissionDeniedError()
    return account


def renew_start(session: Session, officer: Officer, account_id: int) -> tuple[Account, str]:
    """Return a code for a new password; the old one and every session end. A factor stays.

    Writes: account, sign_in, audit_entry.
    """
    account = get_changeable(session, officer, account_id)
    return account, reset_way_in(session, account, reset_by_id=officer.account_id)


def reset_way_in(session: Session, account: Account, *, reset_by_id: int | None) -> str:
    """Return a code for a new password, whoever asks for it; the way in until now ends."""
    account.password_hash = hash_password(secrets.token_hex(16))
    end_sessions(session, account.id, ended_by_id=reset_by_id)
    _record_change(session, account, "start_code", changed_by_id=reset_by_id)
    return _put_start_code(account)


def start_with_code(session: Session, typed: str, password: str, *, throttle_key: bytes) -> None:
    """Set the first password with a code, which is spent by it.

    Writes: account, sign_in_throttle, audit_entry.
    Raises: StartCodeRefusedError for a code that is unknown, used or expired, one answer for all
    three; PasswordRefusedError.
    """
    account = session.scalar(
        select(Account).where(
            Account.start_hash == hash_code(typed),
            Account.start_expires_at > clock.now(),
            Account.disabled_at.is_(None),
        )
    )
    if account is None:
        raise StartCodeRefusedError()
    put_password(account, password)
    forget_failures(session, throttle_key)
    record_deed(session, AuditAction.PASSWORD_SET, account_id=account.id)


def record_wrong_start(session: Session, network: str) -> None:
    """Log that somebody tried a first code that is unknown, used or expired.

    Writes: audit_entry.
    """
    detail = {"start_code": True}
    record_deed(session, AuditAction.SIGN_IN_FAILED, network=network, detail=detail)


def count_start(session: Session, throttle_key: bytes) -> None:
    """Count an attempt with a first code before it is tried.

    Writes: sign_in_throttle.
    Raises: SignInThrottledError.
    """
    count_attempt(session, throttle_key)


def change_person(
    session: Session, officer: Officer, account_id: int, *, display_name: str, email: str
) -> None:
    """Set how an account is shown and the e-mail that the administrator vouches for.

    Writes: account, audit_entry.
    """
    account = get_changeable(session, officer, account_id)
    account.display_name = clean(display_name)
    account.email, account.is_email_vouched = email or None, bool(email)
    _record_change(session, account, "profile", changed_by_id=officer.account_id)


def _record_change(
    session: Session, account: Account, what: str, *, changed_by_id: int | None
) -> None:
    record_deed(
        session,
        AuditAction.ACCOUNT_CHANGED,
        account_id=changed_by_id,
        unit_id=account.unit_id,
        detail={"account": account.name, "changed": what},
    )


def take_factor(session: Session, officer: Officer, account_id: int) -> None:
    """Take a second factor away from somebody who lost phone and recovery codes.

    Writes: account, recovery_code, sign_in, audit_entry.
    """
    account = get_changeable(session, officer, account_id)
    remove_factor(session, account.id, removed_by_id=officer.account_id)
    end_sessions(session, account.id, ended_by_id=officer.account_id)


def disable_person(session: Session, officer: Officer, account_id: int) -> None:
    """Close an account; its sessions end, and what it did stays in the log.

    Writes: account, sign_in, audit_entry.
    Raises: LastAdministratorError for the last one who runs the system.
    """
    account = get_changeable(session, officer, account_id)
    close_account(session, account, closed_by_id=officer.account_id)


def close_account(
    session: Session, account: Account, *, closed_by_id: int | None, reason: str = ""
) -> None:
    """Disable an account, whoever asks for it.

    Raises: LastAdministratorError.
    """
    if account.disabled_at is not None:
        return
    _keep_one_administrator(session, account)
    account.disabled_at = clock.now()
    end_sessions(session, account.id, ended_by_id=closed_by_id)
    record_deed(
        session,
        AuditAction.ACCOUNT_DISABLED,
        account_id=closed_by_id,
        unit_id=account.unit_id,
        detail={"account": account.name} | ({"reason": reason} if reason else {}),
    )


def _keep_one_administrator(session: Session, account: Account) -> None:
    """Refuse what would leave nobody to run the system."""
    today = clock.today()
    if not is_over_all(account, today):
        return
    others = session.scalars(
        select(Account)
        .join(Grant, Grant.account_id == Account.id)
        .where(
            Grant.role == Role.SYSTEM_ADMINISTRATOR,
            Account.id != account.id,
            Account.disabled_at.is_(None),
        )
    )
    if not any(is_over_all(one, today) for one in others):
        raise LastAdministratorError(name=account.name)


def enable_person(session: Session, officer: Officer, account_id: int) -> None:
    """Open an account again.

    Writes: account, audit_entry.
    """
    account = get_changeable(session, officer, account_id)
    open_account(session, account, opened_by_id=officer.account_id)


def open_account(session: Session, account: Account, *, opened_by_id: int | None) -> None:
    """Open an account again, whoever asks for it."""
    account.disabled_at, account.enabled_at = None, clock.now()
    record_deed(
        session,
        AuditAction.ACCOUNT_ENABLED,
        account_id=opened_by_id,
        unit_id=account.unit_id,
        detail={"account": account.name},
    )


def confirm_person(session: Session, officer: Officer, account_id: int) -> None:
    """Write down that an account is still needed.

    Writes: account, audit_entry.
    """
    account = get_changeable(session, officer, account_id)
    account.reviewed_at = clock.now()
    record_deed(
        session,
        AuditAction.ACCOUNT_REVIEWED,
        account_id=officer.account_id,
        unit_id=account.unit_id,
        detail={"account": account.name},
    )


def give_role(session: Session, officer: Officer, account_id: int, *, new: NewRole) -> Grant:
    """Give an account a role, as far as the table of rights goes.

    Writes: role_grant, audit_entry.
    Raises: AccountNotFoundError; PermissionDeniedError for oneself, and for more than the officer
    may give.
    """
    account = _find_within(session, officer.scope(Permission.MANAGE_PEOPLE), account_id)
    _refuse_beyond(session, officer, account, new.role, new.unit_id)
    return grant_role(
        session,
        account,
        new.role,
        unit=get_unit(session, new.unit_id),
        from_day=new.from_day,
        until_day=new.until_day,
        granted_by_id=officer.account_id,
    )


def _refuse_beyond(
    session: Session, officer: Officer, account: Account, role: Role, unit_id: int
) -> None:
    giver = session.get_one(Account, officer.account_id)
    given = list_units_to_give(session, giver, clock.today())
    if account.id == officer.account_id or unit_id not in given.get(role, frozenset()):
        raise PermissionDeniedError()


def end_role(session: Session, officer: Officer, account_id: int, *, grant_id: int) -> None:
    """End a role today; the account's sessions end, so that nothing is seen on with it.

    A role that would only begin, or began today, is taken back whole.
    Writes: role_grant, sign_in, audit_entry.
    Raises: AccountNotFoundError; PermissionDeniedError; LastAdministratorError.
    """
    account = _find_within(session, officer.scope(Permission.MANAGE_PEOPLE), account_id)
    grant = next((one for one in account.grants if one.id == grant_id), None)
    today = clock.today()
    if grant is None or grant.unit_id not in officer.scope(Permission.MANAGE_PEOPLE):
        raise AccountNotFoundError(name=account_id)
    _refuse_beyond(session, officer, account, grant.role, grant.unit_id)
    if grant.role is Role.SYSTEM_ADMINISTRATOR:
        _keep_one_administrator(session, account)
    if grant.from_day >= today:
        account.grants.remove(grant)
        session.delete(grant)
    else:
        grant.until_day = today
    session.flush()
    record_deed(
        session,
        AuditAction.ROLE_ENDED,
        account_id=officer.account_id,
        unit_id=grant.unit_id,
        detail={"account": account.name, "role": grant.role},
    )
    end_sessions(session, account.id, ended_by_id=officer.account_id)
