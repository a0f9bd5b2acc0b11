"""Ratings, append-only, with what belongs to them. No row here is ever changed or removed.

At most one rating counts for a visit, and the database keeps it so without any update: a visit
has one first rating (unique among those that supersede nothing), each rating is superseded at
most once, and the one that nothing supersedes counts.
"""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from satisfaction.database import Base, LocalDay, PackedUuid, UtcTime, enum_column
from satisfaction.terms import Language, Layout, Mark, RatingSource, RefusalReason

# Keys that only grow, in rows that never change, need no room between them.
FULL_PAGES = {"fillfactor": 100}
LongId = BigInteger().with_variant(Integer(), "sqlite")


class Rating(Base):
    """One answer to one visit, or an unlinked answer when ``visit_id`` is null.

    ``tapped_at`` is the device's own time; ``clock_offset_ms`` corrects it where it was measured;
    ``local_day`` is the office's day of the corrected time, null where it cannot be known.
    ``comment_commit`` is a salted commitment, so that a comment can be erased and still be proved.
    """

    __tablename__ = "rating"
    __table_args__ = (
        Index(
            "uq_rating_first_of_visit",
            "visit_id",
            unique=True,
            sqlite_where=text("supersedes_seq IS NULL AND visit_id IS NOT NULL"),
            postgresql_where=text("supersedes_seq IS NULL AND visit_id IS NOT NULL"),
            postgresql_with=FULL_PAGES,
        ),
        Index(
            "uq_rating_supersedes",
            "supersedes_seq",
            unique=True,
            sqlite_where=text("supersedes_seq IS NOT NULL"),
            postgresql_where=text("supersedes_seq IS NOT NULL"),
        ),
        Index(None, "local_day", "unit_id"),
        Index(
            "ix_rating_assisted",
            "local_day",
            "unit_id",
            sqlite_where=text("is_assisted = 1"),
            postgresql_where=text("is_assisted"),
        ),
        Index("ix_rating_device", "kiosk_id", "device_epoch", "device_counter"),
        CheckConstraint(
            "supersedes_seq IS NULL OR visit_id IS NOT NULL", name="superseding_is_linked"
        ),
    )

    seq: Mapped[int] = mapped_column(LongId, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(PackedUuid, unique=True)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="RESTRICT"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id", ondelete="RESTRICT"))
    level_id: Mapped[int] = mapped_column(ForeignKey("level.id", ondelete="RESTRICT"))
    configuration_id: Mapped[int] = mapped_column(
        ForeignKey("configuration.id", ondelete="RESTRICT")
    )
    kiosk_id: Mapped[int | None] = mapped_column(ForeignKey("kiosk.id", ondelete="RESTRICT"))
    device_epoch: Mapped[int | None]
    device_counter: Mapped[int | None]
    source: Mapped[RatingSource] = mapped_column(enum_column(RatingSource, "rating_source"))
    is_assisted: Mapped[bool] = mapped_column(default=False)
    language: Mapped[Language] = mapped_column(enum_column(Language, "language"))
    layout: Mapped[Layout] = mapped_column(enum_column(Layout, "layout"))
    tapped_at: Mapped[datetime] = mapped_column(UtcTime)
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    clock_offset_ms: Mapped[int | None]
    local_day: Mapped[date | None] = mapped_column(LocalDay)
    supersedes_seq: Mapped[int | None] = mapped_column(
        LongId, ForeignKey("rating.seq", ondelete="RESTRICT")
    )
    comment_commit: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class RatingReason(Base):
    """A reason given after a rating, once."""

    __tablename__ = "rating_reason"

    rating_seq: Mapped[int] = mapped_column(
        LongId, ForeignKey("rating.seq", ondelete="RESTRICT"), primary_key=True
    )
    reason_id: Mapped[int] = mapped_column(
        ForeignKey("reason.id", ondelete="RESTRICT"), primary_key=True
    )
    given_at: Mapped[datetime] = mapped_column(UtcTime)


class RatingMark(Base):
    """Why a rating, kept and counted, is shown as to be looked at."""

    __tablename__ = "rating_mark"

    rating_seq: Mapped[int] = mapped_column(
        LongId, ForeignKey("rating.seq", ondelete="RESTRICT"), primary_key=True
    )
    mark: Mapped[Mark] = mapped_column(enum_column(Mark, "mark"), primary_key=True)
    marked_at: Mapped[datetime] = mapped_column(UtcTime)


class Comment(Base):
    """Free text of a citizen, and its salted commitment, which outlives an erasure."""

    __tablename__ = "comment"
    __table_args__ = (
        Index(None, "given_at"),
        Index(
            "ix_comment_unerased",
            "given_at",
            sqlite_where=text("body IS NOT NULL"),
            postgresql_where=text("body IS NOT NULL"),
        ),
        CheckConstraint("(body IS NULL) = (salt IS NULL)", name="erased_together"),
    )

    rating_seq: Mapped[int] = mapped_column(
        LongId, ForeignKey("rating.seq", ondelete="RESTRICT"), primary_key=True
    )
    given_at: Mapped[datetime] = mapped_column(UtcTime)
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32))
    body: Mapped[str | None] = mapped_column(String(1000))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    erased_at: Mapped[datetime | None] = mapped_column(UtcTime)


class RatingVoid(Base):
    """That a rating is no longer counted, by whom and why; the rating itself stays."""

    __tablename__ = "rating_void"

    rating_seq: Mapped[int] = mapped_column(
        LongId, ForeignKey("rating.seq", ondelete="RESTRICT"), primary_key=True
    )
    voided_at: Mapped[datetime] = mapped_column(UtcTime)
    voided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    explanation: Mapped[str] = mapped_column(String(500))


class Refusal(Base):
    """A delivered rating that was not counted, kept with its reason; the same one is kept once."""

    __tablename__ = "refusal"
    __table_args__ = (
        UniqueConstraint("rating_id", "content_hash"),
        Index("ix_refusal_device", "kiosk_id", "device_epoch", "device_counter"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rating_id: Mapped[uuid.UUID] = mapped_column(PackedUuid)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    kiosk_id: Mapped[int | None] = mapped_column(ForeignKey("kiosk.id", ondelete="RESTRICT"))
    device_epoch: Mapped[int | None]
    device_counter: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    reason: Mapped[RefusalReason] = mapped_column(enum_column(RefusalReason, "refusal_reason"))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
