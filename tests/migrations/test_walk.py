"""All the way down and up again over rows: what both forms know is kept, value by value."""

from typing import Any

from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, select

from satisfaction import schema
from satisfaction.database import db
from tests.migrations.planting import PLANTS
from tests.migrations.test_migrations import MIGRATIONS

Contents = dict[str, dict[str, list[Any]]]
# What an older form has no word for is told by the nearest it has, one way; marks for a rebuild
# may be set by any step.
NARROWED = {
    ("refusal", "reason"),
    ("audit_entry", "action"),
    ("role_grant", "role"),
    ("counted_day", "marked_at"),
}


def _contents() -> Contents:
    """Return the values of each column of each table, in the order of the table's key."""
    metadata = MetaData()
    with db.engine.connect() as connection:
        metadata.reflect(connection)
        found: Contents = {}
        for table in metadata.sorted_tables:
            if table.name == "alembic_version":
                continue
            rows = connection.execute(select(table).order_by(*table.primary_key)).mappings().all()
            found[table.name] = {one.name: [row[one.name] for row in rows] for one in table.columns}
    return found


def _lost(before: Contents, after: Contents) -> list[str]:
    """Name the columns that both forms have and that do not hold the same."""
    return [
        f"{table}.{column}: {values} became {after[table][column]}"
        for table, columns in before.items()
        for column, values in columns.items()
        if table in after and column in after[table]
        if (table, column) not in NARROWED and after[table][column] != values
    ]


def test_all_the_way_down_and_up_again_keeps_what_both_forms_know(empty: Flask) -> None:
    steps = [one.revision for one in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    upgrade()
    PLANTS[steps[0]]()
    for revision in steps[1:]:
        before = _contents()
        downgrade(revision=revision)
        after = _contents()
        assert _lost(before, after) == [], f"down to {revision}"
        assert len(after["rating"]["seq"]) == 1
    for revision in reversed(steps[:-1]):
        before = _contents()
        upgrade(revision=revision)
        assert _lost(before, _contents()) == [], f"up to {revision}"
    schema.check_database()
