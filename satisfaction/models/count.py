"""Daily counts: functions of the day's ratings and visits, rebuilt and never incremented."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from satisfaction.database import Base, LocalDay, UtcTime, enum_column
from satisfaction.terms import Channel, RatingSource, Standing


class CountedDay(Base):
    """A closed local day whose counts are stored; a marked day is counted live again."""

    __tablename__ = "counted_day"

    local_day: Mapped[date] = mapped_column(LocalDay, primary_key=True)
    rebuilt_at: Mapped[datetime | None] = mapped_column(UtcTime)
    marked_at: Mapped[datetime | None] = mapped_column(UtcTime)


class DailyCount(Base):
    """Answers of one day at one desk, one column a level position."""

    __tablename__ = "daily_count"
    __table_args__ = (
        Index(None, "unit_id", "local_day"),
        {"sqlite_with_rowid": False},
    )

    local_day: Mapped[date] = mapped_column(LocalDay, primary_key=True)
    desk_id: Mapped[int] = mapped_column(
        ForeignKey("desk.id", ondelete="RESTRICT"), primary_key=True
    )
    scale_id: Mapped[int] = mapped_column(
        ForeignKey("scale.id", ondelete="RESTRICT"), primary_key=True
    )
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"), primary_key=True)
    source: Mapped[RatingSource] = mapped_column(
        enum_column(RatingSource, "rating_source"), primary_key=True
    )
    standing: Mapped[Standing] = mapped_column(enum_column(Standing, "standing"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    level_1: Mapped[int]
    level_2: Mapped[int]
    level_3: Mapped[int]
    level_4: Mapped[int]
    level_5: Mapped[int]
    level_6: Mapped[int]
    level_7: Mapped[int]


class DailyVisitCount(Base):
    """Finished visits of one day at one desk, and what became of their question."""

    __tablename__ = "daily_visit_count"
    __table_args__ = (
        Index(None, "unit_id", "local_day"),
        {"sqlite_with_rowid": False},
    )

    local_day: Mapped[date] = mapped_column(LocalDay, primary_key=True)
    desk_id: Mapped[int] = mapped_column(
        ForeignKey("desk.id", ondelete="RESTRICT"), primary_key=True
    )
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    finished: Mapped[int]
    rated: Mapped[int]
    skipped: Mapped[int]
    timed_out: Mapped[int]
    expired: Mapped[int]
    not_shown: Mapped[int]


class DailyProcedureCount(Base):
    """Answers of one day at one desk about one procedure, one column a level position.

    ``procedure_key`` is the procedure's key, or 0 for visits without one, which no key of
    another table could say.
    """

    __tablename__ = "daily_procedure_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    unit_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id", ondelete="RESTRICT"), primary_key=True
    )
    local_day: Mapped[date] = mapped_column(LocalDay, primary_key=True)
    desk_id: Mapped[int] = mapped_column(
        ForeignKey("desk.id", ondelete="RESTRICT"), primary_key=True
    )
    procedure_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    scale_id: Mapped[int] = mapped_column(
        ForeignKey("scale.id", ondelete="RESTRICT"), primary_key=True
    )
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"), primary_key=True)
    source: Mapped[RatingSource] = mapped_column(
        enum_column(RatingSource, "rating_source"), primary_key=True
    )
    standing: Mapped[Standing] = mapped_column(enum_column(Standing, "standing"), primary_key=True)
    level_1: Mapped[int]
    level_2: Mapped[int]
    level_3: Mapped[int]
    level_4: Mapped[int]
    level_5: Mapped[int]
    level_6: Mapped[int]
    level_7: Mapped[int]


class DailyProcedureVisitCount(Base):
    """Finished visits of one day at one desk about one procedure, and how many were rated."""

    __tablename__ = "daily_procedure_visit_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    unit_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id", ondelete="RESTRICT"), primary_key=True
    )
    local_day: Mapped[date] = mapped_column(LocalDay, primary_key=True)
    desk_id: Mapped[int] = mapped_column(
        ForeignKey("desk.id", ondelete="RESTRICT"), primary_key=True
    )
    procedure_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"), primary_key=True)
    finished: Mapped[int]
    rated: Mapped[int]


class DailyHourCount(Base):
    """Answers of one day and hour of the wall clock at one desk, by what they count as."""

    __tablename__ = "daily_hour_count"
    __table_args__ = (
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        {"sqlite_with_rowid": False},
    )

    unit_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id", ondelete="RESTRICT"), primary_key=True
    )
    local_day: Mapped[date] = mapped_column(LocalDay, primary_key=True)
    desk_id: Mapped[int] = mapped_column(
        ForeignKey("desk.id", ondelete="RESTRICT"), primary_key=True
    )
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"), primary_key=True)
    satisfied: Mapped[int]
    neutral: Mapped[int]
    dissatisfied: Mapped[int]


class DailyReasonCount(Base):
    """How many answers of one day that do not count as satisfied gave one reason."""

    __tablename__ = "daily_reason_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    unit_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id", ondelete="RESTRICT"), primary_key=True
    )
    local_day: Mapped[date] = mapped_column(LocalDay, primary_key=True)
    desk_id: Mapped[int] = mapped_column(
        ForeignKey("desk.id", ondelete="RESTRICT"), primary_key=True
    )
    procedure_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"), primary_key=True)
    reason_id: Mapped[int] = mapped_column(
        ForeignKey("reason.id", ondelete="RESTRICT"), primary_key=True
    )
    given: Mapped[int]


class DailyReasonedCount(Base):
    """How many answers of one day that do not count as satisfied gave any reason at all.

    ``reasoned_openly`` are those with a reason that is no allegation: an allegation must not be
    derived from how many gave reasons.
    """

    __tablename__ = "daily_reasoned_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    unit_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id", ondelete="RESTRICT"), primary_key=True
    )
    local_day: Mapped[date] = mapped_column(LocalDay, primary_key=True)
    desk_id: Mapped[int] = mapped_column(
        ForeignKey("desk.id", ondelete="RESTRICT"), primary_key=True
    )
    procedure_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "channel"), primary_key=True)
    reasoned: Mapped[int]
    reasoned_openly: Mapped[int]
