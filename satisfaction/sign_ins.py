"""Signing in, in one or two steps, and the sessions that come of it.

Refuses to say whether a name or a password was wrong, and takes the same time for both.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.accounts import (
    NOBODYS_HASH,
    Officer,
    as_officer,
    password_is_right,
    plain_name,
)
from satisfaction.audit import record_deed
from satisfaction.errors import SecondStepOverError
from satisfaction.models import Account, AuditEntry, SignIn, SignInThrottle
from satisfaction.passwords import LONGEST, plain_password
from satisfaction.second_factors import accept_code
from satisfaction.terms import AuditAction
from satisfaction.throttling import count_attempt, forget_failures, take_back

CODE_WAITED_FOR = timedelta(minutes=5)
MOST_WRONG_CODES = 5
LONGEST_DEVICE = 60


@dataclass(frozen=True)
class Credentials:
    """What somebody typed, from which network, and with which family of browsers.

    ``browser`` is the mark of a browser in which this account has signed in before.
    """

    name: str
    password: str
    network: str
    device: str = ""
    browser: str = ""

    @property
    def account_name(self) -> str:
        """The name as accounts bear it."""
        return plain_name(self.name)

    @property
    def throttle_key(self) -> bytes:
        """The key under which failures are counted; a colleague is not locked out by them."""
        return throttle_key(self.account_name, self.network, browser=self.browser)


def throttle_key(account_name: str, network: str, *, browser: str = "") -> bytes:
    """Return the key under which failures of a name are counted: of a network, or of a browser.

    A browser in which the account has signed in before stands for itself, or somebody in the same
    network could keep its owner out by guessing for ever.
    """
    place = f"{account_name}\0{network}" if not browser else f"{account_name}\0\0{browser}"
    return hashlib.sha256(place.encode()).digest()


@dataclass(frozen=True)
class Claim:
    """What is needed to check a password outside of any transaction."""

    account_id: int | None
    password_hash: str


@dataclass(frozen=True)
class Started:
    """A session's token, kept only as a hash; while it awaits a code it opens nothing."""

    token: str
    awaits_code: bool


def prepare_sign_in(session: Session, credentials: Credentials) -> Claim:
    """Count an attempt before it is tried, and look the account up.

    Attempts are counted first so that many at the same moment cannot all be free.
    Writes: sign_in_throttle.
    Raises: SignInThrottledError with the seconds to wait, while the name is throttled here.
    """
    count_attempt(session, credentials.throttle_key)
    account = session.scalar(_find_account(credentials.account_name))
    return Claim(account.id, account.password_hash) if account else Claim(None, NOBODYS_HASH)


def record_wait(session: Session, key: bytes, *, name: str = "", network: str) -> None:
    """Log an attempt that was refused untried because it had to wait: the first of each wait.

    The others say nothing new, and would let anybody fill the log. ``key`` is that under which
    failures are counted.
    Writes: audit_entry.
    """
    throttle = session.get(SignInThrottle, key, with_for_update=True)
    if throttle is None or throttle.locked_until is None:
        return
    account_id = session.scalar(_find_account(name).with_only_columns(Account.id))
    until = throttle.locked_until.isoformat()
    told = select(AuditEntry.id).where(
        AuditEntry.at >= throttle.last_failed_at,
        AuditEntry.action == AuditAction.SIGN_IN_FAILED,
        AuditEntry.account_id.is_not_distinct_from(account_id),
        AuditEntry.detail["waits_until"].as_string() == until,
    )
    if session.scalar(told.limit(1)) is None:
        record_deed(
            session,
            AuditAction.SIGN_IN_FAILED,
            account_id=account_id,
            network=network,
            detail={"waits_until": until},
        )


def _find_account(name: str) -> Select[Account]:
    return select(Account).where(Account.name == name, Account.disabled_at.is_(None))


def check_claim(claim: Claim, credentials: Credentials) -> bool:
    """Compare the password; a slow step, so it belongs between two transactions.

    What is longer than any password is wrong without being compared.
    """
    if len(plain_password(credentials.password)) > LONGEST:
        return False
    return password_is_right(claim.password_hash, credentials.password) and bool(claim.account_id)


def finish_sign_in(
    session: Session, claim: Claim, credentials: Credentials, *, is_right: bool
) -> Started | None:
    """Start a session, or one that awaits a code, or log a failure.

    Failures are forgotten only when everything was right, so that codes are slowed down like
    passwords. The log names only accounts that exist: what else was typed as a name may be a
    password.
    Writes: sign_in or sign_in_throttle, account, and the log.
    """
    if not is_right or claim.account_id is None:
        record_deed(
            session,
            AuditAction.SIGN_IN_FAILED,
            account_id=claim.account_id,
            network=credentials.network,
        )
        return None
    account = session.get_one(Account, claim.account_id)
    if account.has_second_factor:
        take_back(session, credentials.throttle_key)
        return Started(_add_session(session, account, credentials, awaits_code=True), True)
    forget_failures(session, credentials.throttle_key)
    return Started(begin_session(session, account, credentials), False)


def begin_session(
    session: Session, account: Account, visitor: Credentials, *, is_strong: bool = False
) -> str:
    """Start a session for an account whose right to it was shown; return its token.

    Writes: sign_in, account, audit_entry.
    """
    token = _add_session(session, account, visitor, is_strong=is_strong)
    account.last_sign_in_at = clock.now()
    detail = {"second_factor": True} if is_strong else None
    record_deed(
        session,
        AuditAction.SIGNED_IN,
        account_id=account.id,
        network=visitor.network,
        detail=detail,
    )
    return token


def _add_session(
    session: Session,
    account: Account,
    visitor: Credentials,
    *,
    awaits_code: bool = False,
    is_strong: bool = False,
) -> str:
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=_token_hash(token),
            account_id=account.id,
            created_at=clock.now(),
            seen_at=clock.now(),
            network=visitor.network,
            device=visitor.device[:LONGEST_DEVICE],
            awaits_code=awaits_code,
            is_strong=is_strong,
        )
    )
    session.flush()
    return token


def await_code(session: Session, account_id: int, visitor: Credentials) -> Started:
    """Let a sign-in that somebody else vouched for go on with the officer's own second factor."""
    account = session.get_one(Account, account_id)
    return Started(_add_session(session, account, visitor, awaits_code=True), True)


def enter_code(
    session: Session, token: str, typed: str, *, key: bytes, browser: str = ""
) -> str | None:
    """Take the second step: return the new session's token, or nothing for a wrong code.

    After a few wrong codes the password is asked for again. ``browser`` is the mark that the
    browser bears for the account.
    Writes: sign_in, sign_in_throttle, account, recovery_code, and the log.
    Raises: SecondStepOverError; SignInThrottledError with the seconds to wait.
    """
    waiting = find_waiting(session, token)
    if waiting is None:
        raise SecondStepOverError()
    account = waiting.account
    slowed = throttle_key(account.name, waiting.network, browser=browser)
    count_attempt(session, slowed)
    if not accept_code(session, account.id, typed, key=key):
        waiting.wrong_codes += 1
        if waiting.wrong_codes >= MOST_WRONG_CODES:
            waiting.ended_at = clock.now()
        record_deed(
            session,
            AuditAction.SIGN_IN_FAILED,
            account_id=account.id,
            network=waiting.network,
            detail={"second_factor": True},
        )
        return None
    forget_failures(session, slowed)
    waiting.ended_at = clock.now()
    visitor = Credentials(account.name, "", waiting.network, waiting.device)
    return begin_session(session, account, visitor, is_strong=True)


def find_waiting(session: Session, token: str) -> SignIn | None:
    """Return the sign-in that awaits its code, if it does not wait too long already."""
    found = _find_sign_in(session, token)
    if found is None or not found.awaits_code or found.account.disabled_at is not None:
        return None
    return found if clock.now() - found.created_at <= CODE_WAITED_FOR else None


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
    """Return a live session: not ended, not idle too long, not too old, and awaiting nothing."""
    sign_in = _find_sign_in(session, token)
    now = clock.now()
    if sign_in is None or sign_in.awaits_code or sign_in.account.disabled_at is not None:
        return None
    if now - sign_in.seen_at > idle or now - sign_in.created_at > absolute:
        return None
    officer = as_officer(
        session, sign_in.account, clock.local_day(now), is_strong=sign_in.is_strong
    )
    return LiveSession(officer, sign_in.seen_at)


def _find_sign_in(session: Session, token: str) -> SignIn | None:
    return session.scalar(
        select(SignIn).where(SignIn.token_hash == _token_hash(token), SignIn.ended_at.is_(None))
    )


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


@dataclass(frozen=True)
class SessionLine:
    """One of an officer's sessions, as the officer is shown it."""

    id: int
    device: str
    network: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


def list_sessions(
    session: Session, account_id: int, *, token: str, idle: timedelta, absolute: timedelta
) -> Sequence[SessionLine]:
    """Return an officer's live sessions, the one that asks first."""
    now = clock.now()
    found = session.scalars(
        select(SignIn)
        .where(
            SignIn.account_id == account_id,
            SignIn.ended_at.is_(None),
            SignIn.awaits_code.is_(False),
            SignIn.seen_at >= now - idle,
            SignIn.created_at >= now - absolute,
        )
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
    )
    this = _token_hash(token)
    lines = [
        SessionLine(
            one.id,
            one.device,
            one.network,
            one.created_at,
            one.seen_at,
            secrets.compare_digest(one.token_hash, this),
        )
        for one in found
    ]
    return sorted(lines, key=lambda line: not line.is_this)


def end_sessions(
    session: Session,
    account_id: int,
    *,
    ended_by_id: int | None,
    only_id: int | None = None,
    except_token: str | None = None,
) -> int:
    """End an account's sessions: all, one of them, or all but the one that asks.

    Writes: sign_in, and the log where any was ended.
    """
    statement = update(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
    if only_id is not None:
        statement = statement.where(SignIn.id == only_id)
    if except_token is not None:
        statement = statement.where(SignIn.token_hash != _token_hash(except_token))
    ended = session.execute(
        statement.values(ended_at=clock.now()).returning(SignIn.id),
        execution_options={"synchronize_session": False},
    ).all()
    if ended:
        detail = {"account": session.get_one(Account, account_id).name, "sessions": len(ended)}
        record_deed(session, AuditAction.SESSIONS_ENDED, account_id=ended_by_id, detail=detail)
    return len(ended)
