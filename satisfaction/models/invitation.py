"""Invitations: one-time links that let one visit be rated from the citizen's own phone."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, UtcTime, enum_column
from satisfaction.models.visit import Visit
from satisfaction.terms import InvitationPurpose


class Invitation(Base):
    """One link for one visit; only the hash of its 128 random bits is kept."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id", ondelete="RESTRICT"), index=True)
    purpose: Mapped[InvitationPurpose] = mapped_column(
        enum_column(InvitationPurpose, "invitation_purpose")
    )
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)

    visit: Mapped[Visit] = relationship()
