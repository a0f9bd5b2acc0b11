"""Visits: one serving of one citizen. A visit says whether it was rated, never how."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, LocalDay, PackedUuid, UtcTime, enum_column
from satisfaction.models.dossier import Dossier
from satisfaction.models.office import Desk, Procedure
from satisfaction.terms import Channel, Outcome, VisitKind

# A link to a dossier or a ticket that is still to be erased; said in the same words by who erases.
IS_LINKED = text("(dossier_id IS NOT NULL OR ticket_number <> '')")


class Visit(Base):
    """One serving, at a desk or online; ``token`` is how devices name it.

    ``is_assisted`` says that the citizen is helped to rate at the desk's kiosk; ``is_restored``
    that a server restored from a copy learned of the visit, or of its end, from a device;
    ``is_offline`` that an officer opened it while the server was away.
    """

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (closed_day IS NULL)", name="closed"),
        CheckConstraint("outcome IS NULL OR closed_at IS NOT NULL", name="outcome_after_close"),
        Index(
            "ix_visit_waiting",
            "desk_id",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
        Index(None, "closed_day", "desk_id"),
        Index(
            "ix_visit_restored",
            "desk_id",
            sqlite_where=text("is_restored = 1"),
            postgresql_where=text("is_restored"),
        ),
        Index(
            "ix_visit_online_dossier",
            "dossier_id",
            sqlite_where=text("channel = 'online'"),
            postgresql_where=text("channel = 'online'"),
        ),
        Index(
            "ix_visit_linked",
            "unit_id",
            "closed_day",
            sqlite_where=IS_LINKED,
            postgresql_where=IS_LINKED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[uuid.UUID] = mapped_column(PackedUuid, unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id", ondelete="RESTRICT"))
    kind: Mapped[VisitKind] = mapped_column(enum_column(VisitKind, "visit_kind"))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"))
    ticket_number: Mapped[str] = mapped_column(String(16), default="")
    dossier_id: Mapped[int | None] = mapped_column(ForeignKey("dossier.id", ondelete="RESTRICT"))
    procedure_id: Mapped[int | None] = mapped_column(
        ForeignKey("procedure.id", ondelete="RESTRICT")
    )
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_day: Mapped[date | None] = mapped_column(LocalDay)
    shown_at: Mapped[datetime | None] = mapped_column(UtcTime)
    outcome: Mapped[Outcome | None] = mapped_column(enum_column(Outcome, "outcome"))
    is_assisted: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_restored: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_offline: Mapped[bool] = mapped_column(default=False, server_default=false())

    desk: Mapped[Desk] = relationship()
    procedure: Mapped[Procedure | None] = relationship()
    dossier: Mapped[Dossier | None] = relationship()
