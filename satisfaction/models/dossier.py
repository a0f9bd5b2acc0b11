"""Dossiers of one-stop systems. There is no column for a citizen's name, phone or identity."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, LocalDay, enum_column
from satisfaction.models.office import Procedure
from satisfaction.terms import Channel


class Dossier(Base):
    """One case, known by its source system and its code there; days are those of the dossier.

    ``due_day`` comes from the appointment slip and is never computed from the catalogue.
    """

    __tablename__ = "dossier"
    __table_args__ = (
        UniqueConstraint("source_system", "code"),
        Index(None, "unit_id", "finished_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_system: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(80))
    is_code_irregular: Mapped[bool] = mapped_column(default=False)
    procedure_id: Mapped[int | None] = mapped_column(
        ForeignKey("procedure.id", ondelete="RESTRICT")
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desk.id", ondelete="RESTRICT"))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"))
    received_day: Mapped[date | None] = mapped_column(LocalDay)
    due_day: Mapped[date | None] = mapped_column(LocalDay)
    finished_day: Mapped[date | None] = mapped_column(LocalDay)
    returned_day: Mapped[date | None] = mapped_column(LocalDay)
    is_digitised: Mapped[bool | None]

    procedure: Mapped[Procedure | None] = relationship()
