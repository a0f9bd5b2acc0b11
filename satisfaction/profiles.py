"""What officers see to for themselves: password, second factor, sessions, language, e-mail.

Refuses to change how an account is entered for somebody who only sits at its open session: the
password or a code is asked for again, and wrong ones are slowed down as at sign-in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.accounts import ADMINISTRATORS, put_password
from satisfaction.audit import record_deed
from satisfaction.errors import CodeRefusedError, PermissionDeniedError
from satisfaction.models import Account
from satisfaction.office import get_unit, name_of
from satisfaction.second_factors import (
    accept_code,
    confirm_factor,
    count_recovery_codes,
    remove_factor,
    renew_recovery_codes,
)
from satisfaction.sign_ins import Claim, end_sessions, throttle_key
from satisfaction.terms import AuditAction, Role
from satisfaction.throttling import count_attempt, forget_failures

LONGEST_EMAIL = 254


@dataclass(frozen=True)
class HeldRole:
    """A role that is held now or will be, where, and until which day (excluded)."""

    role: Role
    unit_name: str
    from_day: date
    until_day: date | None


@dataclass(frozen=True)
class Profile:
    """An officer's own account, as the officer is shown it."""

    name: str
    display_name: str
    email: str
    is_email_vouched: bool
    language: str
    has_second_factor: bool
    must_have_factor: bool
    must_set_password: bool
    recovery_codes_left: int
    roles: tuple[HeldRole, ...]


def read_profile(session: Session, account_id: int) -> Profile:
    """Return what an officer may see of the own account."""
    account = session.get_one(Account, account_id)
    held = list_held_roles(session, account)
    return Profile(
        name=account.name,
        display_name=account.display_name,
        email=account.email or "",
        is_email_vouched=account.is_email_vouched,
        language=account.language or "",
        has_second_factor=account.has_second_factor,
        must_have_factor=any(one.role in ADMINISTRATORS for one in held),
        must_set_password=account.must_set_password,
        recovery_codes_left=count_recovery_codes(session, account_id),
        roles=held,
    )


def list_held_roles(session: Session, account: Account) -> tuple[HeldRole, ...]:
    """Return the roles that an account holds today or will hold."""
    today = clock.today()
    return tuple(
        HeldRole(
            grant.role,
            name_of(get_unit(session, grant.unit_id), today).name,
            grant.from_day,
            grant.until_day,
        )
        for grant in sorted(account.grants, key=lambda one: (one.from_day, one.id))
        if grant.until_day is None or today < grant.until_day
    )


@dataclass(frozen=True)
class Oneself:
    """An officer who changes the own account: which, from which network, in which session.

    ``browser`` is the mark of a browser in which the account has signed in before.
    """

    account_id: int
    name: str
    network: str
    token: str
    browser: str = ""

    @property
    def throttle_key(self) -> bytes:
        """The key under which wrong passwords and codes are counted, that of signing in."""
        return throttle_key(self.name, self.network, browser=self.browser)


def prepare_password(session: Session, oneself: Oneself) -> Claim | None:
    """Count an attempt and return what the present password is compared with.

    Nothing is asked of an officer who has just signed in with a password that must be replaced.
    Writes: sign_in_throttle.
    Raises: SignInThrottledError.
    """
    account = session.get_one(Account, oneself.account_id)
    if account.must_set_password:
        return None
    count_attempt(session, oneself.throttle_key)
    return Claim(account.id, account.password_hash)


def record_failure(session: Session, oneself: Oneself, what: str) -> None:
    """Log that the present password, or a code of one's own, was wrong.

    Writes: audit_entry.
    """
    record_deed(
        session,
        AuditAction.SIGN_IN_FAILED,
        account_id=oneself.account_id,
        network=oneself.network,
        detail={what: True},
    )


def change_password(session: Session, oneself: Oneself, new: str) -> None:
    """Replace the own password, and end every other session.

    Writes: account, sign_in, sign_in_throttle, audit_entry.
    Raises: PasswordRefusedError.
    """
    account = session.get_one(Account, oneself.account_id)
    put_password(account, new)
    forget_failures(session, oneself.throttle_key)
    end_sessions(session, account.id, ended_by_id=account.id, except_token=oneself.token)
    record_deed(session, AuditAction.PASSWORD_SET, account_id=account.id)


def check_own_code(session: Session, oneself: Oneself, typed: str, *, key: bytes) -> bool:
    """Say whether a code of one's own is right, and use it up.

    Writes: sign_in_throttle, account or recovery_code, and the log of a wrong one.
    Raises: SignInThrottledError.
    """
    count_attempt(session, oneself.throttle_key)
    if not accept_code(session, oneself.account_id, typed, key=key):
        record_failure(session, oneself, "second_factor")
        return False
    forget_failures(session, oneself.throttle_key)
    return True


def set_factor(session: Session, oneself: Oneself, typed: str, *, key: bytes) -> Sequence[str]:
    """Put the offered second factor in force; every other session ends.

    Writes: account, recovery_code, sign_in, audit_entry.
    Raises: CodeRefusedError.
    """
    codes = confirm_factor(session, oneself.account_id, typed, key=key)
    _end_others(session, oneself)
    return codes


def replace_recovery_codes(session: Session, oneself: Oneself) -> Sequence[str]:
    """Return new recovery codes; the former ones end.

    Writes: recovery_code, audit_entry.
    """
    detail = {"recovery_codes": True}
    record_deed(
        session, AuditAction.SECOND_FACTOR_SET, account_id=oneself.account_id, detail=detail
    )
    return renew_recovery_codes(session, oneself.account_id)


def drop_factor(session: Session, oneself: Oneself) -> None:
    """Do without a second factor from now on.

    Writes: account, recovery_code, sign_in, audit_entry.
    Raises: PermissionDeniedError for an administrator, who has to have one.
    """
    account = session.get_one(Account, oneself.account_id)
    if not account.has_second_factor:
        raise CodeRefusedError()
    if any(one.role in ADMINISTRATORS for one in list_held_roles(session, account)):
        raise PermissionDeniedError()
    remove_factor(session, oneself.account_id, removed_by_id=oneself.account_id)
    _end_others(session, oneself)


def _end_others(session: Session, oneself: Oneself) -> None:
    end_sessions(
        session, oneself.account_id, ended_by_id=oneself.account_id, except_token=oneself.token
    )


def change_profile(session: Session, account_id: int, *, email: str, language: str) -> None:
    """Set the own e-mail and language.

    An e-mail that the officer wrote is for letters; signing in with it takes an administrator's
    word, which is lost when it changes.
    Writes: account, audit_entry.
    """
    account = session.get_one(Account, account_id)
    if email != (account.email or ""):
        account.email = email or None
        account.is_email_vouched = False
        detail = {"account": account.name, "email": True}
        record_deed(session, AuditAction.ACCOUNT_CHANGED, account_id=account_id, detail=detail)
    account.language = language or None
