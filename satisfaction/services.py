"""Other systems that may ask for links: admit, recognise and revoke them.

Refuses to keep a credential in the clear, and to open anything but what the API offers.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.errors import ServiceNotFoundError
from satisfaction.fleet import hash_token
from satisfaction.models import ServiceToken, Unit
from satisfaction.terms import AuditAction
from satisfaction.text import clean

LONGEST_NAME = 80


@dataclass(frozen=True)
class Admission:
    """An admitted system and its credential, which is shown once and kept only as a hash."""

    service: ServiceToken
    token: str


def admit_service(session: Session, unit: Unit, *, name: str) -> Admission:
    """Give a system a credential for a unit and what lies under it."""
    token = secrets.token_urlsafe(32)
    service = ServiceToken(
        name=clean(name)[:LONGEST_NAME],
        unit_id=unit.id,
        token_hash=hash_token(token),
        made_at=clock.now(),
    )
    session.add(service)
    session.flush()
    _record(session, AuditAction.SERVICE_ADMITTED, service)
    return Admission(service, token)


def get_service(session: Session, token: str) -> ServiceToken:
    """Return the system that holds a credential.

    Raises: ServiceNotFoundError for an unknown or revoked one; one answer for both.
    """
    service = session.scalar(
        select(ServiceToken).where(
            ServiceToken.token_hash == hash_token(token), ServiceToken.revoked_at.is_(None)
        )
    )
    if service is None:
        raise ServiceNotFoundError()
    return service


def list_services(session: Session, unit_id: int) -> Sequence[ServiceToken]:
    """Return all systems that were ever admitted to a unit, oldest first."""
    return session.scalars(
        select(ServiceToken).where(ServiceToken.unit_id == unit_id).order_by(ServiceToken.id)
    ).all()


def revoke_service(session: Session, service_id: int) -> None:
    """Take a system's credential away, at once; a second time changes nothing.

    Raises: ServiceNotFoundError.
    """
    service = session.get(ServiceToken, service_id)
    if service is None:
        raise ServiceNotFoundError(service_id=service_id)
    if service.revoked_at is None:
        service.revoked_at = clock.now()
        _record(session, AuditAction.SERVICE_REVOKED, service)


def _record(session: Session, action: AuditAction, service: ServiceToken) -> None:
    detail = {"service_id": service.id, "name": service.name}
    record_deed(session, action, unit_id=service.unit_id, detail=detail)
