"""Officers' accounts, their roles within units, their sign-ins, and throttling."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, LocalDay, UtcTime, enum_column
from satisfaction.terms import Role


class Account(Base):
    """One officer, one account."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)

    grants: Mapped[list["Grant"]] = relationship(
        back_populates="account", lazy="selectin", foreign_keys="Grant.account_id"
    )


class Grant(Base):
    """A role within a unit and everything under it, from one day until another (excluded)."""

    __tablename__ = "role_grant"
    __table_args__ = (CheckConstraint("until_day IS NULL OR until_day > from_day", name="days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="RESTRICT"), index=True
    )
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="RESTRICT"))
    from_day: Mapped[date] = mapped_column(LocalDay)
    until_day: Mapped[date | None] = mapped_column(LocalDay)
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"))

    account: Mapped[Account] = relationship(back_populates="grants", foreign_keys=[account_id])


class SignIn(Base):
    """One signed-in session; only the hash of its token is kept."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="RESTRICT"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)

    account: Mapped[Account] = relationship(lazy="joined")


class SignInThrottle(Base):
    """Failures counted for a name and network; kept as hashes, so no address is stored."""

    __tablename__ = "sign_in_throttle"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(UtcTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcTime)
