"""What officers say of a day that stood out, such as a power cut. None is changed or removed."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, LocalDay, UtcTime
from satisfaction.models.account import Account


class DayNote(Base):
    """One sentence on a unit's day; a later one, or none, takes its place by withdrawing it."""

    __tablename__ = "day_note"
    __table_args__ = (Index(None, "unit_id", "local_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    local_day: Mapped[date] = mapped_column(LocalDay)
    words: Mapped[str] = mapped_column(String(200))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)

    account: Mapped[Account] = relationship()
