"""a reason for items of a device's queue that nobody can read, so that they are kept too."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OLD_REASONS = (
    "unknown_desk",
    "retired_desk",
    "unknown_visit",
    "wrong_desk",
    "visit_not_finished",
    "unknown_configuration",
    "level_of_another_scale",
    "unknown_reason",
    "time_in_future",
    "before_enrolment",
    "revoked_kiosk",
    "unlinked_not_allowed",
    "already_rated",
    "conflict",
)
NEW_REASON = "malformed"


def _allow_reasons(reasons: tuple[str, ...]) -> None:
    """Replace the reasons that refusals accept; SQLite makes the table anew for that."""
    name = op.f("ck_refusal_refusal_reason")
    words = ", ".join(f"'{reason}'" for reason in reasons)
    with op.batch_alter_table("refusal") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"reason IN ({words})")


def upgrade() -> None:
    """Apply."""
    _allow_reasons((*OLD_REASONS, NEW_REASON))


def downgrade() -> None:
    """Take back; what could not be read is kept as a conflict, the nearest word there was."""
    refused = sa.table("refusal", sa.column("reason", sa.String))
    op.execute(refused.update().where(refused.c.reason == NEW_REASON).values(reason="conflict"))
    _allow_reasons(OLD_REASONS)
