"""Credentials of devices: how they are kept, and how one takes the place of another.

Refuses to keep a credential in the clear, and to let a lost answer lock a device out: the old
credential is valid until the new one was used, and the new one is made of the old one and a salt,
so that asking again brings the same one.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.models import CredentialRenewal, Kiosk
from satisfaction.terms import AuditAction

CREDENTIAL_LIFE = timedelta(days=365)
SALT_BYTES = 32


def hash_token(token: str) -> bytes:
    """Return the form in which a 256-bit random credential is kept.

    Source: a slow hash is not needed for 256 random bits (ASVS 6.5.2).
    """
    return hashlib.sha256(token.encode()).digest()


def find_replaced(connection: Connection, presented: Collection[bytes]) -> dict[bytes, bytes]:
    """Return, for hashed credentials that were handed out and not yet used, those they replace.

    Asked only for credentials that no device has: what is usual costs nothing.
    """
    if not presented:
        return {}
    rows = connection.execute(
        select(CredentialRenewal.token_hash, Kiosk.token_hash.label("replaced"))
        .join(Kiosk, Kiosk.id == CredentialRenewal.kiosk_id)
        .where(CredentialRenewal.token_hash.in_(presented))
    )
    return {row.token_hash: row.replaced for row in rows}


def settle_credential(session: Session, kiosk_id: int, token: str) -> str | None:
    """Return the credential that a device is to keep from now on, or None for the one it has.

    A credential is renewed once a year and when somebody asked for it. The first heartbeat with
    the new one ends the old one.
    Writes: credential_renewal; kiosk and audit_entry when the new one was used.
    """
    if not _is_due(session, kiosk_id):
        return None
    # Two tabs of one device may come at once; both are to get the same credential.
    kiosk = session.scalars(
        select(Kiosk)
        .where(Kiosk.id == kiosk_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    renewal = _get_renewal(session, kiosk)
    if renewal.token_hash == hash_token(token):
        _put_in_force(session, kiosk, renewal)
        return None
    if hash_token(token) != kiosk.token_hash:
        return None
    renewal.salt = renewal.salt or secrets.token_bytes(SALT_BYTES)
    renewed = _derive(token, renewal.salt)
    renewal.token_hash = hash_token(renewed)
    session.flush()
    return renewed


def _is_due(session: Session, kiosk_id: int) -> bool:
    renewal = session.get(CredentialRenewal, kiosk_id)
    if renewal is not None and (renewal.asked_at is not None or renewal.token_hash is not None):
        return True
    since = renewal.renewed_at if renewal else None
    if since is None:
        since = session.scalars(select(Kiosk.enrolled_at).where(Kiosk.id == kiosk_id)).one()
    return clock.now() - since >= CREDENTIAL_LIFE


def _derive(token: str, salt: bytes) -> str:
    """Return 256 bits that nobody can know who has not both the old credential and the salt."""
    made = hmac.digest(token.encode(), salt, hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _put_in_force(session: Session, kiosk: Kiosk, renewal: CredentialRenewal) -> None:
    assert renewal.token_hash is not None
    kiosk.token_hash = renewal.token_hash
    renewal.token_hash = renewal.salt = renewal.asked_at = None
    renewal.renewed_at = clock.now()
    session.flush()
    detail = {"kiosk_id": kiosk.id, "renewed": True}
    record_deed(session, AuditAction.KIOSK_ENROLLED, unit_id=kiosk.unit_id, detail=detail)


def ask_renewal(session: Session, kiosk: Kiosk, *, asked_by_id: int | None = None) -> None:
    """Have a device get a new credential with its next heartbeat.

    Writes: credential_renewal, audit_entry.
    """
    renewal = _get_renewal(session, kiosk)
    renewal.asked_at = renewal.asked_at or clock.now()
    session.flush()
    record_deed(
        session,
        AuditAction.KIOSK_ENROLLED,
        account_id=asked_by_id,
        unit_id=kiosk.unit_id,
        detail={"kiosk_id": kiosk.id, "renewal_asked": True},
    )


def _get_renewal(session: Session, kiosk: Kiosk) -> CredentialRenewal:
    """Return what is known of a kiosk's renewals, as it is now."""
    found = session.get(CredentialRenewal, kiosk.id, populate_existing=True)
    if found is None:
        found = CredentialRenewal(kiosk_id=kiosk.id)
        session.add(found)
    return found


def begin_life(session: Session, kiosk: Kiosk) -> None:
    """Count a credential's life from now, for a device that is said to be older than it is."""
    session.add(CredentialRenewal(kiosk_id=kiosk.id, renewed_at=clock.now()))
