"""find what is still to be erased without reading what was erased long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UNERASED = sa.text("body IS NOT NULL")
LINKED = sa.text("(dossier_id IS NOT NULL OR ticket_number <> '')")


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f("ix_comment_given_at"), "comment", ["given_at"])
    op.create_index(
        "ix_comment_unerased",
        "comment",
        ["given_at"],
        sqlite_where=UNERASED,
        postgresql_where=UNERASED,
    )
    op.create_index(
        "ix_visit_linked",
        "visit",
        ["unit_id", "closed_day"],
        sqlite_where=LINKED,
        postgresql_where=LINKED,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_visit_linked", "visit")
    op.drop_index("ix_comment_unerased", "comment")
    op.drop_index("ix_comment_given_at", "comment")
