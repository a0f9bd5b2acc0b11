"""accounts that are set up by their officers, second factors, and a log that is only added to."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from satisfaction.database import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _of_account() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("enabled_at", UtcTime),
        sa.Column("unit_id", sa.Integer),
        sa.Column("email", sa.String(254)),
        sa.Column("is_email_vouched", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("language", sa.String(24)),
        sa.Column("must_set_password", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("is_password_short", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("start_hash", sa.LargeBinary(32)),
        sa.Column("start_expires_at", UtcTime),
        sa.Column("sealed_secret", sa.LargeBinary(200)),
        sa.Column("offered_secret", sa.LargeBinary(200)),
        sa.Column("last_step", sa.BigInteger),
        sa.Column("subject", sa.String(255)),
        sa.Column("last_sign_in_at", UtcTime),
        sa.Column("reviewed_at", UtcTime),
    )


def _of_sign_in() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("network", sa.String(64), server_default=sa.text("''"), nullable=False),
        sa.Column("device", sa.String(60), server_default=sa.text("''"), nullable=False),
        sa.Column("awaits_code", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("wrong_codes", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("is_strong", sa.Boolean, server_default=sa.false(), nullable=False),
    )


ON_SQLITE = (
    (
        "CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry "
        "BEGIN SELECT RAISE(ABORT, 'the log is only added to'); END"
    ),
    (
        "CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry "
        "WHEN OLD.at > (CAST(strftime('%s', 'now', '-365 days') AS INTEGER) * 1000000) "
        "BEGIN SELECT RAISE(ABORT, 'the log is kept for a year'); END"
    ),
)
ON_POSTGRESQL = (
    """
    CREATE FUNCTION keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        IF OLD.at <= now() - interval '365 days' THEN
          RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the log is kept for a year';
      END IF;
      RAISE EXCEPTION 'the log is only added to';
    END $$
    """,
    (
        "CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION keep_audit_entry()"
    ),
    (
        "CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_entry()"
    ),
)


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("account") as batch:
        for column in _of_account():
            batch.add_column(column)
        batch.create_foreign_key(
            op.f("fk_account_unit_id"), "unit", ["unit_id"], ["id"], ondelete="RESTRICT"
        )
        batch.create_unique_constraint(op.f("uq_account_start_hash"), ["start_hash"])
        batch.create_unique_constraint(op.f("uq_account_subject"), ["subject"])
    op.create_index(op.f("ix_account_unit_id"), "account", ["unit_id"])
    for column in _of_sign_in():
        op.add_column("sign_in", column)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("used_at", UtcTime),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_recovery_code_account_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_account_id"), "recovery_code", ["account_id"])
    op.create_index(op.f("ix_audit_entry_account_id"), "audit_entry", ["account_id"])
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in ON_SQLITE if on_sqlite else ON_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER IF EXISTS audit_entry_unchanged")
        op.execute("DROP TRIGGER IF EXISTS audit_entry_kept")
    else:
        op.execute("DROP TRIGGER audit_entry_kept ON audit_entry")
        op.execute("DROP TRIGGER audit_entry_not_emptied ON audit_entry")
        op.execute("DROP FUNCTION keep_audit_entry")
    op.drop_index(op.f("ix_audit_entry_account_id"), table_name="audit_entry")
    op.drop_table("recovery_code")
    with op.batch_alter_table("sign_in") as batch:
        for column in _of_sign_in():
            batch.drop_column(column.name)
    op.drop_index(op.f("ix_account_unit_id"), table_name="account")
    with op.batch_alter_table("account") as batch:
        batch.drop_constraint(op.f("fk_account_unit_id"), type_="foreignkey")
        batch.drop_constraint(op.f("uq_account_start_hash"), type_="unique")
        batch.drop_constraint(op.f("uq_account_subject"), type_="unique")
        for column in _of_account():
            batch.drop_column(column.name)
