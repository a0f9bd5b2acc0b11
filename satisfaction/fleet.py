"""Kiosks: enrol, recognise and revoke devices. Refuses to keep a credential in the clear."""

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.database import db
from satisfaction.errors import KioskNotFoundError
from satisfaction.models import Desk, Kiosk
from satisfaction.terms import AuditAction


@dataclass(frozen=True)
class Enrolment:
    """A new kiosk and its credential, which is shown once and kept only as a hash."""

    kiosk: Kiosk
    token: str


def hash_token(token: str) -> bytes:
    """Return the form in which a 256-bit random credential is kept.

    Source: a slow hash is not needed for 256 random bits (ASVS 6.5.2).
    """
    return hashlib.sha256(token.encode()).digest()


def enrol_kiosk(session: Session, desk: Desk, *, name: str) -> Enrolment:
    """Enrol a device at a desk and give it a credential."""
    token = secrets.token_urlsafe(32)
    kiosk = Kiosk(
        name=name,
        unit_id=desk.unit_id,
        desk_id=desk.id,
        token_hash=hash_token(token),
        enrolled_at=clock.now(),
    )
    session.add(kiosk)
    session.flush()
    record_deed(
        session, AuditAction.KIOSK_ENROLLED, unit_id=desk.unit_id, detail={"kiosk_id": kiosk.id}
    )
    return Enrolment(kiosk, token)


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


@dataclass(frozen=True)
class Device:
    """What a credential stands for."""

    kiosk_id: int
    desk_id: int
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
    if row is None:
        raise KioskNotFoundError()
    return Device(row.id, row.desk_id, row.unit_id)


def revoke_kiosk(session: Session, kiosk: Kiosk) -> None:
    """Take a device's credential away, at once."""
    kiosk.revoked_at = clock.now()
    record_deed(
        session, AuditAction.KIOSK_REVOKED, unit_id=kiosk.unit_id, detail={"kiosk_id": kiosk.id}
    )
