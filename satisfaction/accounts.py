"""Officers: accounts, roles within units, sign-in and its end.

Refuses to say whether a name or a password was wrong, and takes the same time for both.
"""

import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.errors import AccountExistsError, AccountNotFoundError
from satisfaction.models import Account, Grant, SignIn, Unit
from satisfaction.office import get_unit, name_of, units_under
from satisfaction.passwords import check_password, plain_password
from satisfaction.terms import AuditAction, Permission, Role
from satisfaction.text import clean
from satisfaction.throttling import count_attempt, forget_failures

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.DESK_OFFICER: frozenset({Permission.SERVE_DESK}),
    Role.SUPERVISOR: frozenset({Permission.SEE_COUNTS, Permission.ENTER_PAPER}),
    Role.ADMINISTRATOR: frozenset(Permission),
}
_HASHES_AT_ONCE = threading.BoundedSemaphore(2)
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True)
class Officer:
    """A signed-in officer: who, of which units, and where each permission holds today."""

    account_id: int
    name: str
    display_name: str
    unit_names: tuple[str, ...]
    units: dict[Permission, frozenset[int]]

    def may(self, permission: Permission) -> bool:
        """Say whether the officer holds a permission anywhere."""
        return bool(self.units.get(permission))

    def scope(self, permission: Permission) -> frozenset[int]:
        """Return the units within which a permission holds."""
        return self.units.get(permission, frozenset())


def create_account(session: Session, name: str, *, display_name: str, password: str) -> Account:
    """Add an account; its name is kept in lower case, as it is looked for at sign-in.

    Raises: AccountExistsError; PasswordRefusedError for one that somebody would try.
    """
    check_password(password, name=name)
    if find_account(session, name) is not None:
        raise AccountExistsError(name=_plain_name(name))
    account = Account(
        name=_plain_name(name),
        display_name=clean(display_name),
        password_hash=_hash(password),
        created_at=clock.now(),
    )
    session.add(account)
    session.flush()
    record_deed(session, AuditAction.ACCOUNT_CREATED, detail={"account": account.name})
    return account


def find_account(session: Session, name: str) -> Account | None:
    """Return the account of a name, however it is written."""
    return session.scalar(select(Account).where(Account.name == _plain_name(name)))


def get_account(session: Session, name: str) -> Account:
    """Return the account of a name.

    Raises: AccountNotFoundError.
    """
    account = find_account(session, name)
    if account is None:
        raise AccountNotFoundError(name=_plain_name(name))
    return account


def _plain_name(name: str) -> str:
    return clean(name).casefold()


def grant_role(
    session: Session,
    account: Account,
    role: Role,
    *,
    unit: Unit,
    from_day: date,
    until_day: date | None = None,
    granted_by_id: int | None = None,
) -> Grant:
    """Give an officer a role within a unit and everything under it."""
    grant = Grant(
        account_id=account.id,
        role=role,
        unit_id=unit.id,
        from_day=from_day,
        until_day=until_day,
        granted_by_id=granted_by_id,
    )
    session.add(grant)
    session.flush()
    record_deed(
        session,
        AuditAction.ROLE_GRANTED,
        account_id=granted_by_id,
        unit_id=unit.id,
        detail={"account": account.name, "role": role},
    )
    return grant


def _hash(password: str) -> str:
    with _HASHES_AT_ONCE:
        return _hasher.hash(plain_password(password))


def password_is_right(stored: str, password: str) -> bool:
    """Compare a password with its stored hash; as slow for a wrong one as for a right one."""
    with _HASHES_AT_ONCE:
        try:
            return _hasher.verify(stored, plain_password(password))
        except VerificationError:
            return False


@dataclass(frozen=True)
class Credentials:
    """What somebody typed, and from which network."""

    name: str
    password: str
    network: str

    @property
    def account_name(self) -> str:
        """The name as accounts bear it."""
        return _plain_name(self.name)

    @property
    def throttle_key(self) -> bytes:
        """The key under which failures are counted; a colleague elsewhere is not locked out."""
        return hashlib.sha256(f"{self.account_name}\0{self.network}".encode()).digest()


@dataclass(frozen=True)
class Claim:
    """What is needed to check a password outside of any transaction."""

    account_id: int | None
    password_hash: str


def prepare_sign_in(session: Session, credentials: Credentials) -> Claim:
    """Count an attempt before it is tried, and look the account up.

    Attempts are counted first so that many at the same moment cannot all be free.
    Writes: sign_in_throttle.
    Raises: SignInThrottledError with the seconds to wait, while the name is throttled here.
    """
    count_attempt(session, credentials.throttle_key)
    account = session.scalar(
        select(Account).where(
            Account.name == credentials.account_name, Account.disabled_at.is_(None)
        )
    )
    return Claim(account.id, account.password_hash) if account else Claim(None, _NOBODY)


def check_claim(claim: Claim, credentials: Credentials) -> bool:
    """Compare the password; a slow step, so it belongs between two transactions."""
    return password_is_right(claim.password_hash, credentials.password) and bool(claim.account_id)


def finish_sign_in(
    session: Session, claim: Claim, credentials: Credentials, *, is_right: bool
) -> str | None:
    """Start a session, or log a failure; return the session's token, kept only as a hash.

    The log names only accounts that exist: what else was typed as a name may be a password.
    Writes: sign_in or sign_in_throttle, and the log.
    """
    if not is_right or claim.account_id is None:
        record_deed(
            session,
            AuditAction.SIGN_IN_FAILED,
            account_id=claim.account_id,
            network=credentials.network,
        )
        return None
    forget_failures(session, credentials.throttle_key)
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=_token_hash(token),
            account_id=claim.account_id,
            created_at=clock.now(),
            seen_at=clock.now(),
        )
    )
    record_deed(
        session,
        AuditAction.SIGNED_IN,
        account_id=claim.account_id,
        network=credentials.network,
    )
    return token


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True)
class LiveSession:
    """A session that has not ended: whose it is, and when its last use was written down."""

    officer: Officer
    seen_at: datetime


def find_session(
    session: Session, token: str, *, idle: timedelta, absolute: timedelta
) -> LiveSession | None:
    """Return a live session: not ended, not idle too long, not too old."""
    sign_in = _find_sign_in(session, token)
    now = clock.now()
    if sign_in is None or sign_in.account.disabled_at is not None:
        return None
    if now - sign_in.seen_at > idle or now - sign_in.created_at > absolute:
        return None
    officer = as_officer(session, sign_in.account, clock.local_day(now))
    return LiveSession(officer, sign_in.seen_at)


def _find_sign_in(session: Session, token: str) -> SignIn | None:
    return session.scalar(
        select(SignIn).where(SignIn.token_hash == _token_hash(token), SignIn.ended_at.is_(None))
    )


def as_officer(session: Session, account: Account, day: date) -> Officer:
    """Return what an account may do on a day; a grant follows the unit tree of that day."""
    grants = [
        grant
        for grant in account.grants
        if grant.from_day <= day and (grant.until_day is None or day < grant.until_day)
    ]
    units: dict[Permission, frozenset[int]] = {}
    for grant in grants:
        under = units_under(session, [grant.unit_id], day)
        for permission in PERMISSIONS[grant.role]:
            units[permission] = units.get(permission, frozenset()) | under
    granted = sorted({grant.unit_id for grant in grants})
    names = tuple(name_of(get_unit(session, unit_id), day).name for unit_id in granted)
    return Officer(account.id, account.name, account.display_name, names, units)


def keep_seen(session: Session, token: str) -> None:
    """Write down that a session was used now."""
    sign_in = _find_sign_in(session, token)
    if sign_in is not None:
        sign_in.seen_at = clock.now()


def end_sign_in(session: Session, token: str) -> datetime | None:
    """End a session; its cookie is worth nothing from now on."""
    sign_in = _find_sign_in(session, token)
    if sign_in is None:
        return None
    sign_in.ended_at = clock.now()
    record_deed(session, AuditAction.SIGNED_OUT, account_id=sign_in.account_id)
    return sign_in.ended_at
