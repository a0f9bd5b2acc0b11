"""Kiosks: enrol, recognise, watch, replace and revoke devices.

Refuses to keep a credential or a pairing code in the clear.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.credentials import find_replaced
from satisfaction.credentials import hash_token as hash_token
from satisfaction.database import db
from satisfaction.errors import KioskNotFoundError, PairingRefusedError
from satisfaction.models import Desk, Kiosk, PairingCode, Unit
from satisfaction.terms import AuditAction
from satisfaction.text import clean
from satisfaction.throttling import count_attempt, forget_failures

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8
CODE_LIFE = timedelta(minutes=10)


@dataclass(frozen=True)
class Enrolment:
    """A new kiosk and its credential, which is shown once and kept only as a hash."""

    kiosk: Kiosk
    token: str


def enrol_kiosk(session: Session, desk: Desk, *, name: str) -> Enrolment:
    """Enrol a device at a desk and give it a credential."""
    return _enrol(session, name, unit_id=desk.unit_id, desk_id=desk.id)


def enrol_lobby_kiosk(session: Session, unit: Unit, *, name: str) -> Enrolment:
    """Enrol a device that stands in the lobby and asks for the number of the ticket."""
    return _enrol(session, name, unit_id=unit.id, desk_id=None)


def _enrol(session: Session, name: str, *, unit_id: int, desk_id: int | None) -> Enrolment:
    token = secrets.token_urlsafe(32)
    kiosk = Kiosk(
        name=clean(name),
        unit_id=unit_id,
        desk_id=desk_id,
        token_hash=hash_token(token),
        enrolled_at=clock.now(),
    )
    session.add(kiosk)
    session.flush()
    record_deed(session, AuditAction.KIOSK_ENROLLED, unit_id=unit_id, detail={"kiosk_id": kiosk.id})
    return Enrolment(kiosk, token)


@dataclass(frozen=True, kw_only=True)
class PairingPlace:
    """Where a device is to stand: at a desk, or without one in the lobby of the unit."""

    unit_id: int
    desk_id: int | None
    name: str


def make_pairing_code(
    session: Session, place: PairingPlace, *, made_by_id: int | None = None
) -> str:
    """Return a code with which one device becomes a kiosk within ten minutes.

    Shape: eight signs without those that are taken for one another.
    """
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    session.add(
        PairingCode(
            code_hash=hash_token(code),
            unit_id=place.unit_id,
            desk_id=place.desk_id,
            name=clean(place.name),
            made_by_id=made_by_id,
            made_at=clock.now(),
            expires_at=clock.now() + CODE_LIFE,
        )
    )
    session.flush()
    return code


def pair_device(session: Session, typed_code: str) -> Enrolment:
    """Turn a device into a kiosk, once for each code.

    Raises: PairingRefusedError for an unknown, used or expired code; one answer for all three.
    """
    code = "".join(sign for sign in typed_code.upper() if sign.isalnum())
    pairing = session.scalar(
        select(PairingCode).where(PairingCode.code_hash == hash_token(code)).with_for_update()
    )
    now = clock.now()
    if pairing is None or pairing.used_at is not None or pairing.expires_at <= now:
        raise PairingRefusedError()
    pairing.used_at = now
    return _enrol(session, pairing.name, unit_id=pairing.unit_id, desk_id=pairing.desk_id)


@dataclass(frozen=True)
class PairingAttempt:
    """What somebody typed as a code, from which network, and the key that hides the network."""

    code: str
    network: str
    key: bytes = field(repr=False)

    @property
    def throttle_key(self) -> bytes:
        """The key under which failures are counted, from which no network can be found out."""
        return hmac.digest(self.key, f"pairing\0{self.network}".encode(), hashlib.sha256)


def try_pairing(session: Session, attempt: PairingAttempt) -> Enrolment | None:
    """Turn a device into a kiosk; None for a code that is worth nothing, which is counted.

    The caller has to keep the unit of work either way.
    Raises: SignInThrottledError after too many failures from one network.
    """
    count_attempt(session, attempt.throttle_key)
    try:
        enrolment = pair_device(session, attempt.code)
    except PairingRefusedError:
        return None
    forget_failures(session, attempt.throttle_key)
    return enrolment


def get_kiosk(session: Session, token: str) -> Kiosk:
    """Return the kiosk that holds a credential.

    Raises: KioskNotFoundError for an unknown or revoked one.
    """
    kiosk = session.scalar(
        select(Kiosk).where(Kiosk.token_hash == hash_token(token), Kiosk.revoked_at.is_(None))
    )
    if kiosk is None:
        raise KioskNotFoundError()
    return kiosk


def get_kiosk_by_id(session: Session, kiosk_id: int) -> Kiosk:
    """Return a kiosk by its number, revoked or not.

    Raises: KioskNotFoundError.
    """
    kiosk = session.get(Kiosk, kiosk_id)
    if kiosk is None:
        raise KioskNotFoundError(kiosk_id=kiosk_id)
    return kiosk


def list_kiosks(session: Session, unit_id: int) -> Sequence[Kiosk]:
    """Return all devices that a unit ever had, with their desks, oldest first."""
    return session.scalars(
        select(Kiosk)
        .where(Kiosk.unit_id == unit_id)
        .options(joinedload(Kiosk.desk))
        .order_by(Kiosk.id)
    ).all()


@dataclass(frozen=True)
class Device:
    """What a credential stands for."""

    kiosk_id: int
    desk_id: int | None
    unit_id: int


_DEVICE = select(Kiosk.id, Kiosk.desk_id, Kiosk.unit_id).where(
    Kiosk.token_hash == bindparam("token_hash"), Kiosk.revoked_at.is_(None)
)


def find_device(token_hash: bytes) -> Device:
    """Return the device of a hashed credential; one indexed read of its own.

    Raises: KioskNotFoundError for an unknown or revoked one.
    """
    with db.engine.connect() as connection:
        row = connection.execute(_DEVICE, {"token_hash": token_hash}).one_or_none()
        if row is None and (replaced := find_replaced(connection, [token_hash])):
            row = connection.execute(_DEVICE, {"token_hash": replaced[token_hash]}).one_or_none()
    if row is None:
        raise KioskNotFoundError()
    return Device(row.id, row.desk_id, row.unit_id)


def revoke_kiosk(session: Session, kiosk: Kiosk, *, revoked_by_id: int | None = None) -> None:
    """Take a device's credential away, at once."""
    kiosk.revoked_at = clock.now()
    record_deed(
        session,
        AuditAction.KIOSK_REVOKED,
        account_id=revoked_by_id,
        unit_id=kiosk.unit_id,
        detail={"kiosk_id": kiosk.id},
    )
