"""visits whose citizen is helped to rate, and a short way to the ratings that were helped."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "visit", sa.Column("is_assisted", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index(
        "ix_rating_assisted",
        "rating",
        ["local_day", "unit_id"],
        sqlite_where=sa.text("is_assisted = 1"),
        postgresql_where=sa.text("is_assisted"),
    )


def downgrade() -> None:
    """Take back; ratings keep that they were helped."""
    op.drop_index("ix_rating_assisted", table_name="rating")
    op.drop_column("visit", "is_assisted")
