"""Kiosks: enrolled devices with a credential of their own, never a person's account."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, UtcTime, enum_column
from satisfaction.models.office import Desk
from satisfaction.terms import KioskEventKind


class Kiosk(Base):
    """One enrolled device, at a desk or, without one, in the lobby of a unit.

    Only the hash of its credential is kept. A replaced device is a kiosk of its own at the same
    desk, so the desk's series goes on and the old device's ratings stay its own.
    """

    __tablename__ = "kiosk"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    desk_id: Mapped[int | None] = mapped_column(
        ForeignKey("desk.id", ondelete="RESTRICT"), index=True
    )
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    enrolled_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)

    desk: Mapped[Desk | None] = relationship()


class CredentialRenewal(Base):
    """When a kiosk's credential was renewed, and the one that is to replace it, until it is used.

    ``salt`` and the old credential make the new one, which is kept as a hash like every other.
    """

    __tablename__ = "credential_renewal"
    __table_args__ = (CheckConstraint("(salt IS NULL) = (token_hash IS NULL)", name="handed_out"),)

    kiosk_id: Mapped[int] = mapped_column(
        ForeignKey("kiosk.id", ondelete="RESTRICT"), primary_key=True
    )
    asked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    renewed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class PairingCode(Base):
    """A code with which a device becomes a kiosk, once, within minutes; kept as a hash."""

    __tablename__ = "pairing_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desk.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(80))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Heartbeat(Base):
    """The last that a kiosk said of itself.

    ``complete_until`` is the counter up to which the server has seen every rating of the epoch.
    """

    __tablename__ = "heartbeat"

    kiosk_id: Mapped[int] = mapped_column(
        ForeignKey("kiosk.id", ondelete="RESTRICT"), primary_key=True
    )
    at: Mapped[datetime] = mapped_column(UtcTime)
    queue_length: Mapped[int]
    oldest_queued_at: Mapped[datetime | None] = mapped_column(UtcTime)
    device_epoch: Mapped[int]
    next_counter: Mapped[int]
    complete_until: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)
    version: Mapped[str] = mapped_column(String(40))
    clock_offset_ms: Mapped[int] = mapped_column(BigInteger)
    free_bytes: Mapped[int | None] = mapped_column(BigInteger)
    last_tap_at: Mapped[datetime | None] = mapped_column(UtcTime)
    is_storage_kept: Mapped[bool | None]


class KioskEvent(Base):
    """Something about a device that an administrator has to know: a cleared store, a hole."""

    __tablename__ = "kiosk_event"
    __table_args__ = (Index(None, "kiosk_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kiosk_id: Mapped[int] = mapped_column(ForeignKey("kiosk.id", ondelete="RESTRICT"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    kind: Mapped[KioskEventKind] = mapped_column(enum_column(KioskEventKind, "kiosk_event_kind"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
