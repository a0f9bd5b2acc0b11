"""Scales, their levels, the reasons offered, and the versions of what a kiosk shows."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, UtcTime, enum_column
from satisfaction.terms import FollowUp, Leaning

MOST_LEVELS = 7


class Scale(Base):
    """One version of a scale; a rating keeps the version it was given under."""

    __tablename__ = "scale"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(24))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(200), default="")

    levels: Mapped[list["Level"]] = relationship(order_by="Level.position", lazy="selectin")


class Level(Base):
    """One answer of a scale; position 1 is the lowest."""

    __tablename__ = "level"
    __table_args__ = (
        UniqueConstraint("scale_id", "position"),
        CheckConstraint(f"position BETWEEN 1 AND {MOST_LEVELS}", name="position"),
        CheckConstraint("face BETWEEN 1 AND 5", name="face"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scale_id: Mapped[int] = mapped_column(ForeignKey("scale.id", ondelete="RESTRICT"))
    position: Mapped[int]
    face: Mapped[int]
    label_vi: Mapped[str] = mapped_column(String(60))
    label_en: Mapped[str] = mapped_column(String(60))
    leaning: Mapped[Leaning] = mapped_column(enum_column(Leaning, "leaning"))


class Reason(Base):
    """A fixed choice after the rating."""

    __tablename__ = "reason"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(24), unique=True)
    label_vi: Mapped[str] = mapped_column(String(80))
    label_en: Mapped[str] = mapped_column(String(80))
    basis: Mapped[str] = mapped_column(String(120), default="")


class Configuration(Base):
    """What the kiosks of a unit show; a change adds a row, so a rating can name what it saw."""

    __tablename__ = "configuration"
    __table_args__ = (Index(None, "unit_id", "from_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    from_at: Mapped[datetime] = mapped_column(UtcTime)
    scale_id: Mapped[int] = mapped_column(ForeignKey("scale.id", ondelete="RESTRICT"))
    follow_up: Mapped[FollowUp] = mapped_column(enum_column(FollowUp, "follow_up"))
    follow_up_most: Mapped[int] = mapped_column(default=3)
    reason_codes: Mapped[list[str]] = mapped_column(JSON, default=list)
    allows_unlinked: Mapped[bool] = mapped_column(default=False)
    idle_seconds: Mapped[int] = mapped_column(default=90)
    has_chime: Mapped[bool] = mapped_column(default=False, server_default=false())
    invitation_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    office_title: Mapped[str] = mapped_column(String(200), default="")
    we_changed_vi: Mapped[str] = mapped_column(String(300), default="")
    we_changed_en: Mapped[str] = mapped_column(String(300), default="")
    emblem_digest: Mapped[str | None] = mapped_column(
        ForeignKey("emblem.digest", ondelete="RESTRICT")
    )

    scale: Mapped[Scale] = relationship()
