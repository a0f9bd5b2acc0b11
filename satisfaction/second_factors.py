"""The code of an authenticator app, and the recovery codes that take its place.

Refuses a code that was used before: the last accepted step is kept, and a recovery code is spent.
Source: RFC 6238; ASVS 5.0, V6.5.1.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.codes import hash_code, make_code
from satisfaction.errors import CodeRefusedError
from satisfaction.models import Account, RecoveryCode
from satisfaction.sealing import derive_key, seal, unseal
from satisfaction.terms import AuditAction

ISSUER = "Hài Lòng"
RECOVERY_CODES = 10
# A phone's clock may be half a minute off, and typing takes time.
STEPS_OFF = 1
LONGEST_CODE = 32
_PURPOSE = "second factor"
_DIGITS = 6


def factor_key(installation_key: str) -> bytes:
    """Return the key under which authenticators' secrets are sealed."""
    return derive_key(installation_key, _PURPOSE)


@dataclass(frozen=True)
class Offer:
    """A secret that an authenticator app is to take over: as an address, and to be typed."""

    secret: str
    address: str


def offer_factor(session: Session, account_id: int, *, key: bytes) -> Offer:
    """Return the secret that waits to be confirmed, made anew where there is none.

    The same one comes again until it is confirmed, so that a page may be loaded twice.
    Writes: account.
    """
    account = _lock(session, account_id)
    found = account.offered_secret
    secret = unseal(found, key=key, about=_about(account_id)) if found else None
    if secret is None:
        secret = pyotp.random_base32()
        account.offered_secret = seal(secret, key=key, about=_about(account_id))
    address = pyotp.TOTP(secret).provisioning_uri(name=account.name, issuer_name=ISSUER)
    return Offer(secret, address)


def confirm_factor(session: Session, account_id: int, typed: str, *, key: bytes) -> Sequence[str]:
    """Put the offered secret in force and return the recovery codes, which are shown once.

    Writes: account, recovery_code, audit_entry.
    Raises: CodeRefusedError when the app does not show the code of the offered secret.
    """
    account = _lock(session, account_id)
    found = account.offered_secret
    secret = unseal(found, key=key, about=_about(account_id)) if found else None
    step = _find_step(secret, typed) if secret else None
    if step is None:
        raise CodeRefusedError()
    account.sealed_secret, account.offered_secret, account.last_step = found, None, step
    session.flush()
    record_deed(session, AuditAction.SECOND_FACTOR_SET, account_id=account_id)
    return renew_recovery_codes(session, account_id)


def renew_recovery_codes(session: Session, account_id: int) -> Sequence[str]:
    """Replace an account's recovery codes; the former ones are worth nothing from now on.

    Writes: recovery_code.
    """
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    made = [make_code() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(account_id=account_id, code_hash=hash_code(code), made_at=clock.now())
        for code in made
    )
    session.flush()
    return made


def accept_code(session: Session, account_id: int, typed: str, *, key: bytes) -> bool:
    """Say whether a code is right now, and use it up: it is never right again.

    Writes: account or recovery_code, and the log for a recovery code.
    """
    account = _lock(session, account_id)
    if account.sealed_secret is None:
        return False
    secret = unseal(account.sealed_secret, key=key, about=_about(account_id))
    step = _find_step(secret, typed) if secret else None
    if step is None:
        return _use_recovery_code(session, account_id, typed)
    if account.last_step is not None and step <= account.last_step:
        return False
    account.last_step = step
    session.flush()
    return True


def _find_step(secret: str, typed: str) -> int | None:
    """Return the time step whose code was typed, if it is one of now."""
    digits = "".join(typed.split())
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdecimal()):
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(
            digits, for_time=clock.now(), valid_window=STEPS_OFF
        )
    except OTPVerificationError:
        return None


def _use_recovery_code(session: Session, account_id: int, typed: str) -> bool:
    wanted = hash_code(typed[:LONGEST_CODE])
    live = _list_live_codes(session, account_id)
    found = next((one for one in live if secrets.compare_digest(one.code_hash, wanted)), None)
    if found is None:
        return False
    found.used_at = clock.now()
    session.flush()
    left = {"left": len(live) - 1}
    record_deed(session, AuditAction.RECOVERY_CODE_USED, account_id=account_id, detail=left)
    return True


def _list_live_codes(session: Session, account_id: int) -> Sequence[RecoveryCode]:
    return session.scalars(
        select(RecoveryCode).where(
            RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
        )
    ).all()


def count_recovery_codes(session: Session, account_id: int) -> int:
    """Return how many recovery codes are left."""
    statement = select(func.count()).select_from(RecoveryCode)
    live = RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
    return session.scalar(statement.where(*live)) or 0


def remove_factor(session: Session, account_id: int, *, removed_by_id: int | None) -> None:
    """Take an account's second factor away; a password that was enough beside it has to be longer.

    Writes: account, recovery_code, audit_entry.
    """
    account = _lock(session, account_id)
    account.sealed_secret = account.offered_secret = account.last_step = None
    account.must_set_password = account.must_set_password or account.is_password_short
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.flush()
    record_deed(
        session,
        AuditAction.SECOND_FACTOR_REMOVED,
        account_id=removed_by_id,
        detail={"account": account.name},
    )


def _lock(session: Session, account_id: int) -> Account:
    """Return an account as it is now; of two who use one code at once, the second waits."""
    return session.get_one(Account, account_id, with_for_update=True, populate_existing=True)


def _about(account_id: int) -> str:
    return f"account {account_id}"
