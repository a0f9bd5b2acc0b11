"""cases that answer citizens' voices, their history, and what a unit holds to."""

import sqlalchemy as sa
from alembic import op

from satisfaction.database import LocalDay, PackedUuid, UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KINDS = ("voice", "allegation", "pattern")
STATES = ("new", "in_progress", "done")
MARKS = (
    "clock_corrected",
    "day_unknown",
    "backdated",
    "too_quick",
    "burst",
    "outside_hours",
    "after_revocation",
)
DEEDS = (
    "opened",
    "assigned",
    "state_changed",
    "due_changed",
    "noted",
    "escalated",
    "published",
    "dossier_opened",
)
KEPT = ("voice_case", "case_event")
CHANGED = (
    "NEW.words IS NOT NULL OR NEW.case_id <> OLD.case_id OR NEW.at <> OLD.at OR "
    "NEW.deed <> OLD.deed OR NEW.account_id IS {not_} OLD.account_id"
)


def _words(column: str, allowed: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*allowed, name=column, native_enum=False, create_constraint=True, length=24)


def _protect() -> None:
    """Have the database itself keep every case and every line of its history."""
    if op.get_context().dialect.name == "sqlite":
        for table in KEPT:
            op.execute(
                f"CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'cases are append-only'); END"
            )
        op.execute(
            "CREATE TRIGGER case_event_refuses_change BEFORE UPDATE ON case_event "
            f"WHEN {CHANGED.format(not_='NOT')} "
            "BEGIN SELECT RAISE(ABORT, 'words can only be erased'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_case_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'cases are append-only, words can only be erased'; END $$"
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_case_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_case_change()"
        )
    op.execute(
        "CREATE TRIGGER case_event_erase_only BEFORE UPDATE ON case_event FOR EACH ROW "
        f"WHEN ({CHANGED.format(not_='DISTINCT FROM')}) EXECUTE FUNCTION refuse_case_change()"
    )


def _make_case() -> None:
    op.create_table(
        "voice_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", PackedUuid(), nullable=False),
        sa.Column("kind", _words("case_kind", KINDS), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("day", LocalDay(), nullable=False),
        sa.Column(
            "rating_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("mark", _words("case_mark", MARKS), nullable=True),
        sa.Column("state", _words("case_state", STATES), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("opened_day", LocalDay(), nullable=False),
        sa.Column("due_day", LocalDay(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("closed_day", LocalDay(), nullable=True),
        sa.Column("escalated_at", UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(kind = 'pattern') = (rating_seq IS NULL)", name=op.f("ck_voice_case_of_a_rating")
        ),
        sa.CheckConstraint(
            "(kind = 'pattern') = (mark IS NOT NULL)", name=op.f("ck_voice_case_of_a_mark")
        ),
        sa.CheckConstraint(
            "(state = 'done') = (closed_at IS NOT NULL)", name=op.f("ck_voice_case_closed")
        ),
        sa.CheckConstraint(
            "(state = 'done') = (closed_day IS NOT NULL)", name=op.f("ck_voice_case_closed_day")
        ),
        *[
            sa.ForeignKeyConstraint(
                [column],
                [target],
                name=op.f(f"fk_voice_case_{column}"),
                ondelete="RESTRICT",
            )
            for column, target in (
                ("unit_id", "unit.id"),
                ("desk_id", "desk.id"),
                ("rating_seq", "rating.seq"),
                ("assignee_id", "account.id"),
            )
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_case")),
        sa.UniqueConstraint("token", name=op.f("uq_voice_case_token")),
        sa.UniqueConstraint("rating_seq", "kind", name=op.f("uq_voice_case_rating_seq_kind")),
        sa.UniqueConstraint("desk_id", "day", "mark", name=op.f("uq_voice_case_desk_id_day_mark")),
    )
    op.create_index(
        op.f("ix_voice_case_unit_id_voice_case_state"), "voice_case", ["unit_id", "state"]
    )
    op.create_index(op.f("ix_voice_case_assignee_id"), "voice_case", ["assignee_id"])


def _make_event() -> None:
    op.create_table(
        "case_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("deed", _words("case_deed", DEEDS), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=True),
        sa.Column("erased_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["voice_case.id"],
            name=op.f("fk_case_event_case_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_case_event_account_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    op.create_index(op.f("ix_case_event_case_id"), "case_event", ["case_id"])


def _make_policy() -> None:
    op.create_table(
        "case_policy",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("delay_days", sa.Integer(), nullable=False),
        sa.Column("deadline_days", sa.Integer(), nullable=False),
        sa.Column("kept_months", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.CheckConstraint("delay_days BETWEEN 0 AND 31", name=op.f("ck_case_policy_delay")),
        sa.CheckConstraint("deadline_days BETWEEN 1 AND 60", name=op.f("ck_case_policy_deadline")),
        sa.CheckConstraint("kept_months BETWEEN 1 AND 120", name=op.f("ck_case_policy_kept")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_case_policy_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_case_policy")),
    )


def upgrade() -> None:
    """Apply."""
    _make_case()
    _make_event()
    _make_policy()
    _protect()


def downgrade() -> None:
    """Take back; what was answered is lost with its cases."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TRIGGER case_event_erase_only ON case_event")
        for table in KEPT:
            op.execute(f"DROP TRIGGER {table}_kept ON {table}")
            op.execute(f"DROP TRIGGER {table}_not_emptied ON {table}")
        op.execute("DROP FUNCTION refuse_case_change()")
    op.drop_table("case_policy")
    op.drop_table("case_event")
    op.drop_table("voice_case")
