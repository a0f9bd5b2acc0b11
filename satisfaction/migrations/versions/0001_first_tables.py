"""first tables."""

import sqlalchemy as sa
from alembic import op

from satisfaction.database import LocalDay, PackedUuid, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = ("rating", "rating_mark", "rating_reason", "rating_void")


def _protect_ratings() -> None:
    """Have the database itself refuse to change or remove a rating."""
    if op.get_context().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for deed in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_refuses_{deed.lower()} BEFORE {deed} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'ratings are append-only'); END"
                )
        op.execute(
            "CREATE TRIGGER comment_refuses_change BEFORE UPDATE ON comment "
            "WHEN NEW.body IS NOT NULL OR NEW.commitment IS NOT OLD.commitment "
            "BEGIN SELECT RAISE(ABORT, 'comments can only be erased'); END"
        )
        op.execute(
            "CREATE TRIGGER comment_refuses_delete BEFORE DELETE ON comment "
            "BEGIN SELECT RAISE(ABORT, 'comments can only be erased'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'ratings are append-only'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table in (*APPEND_ONLY, "comment"):
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER comment_kept BEFORE DELETE ON comment "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER comment_erase_only BEFORE UPDATE ON comment FOR EACH ROW "
        "WHEN (NEW.body IS NOT NULL OR NEW.commitment IS DISTINCT FROM OLD.commitment) "
        "EXECUTE FUNCTION refuse_change()"
    )


def _release_ratings() -> None:
    if op.get_context().dialect.name == "sqlite":
        return
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    for table in (*APPEND_ONLY, "comment"):
        op.execute(f"DROP TRIGGER {table}_not_emptied ON {table}")
    op.execute("DROP TRIGGER comment_kept ON comment")
    op.execute("DROP TRIGGER comment_erase_only ON comment")
    op.execute("DROP FUNCTION refuse_change()")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("disabled_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "counted_day",
        sa.Column("local_day", LocalDay(), nullable=False),
        sa.Column("rebuilt_at", UtcTime(), nullable=True),
        sa.Column("marked_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("local_day", name=op.f("pk_counted_day")),
    )
    op.create_table(
        "reason",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("label_vi", sa.String(length=80), nullable=False),
        sa.Column("label_en", sa.String(length=80), nullable=False),
        sa.Column("basis", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason")),
        sa.UniqueConstraint("code", name=op.f("uq_reason_code")),
    )
    op.create_table(
        "scale",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scale")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_scale_code_version")),
    )
    op.create_table(
        "sector",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("search", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sector")),
        sa.UniqueConstraint("name", name=op.f("uq_sector_name")),
    )
    op.create_table(
        "sign_in_throttle",
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", UtcTime(), nullable=False),
        sa.Column("locked_until", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_sign_in_throttle")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column(
            "action",
            sa.Enum(
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
                name="audit_action",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_audit_entry_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_audit_entry_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)

    op.create_table(
        "configuration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("from_at", UtcTime(), nullable=False),
        sa.Column("scale_id", sa.Integer(), nullable=False),
        sa.Column(
            "follow_up",
            sa.Enum(
                "low",
                "all",
                "off",
                name="follow_up",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("follow_up_most", sa.Integer(), nullable=False),
        sa.Column("reason_codes", sa.JSON(), nullable=False),
        sa.Column("allows_unlinked", sa.Boolean(), nullable=False),
        sa.Column("idle_seconds", sa.Integer(), nullable=False),
        sa.Column("office_title", sa.String(length=200), nullable=False),
        sa.Column("we_changed_vi", sa.String(length=300), nullable=False),
        sa.Column("we_changed_en", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["scale_id"], ["scale.id"], name=op.f("fk_configuration_scale_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_configuration_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration")),
    )
    with op.batch_alter_table("configuration", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_configuration_unit_id_configuration_from_at"),
            ["unit_id", "from_at"],
            unique=False,
        )

    op.create_table(
        "desk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "counter",
                "remote",
                name="desk_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("from_day", LocalDay(), nullable=False),
        sa.Column("until_day", LocalDay(), nullable=True),
        sa.CheckConstraint("until_day IS NULL OR until_day > from_day", name=op.f("ck_desk_days")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_desk_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk")),
        sa.UniqueConstraint(
            "unit_id", "code", "from_day", name=op.f("uq_desk_unit_id_code_from_day")
        ),
    )
    op.create_table(
        "level",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scale_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("face", sa.Integer(), nullable=False),
        sa.Column("label_vi", sa.String(length=60), nullable=False),
        sa.Column("label_en", sa.String(length=60), nullable=False),
        sa.Column(
            "leaning",
            sa.Enum(
                "satisfied",
                "neutral",
                "dissatisfied",
                name="leaning",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("face BETWEEN 1 AND 5", name=op.f("ck_level_face")),
        sa.CheckConstraint("position BETWEEN 1 AND 7", name=op.f("ck_level_position")),
        sa.ForeignKeyConstraint(
            ["scale_id"], ["scale.id"], name=op.f("fk_level_scale_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level")),
        sa.UniqueConstraint("scale_id", "position", name=op.f("uq_level_scale_id_position")),
    )
    op.create_table(
        "procedure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("national_code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("short_name", sa.String(length=120), nullable=False),
        sa.Column("search", sa.String(length=1200), nullable=False),
        sa.Column("sector_id", sa.Integer(), nullable=False),
        sa.Column("valid_from_day", LocalDay(), nullable=False),
        sa.Column("valid_until_day", LocalDay(), nullable=True),
        sa.CheckConstraint(
            "valid_until_day IS NULL OR valid_until_day > valid_from_day",
            name=op.f("ck_procedure_days"),
        ),
        sa.ForeignKeyConstraint(
            ["sector_id"], ["sector.id"], name=op.f("fk_procedure_sector_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure")),
        sa.UniqueConstraint(
            "national_code",
            "valid_from_day",
            name=op.f("uq_procedure_national_code_valid_from_day"),
        ),
    )
    with op.batch_alter_table("procedure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_procedure_sector_id"), ["sector_id"], unique=False)

    op.create_table(
        "role_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "desk_officer",
                "supervisor",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("from_day", LocalDay(), nullable=False),
        sa.Column("until_day", LocalDay(), nullable=True),
        sa.Column("granted_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "until_day IS NULL OR until_day > from_day", name=op.f("ck_role_grant_days")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_role_grant_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"],
            ["account.id"],
            name=op.f("fk_role_grant_granted_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_role_grant_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_account_id"), ["account_id"], unique=False)

    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_account_id"), ["account_id"], unique=False)

    op.create_table(
        "succession",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("predecessor_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "renamed",
                "merged",
                "split",
                "dissolved",
                "founded",
                name="succession_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "extent",
            sa.Enum(
                "whole",
                "part",
                name="succession_extent",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("from_day", LocalDay(), nullable=False),
        sa.Column("legal_basis", sa.String(length=200), nullable=False),
        sa.CheckConstraint("predecessor_id <> successor_id", name=op.f("ck_succession_not_itself")),
        sa.ForeignKeyConstraint(
            ["predecessor_id"],
            ["unit.id"],
            name=op.f("fk_succession_predecessor_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["unit.id"],
            name=op.f("fk_succession_successor_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_succession")),
        sa.UniqueConstraint(
            "predecessor_id",
            "successor_id",
            "from_day",
            name=op.f("uq_succession_predecessor_id_successor_id_from_day"),
        ),
    )
    with op.batch_alter_table("succession", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_succession_successor_id"), ["successor_id"], unique=False
        )

    op.create_table(
        "unit_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "city",
                "district",
                "ward",
                "commune",
                "centre",
                name="unit_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("search", sa.String(length=200), nullable=False),
        sa.Column("from_day", LocalDay(), nullable=False),
        sa.Column("until_day", LocalDay(), nullable=True),
        sa.CheckConstraint(
            "until_day IS NULL OR until_day > from_day", name=op.f("ck_unit_name_days")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_unit_name_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_name")),
        sa.UniqueConstraint("unit_id", "from_day", name=op.f("uq_unit_name_unit_id_from_day")),
    )
    with op.batch_alter_table("unit_name", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_name_code"), ["code"], unique=False)

    op.create_table(
        "unit_parent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=False),
        sa.Column("from_day", LocalDay(), nullable=False),
        sa.Column("until_day", LocalDay(), nullable=True),
        sa.CheckConstraint("unit_id <> parent_id", name=op.f("ck_unit_parent_not_itself")),
        sa.CheckConstraint(
            "until_day IS NULL OR until_day > from_day", name=op.f("ck_unit_parent_days")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_parent_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_unit_parent_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_parent")),
        sa.UniqueConstraint("unit_id", "from_day", name=op.f("uq_unit_parent_unit_id_from_day")),
    )
    with op.batch_alter_table("unit_parent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_parent_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "daily_count",
        sa.Column("local_day", LocalDay(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("scale_id", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "in_person",
                "online",
                "post",
                "unknown",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "kiosk",
                "qr",
                "link",
                "paper",
                name="rating_source",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "standing",
            sa.Enum(
                "linked",
                "unlinked",
                "voided",
                name="standing",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("level_1", sa.Integer(), nullable=False),
        sa.Column("level_2", sa.Integer(), nullable=False),
        sa.Column("level_3", sa.Integer(), nullable=False),
        sa.Column("level_4", sa.Integer(), nullable=False),
        sa.Column("level_5", sa.Integer(), nullable=False),
        sa.Column("level_6", sa.Integer(), nullable=False),
        sa.Column("level_7", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desk.id"], name=op.f("fk_daily_count_desk_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["scale_id"], ["scale.id"], name=op.f("fk_daily_count_scale_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_daily_count_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint(
            "local_day",
            "desk_id",
            "scale_id",
            "channel",
            "source",
            "standing",
            name=op.f("pk_daily_count"),
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("daily_count", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_daily_count_unit_id_daily_count_local_day"),
            ["unit_id", "local_day"],
            unique=False,
        )

    op.create_table(
        "daily_visit_count",
        sa.Column("local_day", LocalDay(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "in_person",
                "online",
                "post",
                "unknown",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Integer(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("timed_out", sa.Integer(), nullable=False),
        sa.Column("expired", sa.Integer(), nullable=False),
        sa.Column("not_shown", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desk.id"], name=op.f("fk_daily_visit_count_desk_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_daily_visit_count_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint(
            "local_day", "desk_id", "channel", name=op.f("pk_daily_visit_count")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("daily_visit_count", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_daily_visit_count_unit_id_daily_visit_count_local_day"),
            ["unit_id", "local_day"],
            unique=False,
        )

    op.create_table(
        "dossier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_system", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("is_code_irregular", sa.Boolean(), nullable=False),
        sa.Column("procedure_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=True),
        sa.Column(
            "channel",
            sa.Enum(
                "in_person",
                "online",
                "post",
                "unknown",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("received_day", LocalDay(), nullable=True),
        sa.Column("due_day", LocalDay(), nullable=True),
        sa.Column("finished_day", LocalDay(), nullable=True),
        sa.Column("returned_day", LocalDay(), nullable=True),
        sa.Column("is_digitised", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desk.id"], name=op.f("fk_dossier_desk_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["procedure.id"],
            name=op.f("fk_dossier_procedure_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_dossier_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("source_system", "code", name=op.f("uq_dossier_source_system_code")),
    )
    with op.batch_alter_table("dossier", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_dossier_unit_id_dossier_finished_day"),
            ["unit_id", "finished_day"],
            unique=False,
        )

    op.create_table(
        "kiosk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enrolled_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desk.id"], name=op.f("fk_kiosk_desk_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_kiosk_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosk")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_kiosk_token_hash")),
    )
    with op.batch_alter_table("kiosk", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kiosk_desk_id"), ["desk_id"], unique=False)

    op.create_table(
        "pairing_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desk.id"], name=op.f("fk_pairing_code_desk_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"],
            ["account.id"],
            name=op.f("fk_pairing_code_made_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_pairing_code_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_pairing_code_code_hash")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("kiosk_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("queue_length", sa.Integer(), nullable=False),
        sa.Column("oldest_queued_at", UtcTime(), nullable=True),
        sa.Column("device_epoch", sa.Integer(), nullable=False),
        sa.Column("next_counter", sa.Integer(), nullable=False),
        sa.Column("complete_until", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("free_bytes", sa.BigInteger(), nullable=True),
        sa.Column("last_tap_at", UtcTime(), nullable=True),
        sa.Column("is_storage_kept", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["kiosk_id"], ["kiosk.id"], name=op.f("fk_heartbeat_kiosk_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("kiosk_id", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "kiosk_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kiosk_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "store_cleared",
                "ratings_missing",
                "clock_wrong",
                name="kiosk_event_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kiosk_id"], ["kiosk.id"], name=op.f("fk_kiosk_event_kiosk_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosk_event")),
    )
    with op.batch_alter_table("kiosk_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_kiosk_event_kiosk_id_kiosk_event_at"), ["kiosk_id", "at"], unique=False
        )

    op.create_table(
        "refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rating_id", PackedUuid(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kiosk_id", sa.Integer(), nullable=True),
        sa.Column("device_epoch", sa.Integer(), nullable=True),
        sa.Column("device_counter", sa.Integer(), nullable=True),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
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
                name="refusal_reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kiosk_id"], ["kiosk.id"], name=op.f("fk_refusal_kiosk_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
        sa.UniqueConstraint(
            "rating_id", "content_hash", name=op.f("uq_refusal_rating_id_content_hash")
        ),
    )
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.create_index(
            "ix_refusal_device", ["kiosk_id", "device_epoch", "device_counter"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_refusal_received_at"), ["received_at"], unique=False)

    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", PackedUuid(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "intake",
                "supplement",
                "result",
                "guidance",
                name="visit_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "in_person",
                "online",
                "post",
                "unknown",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("ticket_number", sa.String(length=16), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=True),
        sa.Column("procedure_id", sa.Integer(), nullable=True),
        sa.Column("opened_by_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("closed_day", LocalDay(), nullable=True),
        sa.Column("shown_at", UtcTime(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "rated",
                "skipped",
                "timed_out",
                "expired",
                "not_shown",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_day IS NULL)", name=op.f("ck_visit_closed")
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR closed_at IS NOT NULL", name=op.f("ck_visit_outcome_after_close")
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desk.id"], name=op.f("fk_visit_desk_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossier.id"], name=op.f("fk_visit_dossier_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"],
            ["account.id"],
            name=op.f("fk_visit_opened_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["procedure.id"],
            name=op.f("fk_visit_procedure_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_visit_unit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("token", name=op.f("uq_visit_token")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_visit_closed_day_visit_desk_id"), ["closed_day", "desk_id"], unique=False
        )
        batch_op.create_index(
            "ix_visit_waiting",
            ["desk_id"],
            unique=False,
            sqlite_where=sa.text("outcome IS NULL"),
            postgresql_where=sa.text("outcome IS NULL"),
        )

    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "receipt",
                "screen",
                "online",
                name="invitation_purpose",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visit.id"], name=op.f("fk_invitation_visit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "rating",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", PackedUuid(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("level_id", sa.Integer(), nullable=False),
        sa.Column("configuration_id", sa.Integer(), nullable=False),
        sa.Column("kiosk_id", sa.Integer(), nullable=True),
        sa.Column("device_epoch", sa.Integer(), nullable=True),
        sa.Column("device_counter", sa.Integer(), nullable=True),
        sa.Column(
            "source",
            sa.Enum(
                "kiosk",
                "qr",
                "link",
                "paper",
                name="rating_source",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("is_assisted", sa.Boolean(), nullable=False),
        sa.Column(
            "language",
            sa.Enum(
                "vi", "en", name="language", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column(
            "layout",
            sa.Enum(
                "row",
                "stack",
                "paper",
                name="layout",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("tapped_at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("clock_offset_ms", sa.Integer(), nullable=True),
        sa.Column("local_day", LocalDay(), nullable=True),
        sa.Column(
            "supersedes_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("comment_commit", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint(
            "supersedes_seq IS NULL OR visit_id IS NOT NULL",
            name=op.f("ck_rating_superseding_is_linked"),
        ),
        sa.ForeignKeyConstraint(
            ["configuration_id"],
            ["configuration.id"],
            name=op.f("fk_rating_configuration_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desk.id"], name=op.f("fk_rating_desk_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["kiosk_id"], ["kiosk.id"], name=op.f("fk_rating_kiosk_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["level_id"], ["level.id"], name=op.f("fk_rating_level_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_seq"],
            ["rating.seq"],
            name=op.f("fk_rating_supersedes_seq"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_rating_unit_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visit.id"], name=op.f("fk_rating_visit_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_rating")),
        sa.UniqueConstraint("id", name=op.f("uq_rating_id")),
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.create_index(
            "ix_rating_device", ["kiosk_id", "device_epoch", "device_counter"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_rating_local_day_rating_unit_id"), ["local_day", "unit_id"], unique=False
        )
        batch_op.create_index(
            "uq_rating_first_of_visit",
            ["visit_id"],
            unique=True,
            sqlite_where=sa.text("supersedes_seq IS NULL AND visit_id IS NOT NULL"),
            postgresql_where=sa.text("supersedes_seq IS NULL AND visit_id IS NOT NULL"),
            postgresql_with={"fillfactor": 100},
        )
        batch_op.create_index(
            "uq_rating_supersedes",
            ["supersedes_seq"],
            unique=True,
            sqlite_where=sa.text("supersedes_seq IS NOT NULL"),
            postgresql_where=sa.text("supersedes_seq IS NOT NULL"),
        )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_rating SET (fillfactor = 100)")

    op.create_table(
        "comment",
        sa.Column(
            "rating_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("given_at", UtcTime(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.String(length=1000), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("erased_at", UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(body IS NULL) = (salt IS NULL)", name=op.f("ck_comment_erased_together")
        ),
        sa.ForeignKeyConstraint(
            ["rating_seq"], ["rating.seq"], name=op.f("fk_comment_rating_seq"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("rating_seq", name=op.f("pk_comment")),
    )
    op.create_table(
        "rating_mark",
        sa.Column(
            "rating_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "mark",
            sa.Enum(
                "clock_corrected",
                "day_unknown",
                "backdated",
                "too_quick",
                "burst",
                "outside_hours",
                "after_revocation",
                name="mark",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("marked_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rating_seq"],
            ["rating.seq"],
            name=op.f("fk_rating_mark_rating_seq"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("rating_seq", "mark", name=op.f("pk_rating_mark")),
    )
    op.create_table(
        "rating_reason",
        sa.Column(
            "rating_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("reason_id", sa.Integer(), nullable=False),
        sa.Column("given_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rating_seq"],
            ["rating.seq"],
            name=op.f("fk_rating_reason_rating_seq"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["reason_id"],
            ["reason.id"],
            name=op.f("fk_rating_reason_reason_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("rating_seq", "reason_id", name=op.f("pk_rating_reason")),
    )
    op.create_table(
        "rating_void",
        sa.Column(
            "rating_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("voided_at", UtcTime(), nullable=False),
        sa.Column("voided_by_id", sa.Integer(), nullable=True),
        sa.Column("explanation", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["rating_seq"],
            ["rating.seq"],
            name=op.f("fk_rating_void_rating_seq"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["voided_by_id"],
            ["account.id"],
            name=op.f("fk_rating_void_voided_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("rating_seq", name=op.f("pk_rating_void")),
    )
    _protect_ratings()


def downgrade() -> None:
    """Take back."""
    _release_ratings()
    op.drop_table("rating_void")
    op.drop_table("rating_reason")
    op.drop_table("rating_mark")
    op.drop_table("comment")
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_rating_supersedes",
            sqlite_where=sa.text("supersedes_seq IS NOT NULL"),
            postgresql_where=sa.text("supersedes_seq IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_rating_first_of_visit",
            sqlite_where=sa.text("supersedes_seq IS NULL AND visit_id IS NOT NULL"),
            postgresql_where=sa.text("supersedes_seq IS NULL AND visit_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_rating_local_day_rating_unit_id"))
        batch_op.drop_index("ix_rating_device")

    op.drop_table("rating")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_visit_id"))

    op.drop_table("invitation")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_visit_waiting",
            sqlite_where=sa.text("outcome IS NULL"),
            postgresql_where=sa.text("outcome IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_visit_closed_day_visit_desk_id"))

    op.drop_table("visit")
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refusal_received_at"))
        batch_op.drop_index("ix_refusal_device")

    op.drop_table("refusal")
    with op.batch_alter_table("kiosk_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kiosk_event_kiosk_id_kiosk_event_at"))

    op.drop_table("kiosk_event")
    op.drop_table("heartbeat")
    op.drop_table("pairing_code")
    with op.batch_alter_table("kiosk", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kiosk_desk_id"))

    op.drop_table("kiosk")
    with op.batch_alter_table("dossier", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dossier_unit_id_dossier_finished_day"))

    op.drop_table("dossier")
    with op.batch_alter_table("daily_visit_count", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_daily_visit_count_unit_id_daily_visit_count_local_day"))

    op.drop_table("daily_visit_count")
    with op.batch_alter_table("daily_count", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_daily_count_unit_id_daily_count_local_day"))

    op.drop_table("daily_count")
    with op.batch_alter_table("unit_parent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_parent_parent_id"))

    op.drop_table("unit_parent")
    with op.batch_alter_table("unit_name", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_name_code"))

    op.drop_table("unit_name")
    with op.batch_alter_table("succession", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_succession_successor_id"))

    op.drop_table("succession")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_account_id"))

    op.drop_table("sign_in")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_role_grant_account_id"))

    op.drop_table("role_grant")
    with op.batch_alter_table("procedure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_procedure_sector_id"))

    op.drop_table("procedure")
    op.drop_table("level")
    op.drop_table("desk")
    with op.batch_alter_table("configuration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_configuration_unit_id_configuration_from_at"))

    op.drop_table("configuration")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))

    op.drop_table("audit_entry")
    op.drop_table("unit")
    op.drop_table("sign_in_throttle")
    op.drop_table("sector")
    op.drop_table("scale")
    op.drop_table("reason")
    op.drop_table("counted_day")
    op.drop_table("account")
