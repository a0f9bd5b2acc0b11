"""Cards on desks: printed symbols that anybody may open, for opinions that name no visit."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, UtcTime
from satisfaction.models.office import Desk


class DeskCard(Base):
    """The word of one desk's printed symbol; it is no secret, and a desk has one at a time."""

    __tablename__ = "desk_card"
    __table_args__ = (
        Index(
            "uq_desk_card_in_use",
            "desk_id",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id", ondelete="RESTRICT"))
    word: Mapped[str] = mapped_column(String(16), unique=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcTime)

    desk: Mapped[Desk] = relationship()
