"""when units are open: weekly hours, and days that differ from them."""

import sqlalchemy as sa
from alembic import op

from satisfaction.database import LocalDay

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "opening_week",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("from_day", LocalDay(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_opening_week_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_week")),
        sa.UniqueConstraint("unit_id", "from_day", name=op.f("uq_opening_week_unit_id_from_day")),
    )
    op.create_table(
        "special_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("day", LocalDay(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_special_day_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_day")),
        sa.UniqueConstraint("unit_id", "day", name=op.f("uq_special_day_unit_id_day")),
    )
    op.create_index(op.f("ix_special_day_day"), "special_day", ["day"])


def downgrade() -> None:
    """Take back; nobody knows opening hours then, so nothing is marked by them."""
    op.drop_table("special_day")
    op.drop_table("opening_week")
