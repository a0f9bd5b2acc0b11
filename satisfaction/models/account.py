"""Officers' accounts, their roles within units, their second factors, sign-ins, and throttling."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from satisfaction.database import Base, LocalDay, UtcTime, enum_column
from satisfaction.terms import Role


class Account(Base):
    """One officer, one account.

    ``unit_id`` is where the account belongs before it has any role. ``start_hash`` is that of the
    code that lets the officer set a password once. ``is_password_short`` says that the password is
    enough only beside a second factor, whose secret is kept sealed. ``subject`` is who the officer
    is at the provider of sign-ins; an e-mail counts there when an administrator vouched for it.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    enabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    unit_id: Mapped[int | None] = mapped_column(
        ForeignKey("unit.id", ondelete="RESTRICT"), index=True
    )
    email: Mapped[str | None] = mapped_column(String(254))
    is_email_vouched: Mapped[bool] = mapped_column(default=False, server_default=false())
    language: Mapped[str | None] = mapped_column(String(24))
    must_set_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_password_short: Mapped[bool] = mapped_column(default=False, server_default=false())
    start_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    start_expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary(200))
    offered_secret: Mapped[bytes | None] = mapped_column(LargeBinary(200))
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    subject: Mapped[str | None] = mapped_column(String(255), unique=True)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcTime)

    grants: Mapped[list["Grant"]] = relationship(
        back_populates="account", lazy="selectin", foreign_keys="Grant.account_id"
    )

    @property
    def has_second_factor(self) -> bool:
        """Whether a code is asked for after the password."""
        return self.sealed_secret is not None


class RecoveryCode(Base):
    """One of the codes that take the place of the second factor, each once; kept as a hash."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="RESTRICT"), index=True
    )
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


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

    def holds_on(self, day: date) -> bool:
        """Say whether the role is held on a day."""
        return self.from_day <= day and (self.until_day is None or day < self.until_day)


class SignIn(Base):
    """One signed-in session; only the hash of its token is kept.

    While ``awaits_code`` it opens nothing: the password was right and the code is still missing.
    ``is_strong`` says that a second factor was asked for. ``device`` is a family of browsers and
    ``network`` a prefix, for the officer's own list.
    """

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="RESTRICT"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    network: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    device: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    awaits_code: Mapped[bool] = mapped_column(default=False, server_default=false())
    wrong_codes: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    is_strong: Mapped[bool] = mapped_column(default=False, server_default=false())

    account: Mapped[Account] = relationship(lazy="joined")


class SignInThrottle(Base):
    """Failures counted for a name and network; kept as hashes, so no address is stored."""

    __tablename__ = "sign_in_throttle"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(UtcTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcTime)
