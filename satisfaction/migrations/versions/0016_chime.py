"""whether a kiosk sounds a chime when its question appears."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "configuration",
        sa.Column("has_chime", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Take back; every kiosk is silent again."""
    op.drop_column("configuration", "has_chime")
