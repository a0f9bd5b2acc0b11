"""what officers say of a day that stood out, kept as it was said."""

import sqlalchemy as sa
from alembic import op

from satisfaction.database import LocalDay, UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CHANGED = (
    "OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL OR NEW.words <> OLD.words OR "
    "NEW.unit_id <> OLD.unit_id OR NEW.local_day <> OLD.local_day OR NEW.at <> OLD.at OR "
    "NEW.account_id <> OLD.account_id"
)
REFUSAL = "notes are append-only, they can only be withdrawn"


def _protect() -> None:
    """Have the database itself keep every note as it was said."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER day_note_refuses_delete BEFORE DELETE ON day_note "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        op.execute(
            f"CREATE TRIGGER day_note_refuses_change BEFORE UPDATE ON day_note WHEN {CHANGED} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_note_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER day_note_kept BEFORE DELETE ON day_note "
        "FOR EACH ROW EXECUTE FUNCTION refuse_note_change()"
    )
    op.execute(
        "CREATE TRIGGER day_note_not_emptied BEFORE TRUNCATE ON day_note "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_note_change()"
    )
    op.execute(
        "CREATE TRIGGER day_note_withdraw_only BEFORE UPDATE ON day_note FOR EACH ROW "
        f"WHEN ({CHANGED}) EXECUTE FUNCTION refuse_note_change()"
    )


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "day_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("local_day", LocalDay(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_day_note_unit_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_day_note_account_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_note")),
    )
    op.create_index(
        op.f("ix_day_note_unit_id_day_note_local_day"), "day_note", ["unit_id", "local_day"]
    )
    _protect()


def downgrade() -> None:
    """Take back; what was said is lost."""
    if op.get_context().dialect.name == "postgresql":
        for trigger in ("day_note_withdraw_only", "day_note_kept", "day_note_not_emptied"):
            op.execute(f"DROP TRIGGER {trigger} ON day_note")
        op.execute("DROP FUNCTION refuse_note_change()")
    op.drop_table("day_note")
