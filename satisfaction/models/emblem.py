"""Marks of offices: pictures that stand in the head of what citizens see, known by their digest."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from satisfaction.database import Base, UtcTime


class Emblem(Base):
    """One picture as PNG, drawn anew from what was sent; it never changes."""

    __tablename__ = "emblem"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int]
    height: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(UtcTime)
