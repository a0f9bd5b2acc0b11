"""roles of those who answer, inspect, audit and run the system, and words for their deeds."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OLD_ROLES = ("desk_officer", "supervisor", "administrator")
NEW_ROLES = ("head", "inspector", "system_administrator", "auditor")
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
    "invitation_made",
    "paper_entered",
    "card_made",
    "service_admitted",
    "service_revoked",
)
NEW_DEEDS = (
    "password_set",
    "second_factor_set",
    "second_factor_removed",
    "recovery_code_used",
    "sessions_ended",
    "account_changed",
    "account_disabled",
    "account_enabled",
    "account_reviewed",
    "role_ended",
    "case_changed",
    "dossier_opened",
    "words_erased",
    "catalogue_imported",
    "report_exported",
    "audit_exported",
    "letter_sent_again",
    "subscription_changed",
    "backup_taken",
    "backup_restored",
    "job_started_by_hand",
)


def _allow(table: str, constraint: str, column: str, words: tuple[str, ...]) -> None:
    """Replace the words that a column accepts; SQLite makes the table anew for that."""
    name = op.f(f"ck_{table}_{constraint}")
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"{column} IN ({listed})")


def upgrade() -> None:
    """Apply."""
    _allow("role_grant", "role", "role", (*OLD_ROLES, *NEW_ROLES))
    _allow("audit_entry", "audit_action", "action", (*OLD_DEEDS, *NEW_DEEDS))


def downgrade() -> None:
    """Take back: a role that the older version has no word for becomes one that may less."""
    log = sa.table("audit_entry", sa.column("action", sa.String))
    op.execute(log.update().where(log.c.action.in_(NEW_DEEDS)).values(action="office_changed"))
    grants = sa.table("role_grant", sa.column("role", sa.String))
    op.execute(grants.update().where(grants.c.role.in_(NEW_ROLES)).values(role="supervisor"))
    _allow("audit_entry", "audit_action", "action", OLD_DEEDS)
    _allow("role_grant", "role", "role", OLD_ROLES)
