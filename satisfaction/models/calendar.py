"""When units are open: weekly hours with the day they begin, and days that differ from them."""

from datetime import date

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from satisfaction.database import Base, LocalDay

StoredSpans = list[list[int]]


class OpeningWeek(Base):
    """The hours that a unit has of its own from a day on, until its next row.

    ``spans`` holds one list for each weekday, Monday first; without it the unit goes by what
    stands above it again.
    Units: a span is [first, end] in minutes since local midnight, the end excluded.
    """

    __tablename__ = "opening_week"
    __table_args__ = (UniqueConstraint("unit_id", "from_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    from_day: Mapped[date] = mapped_column(LocalDay)
    spans: Mapped[list[StoredSpans] | None] = mapped_column(JSON(none_as_null=True))


class SpecialDay(Base):
    """A day on which a unit, and what stands under it, is open at other hours or not at all."""

    __tablename__ = "special_day"
    __table_args__ = (UniqueConstraint("unit_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    day: Mapped[date] = mapped_column(LocalDay, index=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    spans: Mapped[StoredSpans] = mapped_column(JSON)
