"""stored counts by procedure, by hour and by reason; stored days are counted live until rebuilt."""

import sqlalchemy as sa
from alembic import op

from satisfaction import clock
from satisfaction.database import LocalDay, UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CHANNELS = ("in_person", "online", "post", "unknown")
SOURCES = ("kiosk", "qr", "link", "paper")
STANDINGS = ("linked", "unlinked", "voided")
KEYS = {"desk_id": "desk", "unit_id": "unit", "scale_id": "scale", "reason_id": "reason"}
TABLES = (
    "daily_procedure_count",
    "daily_procedure_visit_count",
    "daily_hour_count",
    "daily_reason_count",
    "daily_reasoned_count",
)


def upgrade() -> None:
    """Apply."""
    _create(
        TABLES[0],
        (*_place(), "procedure_key", "scale_id", "channel", "source", "standing"),
        [f"level_{n}" for n in range(1, 8)],
    )
    _create(TABLES[1], (*_place(), "procedure_key", "channel"), ["finished", "rated"])
    _create(
        TABLES[2],
        (*_place(), "hour", "channel"),
        ["satisfied", "neutral", "dissatisfied"],
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_daily_hour_count_hour")),
    )
    _create(TABLES[3], (*_place(), "procedure_key", "channel", "reason_id"), ["given"])
    _create(TABLES[4], (*_place(), "procedure_key", "channel"), ["reasoned", "reasoned_openly"])
    counted_day = sa.table("counted_day", sa.column("marked_at", UtcTime()))
    op.execute(sa.update(counted_day).values(marked_at=clock.now()))


def _place() -> tuple[str, ...]:
    return ("unit_id", "local_day", "desk_id")


def _create(
    table: str, keys: tuple[str, ...], amounts: list[str], *checks: sa.CheckConstraint
) -> None:
    """Create a table whose rows are in the order of its key, unit by unit and day by day."""
    foreign = [
        sa.ForeignKeyConstraint(
            [key], [f"{KEYS[key]}.id"], name=op.f(f"fk_{table}_{key}"), ondelete="RESTRICT"
        )
        for key in keys
        if key in KEYS
    ]
    op.create_table(
        table,
        *[_key(key) for key in keys],
        *[sa.Column(name, sa.Integer(), nullable=False) for name in amounts],
        *checks,
        *foreign,
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{table}")),
        sqlite_with_rowid=False,
    )


def _key(name: str) -> sa.Column[object]:
    words = {
        "channel": ("channel", CHANNELS),
        "source": ("rating_source", SOURCES),
        "standing": ("standing", STANDINGS),
    }
    if name == "local_day":
        return sa.Column(name, LocalDay(), nullable=False)
    if name not in words:
        return sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)
    constraint, values = words[name]
    kind = sa.Enum(*values, name=constraint, native_enum=False, create_constraint=True, length=24)
    return sa.Column(name, kind, nullable=False)


def downgrade() -> None:
    """Take back; the counts of before are still there."""
    for table in reversed(TABLES):
        op.drop_table(table)
