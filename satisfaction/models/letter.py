"""Letters: who wants which, what each reader was sent, and addresses that take no mail."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from satisfaction.database import Base, LocalDay, UtcTime, enum_column
from satisfaction.terms import DeliveryState, Language, LetterKind


class Subscription(Base):
    """That one address gets the letters of one unit and what stands under it.

    Without an account it belongs to somebody who cannot sign in, and who sees no single answers:
    devices that failed, and what is released of a month.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("address", "unit_id"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="RESTRICT"), index=True
    )
    address: Mapped[str] = mapped_column(String(254))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"), index=True)
    is_daily: Mapped[bool]
    is_weekly: Mapped[bool]
    is_monthly: Mapped[bool]
    hour: Mapped[int]
    is_only_when_needed: Mapped[bool]
    language: Mapped[Language] = mapped_column(enum_column(Language, "language"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Letter(Base):
    """What the readers of one unit are told of one period; the file is for who sees counts."""

    __tablename__ = "letter"
    __table_args__ = (UniqueConstraint("kind", "unit_id", "first_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LetterKind] = mapped_column(enum_column(LetterKind, "letter_kind"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"), index=True)
    first_day: Mapped[date] = mapped_column(LocalDay)
    end_day: Mapped[date] = mapped_column(LocalDay)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    file: Mapped[bytes | None] = mapped_column(LargeBinary)
    file_name: Mapped[str] = mapped_column(String(120), default="")


class Delivery(Base):
    """One reader's letter, written when it was planned and never changed: the outbox and archive.

    ``handed_at`` is set before the text goes to the mail server and taken away when the server has
    answered: what dies in between may have arrived. ``repeats`` counts how often that happened.
    """

    __tablename__ = "letter_delivery"
    __table_args__ = (
        UniqueConstraint("letter_id", "address"),
        Index("ix_letter_delivery_state", "state", "next_try_at"),
        Index("ix_letter_delivery_tried", "tried_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="RESTRICT"))
    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("subscription.id", ondelete="RESTRICT"), index=True
    )
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[Language] = mapped_column(enum_column(Language, "language"))
    planned_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    subject: Mapped[str] = mapped_column(String(300))
    plain: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[DeliveryState] = mapped_column(enum_column(DeliveryState, "delivery_state"))
    tries: Mapped[int] = mapped_column(default=0)
    repeats: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcTime)
    give_up_at: Mapped[datetime] = mapped_column(UtcTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    tried_at: Mapped[datetime | None] = mapped_column(UtcTime)
    handed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    problem: Mapped[str] = mapped_column(String(300), default="")


class RefusedAddress(Base):
    """An address that a mail server refuses for good; nothing is sent there until it is cleared."""

    __tablename__ = "refused_address"

    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    refused_at: Mapped[datetime] = mapped_column(UtcTime)
    code: Mapped[int]
    detail: Mapped[str] = mapped_column(String(300))
