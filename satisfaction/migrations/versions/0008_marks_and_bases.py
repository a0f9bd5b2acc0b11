"""marks of offices, and the legal basis on which a unit bears its name."""

import sqlalchemy as sa
from alembic import op

from satisfaction.database import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "emblem",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_emblem")),
    )
    with op.batch_alter_table("configuration") as batch:
        batch.add_column(sa.Column("emblem_digest", sa.String(length=64), nullable=True))
        batch.create_foreign_key(
            op.f("fk_configuration_emblem_digest"),
            "emblem",
            ["emblem_digest"],
            ["digest"],
            ondelete="RESTRICT",
        )
    op.add_column(
        "unit_name",
        sa.Column(
            "legal_basis", sa.String(length=200), server_default=sa.text("''"), nullable=False
        ),
    )


def downgrade() -> None:
    """Take back; devices show the product's mark again."""
    op.drop_column("unit_name", "legal_basis")
    with op.batch_alter_table("configuration") as batch:
        batch.drop_constraint(op.f("fk_configuration_emblem_digest"), type_="foreignkey")
        batch.drop_column("emblem_digest")
    op.drop_table("emblem")
