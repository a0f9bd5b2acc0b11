"""Cases: a citizen's voice, or a pattern of marks, that somebody answers. None is ever removed."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, LocalDay, PackedUuid, UtcTime, enum_column
from satisfaction.models.account import Account
from satisfaction.models.rating import LongId
from satisfaction.terms import CaseDeed, CaseKind, CaseState, Mark


class Case(Base):
    """One thing to answer, in one unit; ``token`` is random and is all that addresses name.

    A rating has at most one case of a kind: its allegation is answered apart from the rest of it.
    A pattern belongs to a desk, a day and a mark. ``version`` counts the changes, so that two
    officers cannot overwrite each other.
    """

    __tablename__ = "voice_case"
    __table_args__ = (
        UniqueConstraint("rating_seq", "kind"),
        UniqueConstraint("desk_id", "day", "mark"),
        CheckConstraint("(kind = 'pattern') = (rating_seq IS NULL)", name="of_a_rating"),
        CheckConstraint("(kind = 'pattern') = (mark IS NOT NULL)", name="of_a_mark"),
        CheckConstraint("(state = 'done') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(state = 'done') = (closed_day IS NOT NULL)", name="closed_day"),
        Index(None, "unit_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[uuid.UUID] = mapped_column(PackedUuid, unique=True)
    kind: Mapped[CaseKind] = mapped_column(enum_column(CaseKind, "case_kind"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id", ondelete="RESTRICT"))
    day: Mapped[date] = mapped_column(LocalDay)
    rating_seq: Mapped[int | None] = mapped_column(
        LongId, ForeignKey("rating.seq", ondelete="RESTRICT")
    )
    mark: Mapped[Mark | None] = mapped_column(enum_column(Mark, "case_mark"))
    state: Mapped[CaseState] = mapped_column(enum_column(CaseState, "case_state"))
    assignee_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="RESTRICT"), index=True
    )
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    opened_day: Mapped[date] = mapped_column(LocalDay)
    due_day: Mapped[date] = mapped_column(LocalDay)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_day: Mapped[date | None] = mapped_column(LocalDay)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    assignee: Mapped[Account | None] = relationship()


class CaseEvent(Base):
    """One change of a case: who, when, what; ``words`` are an officer's own and can be erased."""

    __tablename__ = "case_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("voice_case.id", ondelete="RESTRICT"), index=True
    )
    at: Mapped[datetime] = mapped_column(UtcTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    deed: Mapped[CaseDeed] = mapped_column(enum_column(CaseDeed, "case_deed"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    words: Mapped[str | None] = mapped_column(String(1000))
    erased_at: Mapped[datetime | None] = mapped_column(UtcTime)

    account: Mapped[Account | None] = relationship()


class CasePolicy(Base):
    """What a unit, and what stands under it without a policy of its own, holds to.

    Units: ``delay_days`` after the day's closing; ``deadline_days`` in working days;
    ``kept_months`` in months.
    """

    __tablename__ = "case_policy"
    __table_args__ = (
        CheckConstraint("delay_days BETWEEN 0 AND 31", name="delay"),
        CheckConstraint("deadline_days BETWEEN 1 AND 60", name="deadline"),
        CheckConstraint("kept_months BETWEEN 1 AND 120", name="kept"),
    )

    unit_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id", ondelete="RESTRICT"), primary_key=True
    )
    delay_days: Mapped[int]
    deadline_days: Mapped[int]
    kept_months: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
