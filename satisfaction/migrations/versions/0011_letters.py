"""the ledger of jobs, subscriptions, letters with their outbox, and refused addresses."""

import sqlalchemy as sa
from alembic import op

from satisfaction.database import LocalDay, UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _word(*words: str, name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)


def _foreign(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="RESTRICT"
    )


def upgrade() -> None:
    """Apply."""
    _make_ledger()
    _make_subscriptions()
    _make_letters()


def _make_ledger() -> None:
    op.create_table(
        "job_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("local_day", LocalDay(), nullable=False),
        sa.Column("planned_at", UtcTime(), nullable=False),
        sa.Column(
            "state",
            _word("planned", "running", "done", "failed", name="job_state"),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcTime(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(length=300), nullable=False),
        _foreign("job_run", "unit_id", "unit"),
        _foreign("job_run", "asked_by_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
    )
    for name, columns, condition in (
        ("uq_job_run_whole", ["job", "planned_at"], "unit_id IS NULL"),
        ("uq_job_run_unit", ["job", "unit_id", "planned_at"], "unit_id IS NOT NULL"),
    ):
        op.create_index(
            name,
            "job_run",
            columns,
            unique=True,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.create_index("ix_job_run_state", "job_run", ["state", "planned_at"])
    op.create_index("ix_job_run_local_day", "job_run", ["local_day"])


def _make_subscriptions() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("is_daily", sa.Boolean(), nullable=False),
        sa.Column("is_weekly", sa.Boolean(), nullable=False),
        sa.Column("is_monthly", sa.Boolean(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("is_only_when_needed", sa.Boolean(), nullable=False),
        sa.Column("language", _word("vi", "en", name="language"), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_subscription_hour")),
        _foreign("subscription", "account_id", "account"),
        _foreign("subscription", "unit_id", "unit"),
        _foreign("subscription", "created_by_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("address", "unit_id", name=op.f("uq_subscription_address_unit_id")),
    )
    op.create_index(op.f("ix_subscription_account_id"), "subscription", ["account_id"])
    op.create_index(op.f("ix_subscription_unit_id"), "subscription", ["unit_id"])
    op.create_table(
        "refused_address",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("refused_at", UtcTime(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_refused_address")),
    )


def _make_letters() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _word("daily", "weekly", "monthly", name="letter_kind"), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("first_day", LocalDay(), nullable=False),
        sa.Column("end_day", LocalDay(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        _foreign("letter", "unit_id", "unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint(
            "kind", "unit_id", "first_day", name=op.f("uq_letter_kind_unit_id_first_day")
        ),
    )
    op.create_index(op.f("ix_letter_unit_id"), "letter", ["unit_id"])
    op.create_table(
        "letter_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("language", _word("vi", "en", name="language"), nullable=False),
        sa.Column("planned_at", UtcTime(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column(
            "state",
            _word(
                *("planned", "sending", "uncertain", "sent", "failed", "withheld"),
                name="delivery_state",
            ),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcTime(), nullable=False),
        sa.Column("give_up_at", UtcTime(), nullable=False),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("tried_at", UtcTime(), nullable=True),
        sa.Column("handed_at", UtcTime(), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=False),
        _foreign("letter_delivery", "letter_id", "letter"),
        _foreign("letter_delivery", "subscription_id", "subscription"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_delivery")),
        sa.UniqueConstraint(
            "letter_id", "address", name=op.f("uq_letter_delivery_letter_id_address")
        ),
        sa.UniqueConstraint("message_id", name=op.f("uq_letter_delivery_message_id")),
    )
    op.create_index(
        op.f("ix_letter_delivery_subscription_id"), "letter_delivery", ["subscription_id"]
    )
    op.create_index(op.f("ix_letter_delivery_planned_at"), "letter_delivery", ["planned_at"])
    op.create_index("ix_letter_delivery_state", "letter_delivery", ["state", "next_try_at"])
    op.create_index("ix_letter_delivery_tried", "letter_delivery", ["tried_at"])


def downgrade() -> None:
    """Take back; who wanted letters, what was sent and what the jobs did is forgotten."""
    for table in ("letter_delivery", "letter", "refused_address", "subscription", "job_run"):
        op.drop_table(table)
