"""credentials of devices that take the place of earlier ones."""

import sqlalchemy as sa
from alembic import op

from satisfaction.database import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "credential_renewal",
        sa.Column("kiosk_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("renewed_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(salt IS NULL) = (token_hash IS NULL)", name=op.f("ck_credential_renewal_handed_out")
        ),
        sa.ForeignKeyConstraint(
            ["kiosk_id"],
            ["kiosk.id"],
            name=op.f("fk_credential_renewal_kiosk_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("kiosk_id", name=op.f("pk_credential_renewal")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_credential_renewal_token_hash")),
    )


def downgrade() -> None:
    """Take back; a device that was given a credential and has not used it has to be paired."""
    op.drop_table("credential_renewal")
