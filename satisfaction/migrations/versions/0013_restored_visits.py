"""visits that a restored server has forgotten and learned of from a device, and a way to them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "visit", sa.Column("is_restored", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index(
        "ix_visit_restored",
        "visit",
        ["desk_id"],
        sqlite_where=sa.text("is_restored = 1"),
        postgresql_where=sa.text("is_restored"),
    )


def downgrade() -> None:
    """Take back; the visits stay, and nothing says how the server learned of them."""
    op.drop_index("ix_visit_restored", table_name="visit")
    op.drop_column("visit", "is_restored")
