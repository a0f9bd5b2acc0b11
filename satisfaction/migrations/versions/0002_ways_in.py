"""ways in beside the kiosk: cards on desks, allowances, other systems, longer or shorter links."""

import sqlalchemy as sa
from alembic import op

from satisfaction.database import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OLD_DEEDS = (
    "signed_in",
    "sign_in_failed",
    "signed_out",
    "account_created",
    "role_granted",
    "dossiers_imported",
    "counts_exported",
    "rating_conflict",
    "rating_voided",
    "office_changed",
    "kiosk_enrolled",
    "kiosk_revoked",
)
NEW_DEEDS = (
    "invitation_made",
    "paper_entered",
    "card_made",
    "service_admitted",
    "service_revoked",
)


def _allow_deeds(deeds: tuple[str, ...]) -> None:
    """Replace the words that the log accepts; SQLite makes the table anew for that."""
    name = op.f("ck_audit_entry_audit_action")
    words = ", ".join(f"'{deed}'" for deed in deeds)
    with op.batch_alter_table("audit_entry") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"action IN ({words})")


def upgrade() -> None:
    """Apply."""
    _allow_deeds((*OLD_DEEDS, *NEW_DEEDS))
    op.add_column(
        "configuration",
        sa.Column("invitation_hours", sa.Integer(), server_default="24", nullable=False),
    )
    op.create_index(
        "ix_visit_online_dossier",
        "visit",
        ["dossier_id"],
        sqlite_where=sa.text("channel = 'online'"),
        postgresql_where=sa.text("channel = 'online'"),
    )
    op.create_table(
        "desk_card",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desk.id"], name=op.f("fk_desk_card_desk_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"],
            ["account.id"],
            name=op.f("fk_desk_card_made_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_card")),
        sa.UniqueConstraint("word", name=op.f("uq_desk_card_word")),
    )
    op.create_index(
        "uq_desk_card_in_use",
        "desk_card",
        ["desk_id"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "quota_use",
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hour_at", UtcTime(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_quota_use")),
    )
    op.create_index(op.f("ix_quota_use_hour_at"), "quota_use", ["hour_at"])
    op.create_table(
        "service_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_service_token_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_service_token_token_hash")),
    )
    op.create_index(op.f("ix_service_token_unit_id"), "service_token", ["unit_id"])


def downgrade() -> None:
    """Take back; deeds that the older version has no word for are kept as changes to the office."""
    op.drop_table("service_token")
    op.drop_table("quota_use")
    op.drop_table("desk_card")
    op.drop_index("ix_visit_online_dossier", table_name="visit")
    op.drop_column("configuration", "invitation_hours")
    log = sa.table("audit_entry", sa.column("action", sa.String))
    op.execute(log.update().where(log.c.action.in_(NEW_DEEDS)).values(action="office_changed"))
    _allow_deeds(OLD_DEEDS)
