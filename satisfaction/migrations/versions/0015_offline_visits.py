"""visits that an officer opened while the server was away."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "visit", sa.Column("is_offline", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    """Take back; the visits stay, and nothing says that the server was away."""
    op.drop_column("visit", "is_offline")
