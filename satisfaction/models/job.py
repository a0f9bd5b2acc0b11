"""Runs of what the system does by itself: planned once, leased, and what came of them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from satisfaction.database import Base, LocalDay, UtcTime, enum_column
from satisfaction.terms import JobState


class JobRun(Base):
    """One run of one job, of a unit or of the whole office, due at one moment.

    Whoever inserts the row plans the run, and nobody can a second time. Whoever holds the lease
    carries it out; a lease that ran out lets somebody else begin again.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        Index(
            "uq_job_run_whole",
            "job",
            "planned_at",
            unique=True,
            sqlite_where=text("unit_id IS NULL"),
            postgresql_where=text("unit_id IS NULL"),
        ),
        Index(
            "uq_job_run_unit",
            "job",
            "unit_id",
            "planned_at",
            unique=True,
            sqlite_where=text("unit_id IS NOT NULL"),
            postgresql_where=text("unit_id IS NOT NULL"),
        ),
        Index("ix_job_run_state", "state", "planned_at"),
        Index("ix_job_run_local_day", "local_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(32))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    local_day: Mapped[date] = mapped_column(LocalDay)
    planned_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[JobState] = mapped_column(enum_column(JobState, "job_state"))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    problem: Mapped[str] = mapped_column(String(300), default="")
