"""Kiosks: enrolled devices with a credential of their own, never a person's account."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, UtcTime
from satisfaction.models.office import Desk


class Kiosk(Base):
    """One enrolled device at a desk; only the hash of its credential is kept."""

    __tablename__ = "kiosk"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id", ondelete="RESTRICT"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    enrolled_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)

    desk: Mapped[Desk] = relationship()
