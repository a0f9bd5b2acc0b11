"""The office: units and their dated names, parents and succession; desks, sectors, procedures."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, LocalDay, enum_column
from satisfaction.terms import DeskKind, SuccessionExtent, SuccessionKind, UnitKind


class Unit(Base):
    """An agency, ward or centre whose ratings are totalled; everything else about it is dated."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    is_demonstration: Mapped[bool] = mapped_column(default=False)

    names: Mapped[list["UnitName"]] = relationship(
        back_populates="unit", order_by="UnitName.from_day", lazy="selectin"
    )


class UnitName(Base):
    """The code, kind and name that a unit bore, on a legal basis, from one day until another."""

    __tablename__ = "unit_name"
    __table_args__ = (
        UniqueConstraint("unit_id", "from_day"),
        CheckConstraint("until_day IS NULL OR until_day > from_day", name="days"),
        Index(None, "code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    code: Mapped[str] = mapped_column(String(32))
    kind: Mapped[UnitKind] = mapped_column(enum_column(UnitKind, "unit_kind"))
    name: Mapped[str] = mapped_column(String(200))
    search: Mapped[str] = mapped_column(String(200))
    legal_basis: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    from_day: Mapped[date] = mapped_column(LocalDay)
    until_day: Mapped[date | None] = mapped_column(LocalDay)

    unit: Mapped[Unit] = relationship(back_populates="names")


class UnitParent(Base):
    """Under which unit another stood, from one day until another (excluded)."""

    __tablename__ = "unit_parent"
    __table_args__ = (
        UniqueConstraint("unit_id", "from_day"),
        CheckConstraint("until_day IS NULL OR until_day > from_day", name="days"),
        CheckConstraint("unit_id <> parent_id", name="not_itself"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    parent_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"), index=True)
    from_day: Mapped[date] = mapped_column(LocalDay)
    until_day: Mapped[date | None] = mapped_column(LocalDay)


class Succession(Base):
    """That one unit followed another, wholly or in part, from a day, on a legal basis."""

    __tablename__ = "succession"
    __table_args__ = (
        UniqueConstraint("predecessor_id", "successor_id", "from_day"),
        CheckConstraint("predecessor_id <> successor_id", name="not_itself"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    predecessor_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    successor_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id", ondelete="RESTRICT"), index=True
    )
    kind: Mapped[SuccessionKind] = mapped_column(enum_column(SuccessionKind, "succession_kind"))
    extent: Mapped[SuccessionExtent] = mapped_column(
        enum_column(SuccessionExtent, "succession_extent")
    )
    from_day: Mapped[date] = mapped_column(LocalDay)
    legal_basis: Mapped[str] = mapped_column(String(200), default="")

    predecessor: Mapped[Unit] = relationship(foreign_keys=[predecessor_id])
    successor: Mapped[Unit] = relationship(foreign_keys=[successor_id])


class Desk(Base):
    """Where a citizen is served; a remote desk stands for visits online or by post.

    A desk never changes its unit: a moved desk is a new desk, so that old figures stay true.
    """

    __tablename__ = "desk"
    __table_args__ = (
        UniqueConstraint("unit_id", "code", "from_day"),
        CheckConstraint("until_day IS NULL OR until_day > from_day", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(120))
    detail: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[DeskKind] = mapped_column(enum_column(DeskKind, "desk_kind"))
    from_day: Mapped[date] = mapped_column(LocalDay)
    until_day: Mapped[date | None] = mapped_column(LocalDay)

    unit: Mapped[Unit] = relationship()


class Sector(Base):
    """A group of procedures."""

    __tablename__ = "sector"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    search: Mapped[str] = mapped_column(String(200))


class Procedure(Base):
    """An administrative procedure with its national code; valid from one day until another."""

    __tablename__ = "procedure"
    __table_args__ = (
        UniqueConstraint("national_code", "valid_from_day"),
        CheckConstraint("valid_until_day IS NULL OR valid_until_day > valid_from_day", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    national_code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(1000))
    short_name: Mapped[str] = mapped_column(String(120))
    search: Mapped[str] = mapped_column(String(1200))
    sector_id: Mapped[int] = mapped_column(ForeignKey("sector.id", ondelete="RESTRICT"), index=True)
    valid_from_day: Mapped[date] = mapped_column(LocalDay)
    valid_until_day: Mapped[date | None] = mapped_column(LocalDay)

    sector: Mapped[Sector] = relationship()
