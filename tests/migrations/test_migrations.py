"""Each revision goes up, down and up again, over rows, on both engines; the head is the models."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Enum, inspect, text
from sqlalchemy.exc import IntegrityError

from satisfaction import schema
from satisfaction.database import Base, db, reading, unit_of_work, writing_engine
from satisfaction.errors import DatabaseNotReadyError, DatabaseTooNewError
from satisfaction.models import Rating
from tests.conftest import make_office
from tests.migrations.planting import PLANTS, count_rows, tables

MIGRATIONS = Path(schema.__file__).parent / "migrations"
REVISIONS = [
    script.revision for script in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions()))
]
APPEND_ONLY = ["rating", "rating_mark", "rating_reason", "rating_void"]


def _rows() -> dict[str, int]:
    with db.engine.connect() as connection:
        return count_rows(connection)


def _plant() -> None:
    PLANTS[REVISIONS[-1]]()


def test_there_is_one_line_of_revisions_and_rows_for_each() -> None:
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1
    assert list(PLANTS) == REVISIONS


def test_the_head_is_what_the_models_say(empty: Flask) -> None:
    schema.prepare_database()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_the_head_checks_what_the_models_check(empty: Flask) -> None:
    schema.prepare_database()
    inspector = inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        found = {check["name"] for check in inspector.get_check_constraints(table.name)}
        wanted = {one.name for one in table.constraints if isinstance(one, CheckConstraint)}
        assert found == wanted, table.name


def test_the_head_knows_every_word_of_the_vocabularies(empty: Flask) -> None:
    schema.prepare_database()
    inspector = inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        checks = {
            one["name"]: one["sqltext"] for one in inspector.get_check_constraints(table.name)
        }
        for column in table.columns:
            if isinstance(column.type, Enum):
                kept = set(re.findall(r"'([^']*)'", checks[f"ck_{table.name}_{column.type.name}"]))
                assert kept == set(column.type.enums), column


def test_every_foreign_key_says_what_a_deletion_does(empty: Flask) -> None:
    schema.prepare_database()
    inspector = inspect(db.engine)
    for table in tables():
        for key in inspector.get_foreign_keys(table):
            assert key["options"].get("ondelete") == "RESTRICT", (table, key)


def test_up_down_and_up_again_leaves_the_same_tables(empty: Flask) -> None:
    upgrade()
    first = tables()
    assert first == set(Base.metadata.tables)
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert tables() == first


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_survive_every_later_revision(empty: Flask, revision: str) -> None:
    upgrade(revision=revision)
    PLANTS[revision]()
    before = _rows()
    assert before["rating"] == 1
    upgrade()
    after = _rows()
    assert {name: after.get(name) for name in before} == before


def test_a_step_back_over_rows_and_up_again_works(empty: Flask) -> None:
    upgrade()
    _plant()
    planted = _rows()
    downgrade(revision="-1")
    kept = _rows()
    assert all(planted[name] == amount for name, amount in kept.items())
    upgrade()
    assert set(_rows()) == set(planted)


def test_the_planted_rows_fill_all_tables_that_ratings_need(empty: Flask) -> None:
    upgrade()
    _plant()
    rows = _rows()
    needed = {*APPEND_ONLY, "comment", "refusal", "visit", "unit", "unit_parent", "succession"}
    assert {name for name in needed if not rows[name]} == set()


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_no_row_that_a_figure_stands_on_can_be_changed_or_removed(empty: Flask, table: str) -> None:
    schema.prepare_database()
    _plant()
    column = "seq" if table == "rating" else "rating_seq"
    statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
    if db.engine.dialect.name == "postgresql":
        statements.append(f"TRUNCATE {table} CASCADE")
    for statement in statements:
        with pytest.raises(Exception, match="append-only"), unit_of_work() as session:
            session.execute(text(statement))
    assert _rows()[table] == 1


def test_a_comment_can_be_erased_and_nothing_else(empty: Flask) -> None:
    schema.prepare_database()
    _plant()
    for statement in (
        "UPDATE comment SET body = 'anders'",
        "UPDATE comment SET body = NULL, salt = NULL, commitment = salt",
        "DELETE FROM comment",
    ):
        with pytest.raises(Exception, match=r"append-only|only be erased"), unit_of_work() as unit:
            unit.execute(text(statement))
    with unit_of_work() as session:
        session.execute(text("UPDATE comment SET body = NULL, salt = NULL"))
    assert _rows()["comment"] == 1


@pytest.mark.parametrize("table", ["voice_case", "case_event"])
def test_no_case_and_no_line_of_its_history_can_be_removed(empty: Flask, table: str) -> None:
    schema.prepare_database()
    _plant()
    statements = [f"DELETE FROM {table}"]
    if db.engine.dialect.name == "postgresql":
        statements.append(f"TRUNCATE {table} CASCADE")
    for statement in statements:
        with pytest.raises(Exception, match="append-only"), unit_of_work() as session:
            session.execute(text(statement))
    assert _rows()[table] == 1


def test_an_officers_words_on_a_case_can_be_erased_and_nothing_else(empty: Flask) -> None:
    schema.prepare_database()
    _plant()
    for change in (
        "words = 'khác'",
        "words = NULL, deed = 'opened'",
        "words = NULL, case_id = case_id + 1",
        "words = NULL, account_id = 1",
    ):
        with (
            pytest.raises(Exception, match=r"append-only|only be erased"),
            unit_of_work() as unit,
        ):
            unit.execute(text(f"UPDATE case_event SET {change}"))
    with unit_of_work() as session:
        session.execute(text("UPDATE case_event SET words = NULL"))
    assert _rows()["case_event"] == 1


def test_a_note_on_a_day_can_be_withdrawn_once_and_nothing_else(empty: Flask) -> None:
    schema.prepare_database()
    _plant()
    statements = ["DELETE FROM day_note", "UPDATE day_note SET words = 'khác'"]
    statements.append("UPDATE day_note SET withdrawn_at = at, words = 'khác'")
    if db.engine.dialect.name == "postgresql":
        statements.append("TRUNCATE day_note")
    for statement in statements:
        with pytest.raises(Exception, match="append-only"), unit_of_work() as session:
            session.execute(text(statement))
    withdraw = "UPDATE day_note SET withdrawn_at = at"
    with unit_of_work() as session:
        session.execute(text(withdraw))
    with pytest.raises(Exception, match="append-only"), unit_of_work() as session:
        session.execute(text(withdraw))
    assert _rows()["day_note"] == 1


def test_a_database_from_a_newer_version_is_refused(empty: Flask) -> None:
    schema.prepare_database()
    with unit_of_work() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNewError) as caught:
        schema.prepare_database()
    assert caught.value.fields == {"revision": "9999", "newest_known": REVISIONS[-1]}


def test_an_empty_database_is_not_ready_until_it_is_prepared(empty: Flask) -> None:
    with pytest.raises(DatabaseNotReadyError):
        schema.check_database()
    schema.prepare_database()
    schema.check_database()
    schema.prepare_database()
    with reading() as session:
        assert session.query(Rating).count() == 0


REBUILD = '''
"""A rebuild of a table that others refer to."""
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{head}"


def upgrade() -> None:
    with op.batch_alter_table("unit", recreate="auto") as batch:
        batch.alter_column("is_demonstration", existing_type=sa.Boolean(), nullable=True)
    {more}


def downgrade() -> None:
    pass
'''
BREAK = 'op.execute("UPDATE desk SET unit_id = 4711")'


def _with_revision(folder: Path, more: str) -> str:
    """Return a copy of the migrations with a further revision."""
    copied = folder / "migrations"
    shutil.copytree(MIGRATIONS, copied, ignore=shutil.ignore_patterns("__pycache__"))
    revision = REBUILD.format(head=REVISIONS[-1], more=more)
    (copied / "versions" / "9001_rebuild.py").write_text(revision, encoding="utf-8")
    return str(copied)


def test_a_rebuilt_table_keeps_the_rows_that_refer_to_it(empty: Flask, tmp_path: Path) -> None:
    schema.prepare_database()
    with unit_of_work() as session:
        make_office(session)
    before = _rows()
    upgrade(directory=_with_revision(tmp_path, "pass"))
    assert _rows() == before
    assert inspect(db.engine).get_columns("unit")[1]["nullable"]


def test_a_revision_that_breaks_a_reference_is_taken_back_whole(
    empty: Flask, tmp_path: Path
) -> None:
    schema.prepare_database()
    with unit_of_work() as session:
        make_office(session)
    with pytest.raises((SystemExit, IntegrityError)):
        upgrade(directory=_with_revision(tmp_path, BREAK))
    assert schema.current_revision() == REVISIONS[-1]
    assert not inspect(db.engine).get_columns("unit")[1]["nullable"]


def test_foreign_keys_are_on_again_after_a_migration(empty: Flask) -> None:
    upgrade()
    with (
        pytest.raises(Exception, match=r"(?i)foreign key"),
        writing_engine(db.engine).begin() as connection,
    ):
        connection.execute(
            text(
                "INSERT INTO level (scale_id, position, face, label_vi, label_en, leaning)"
                " VALUES (4711, 1, 1, 'a', 'a', 'neutral')"
            )
        )


PREPARE = """
import sys
from pathlib import Path
from satisfaction import schema
from satisfaction.config import Settings
from wsgi import create_app
app = create_app(settings=Settings(data=Path(sys.argv[1]), database_url=sys.argv[2]))
with app.app_context():
    schema.prepare_database()
    schema.check_database()
"""


def test_two_servers_that_start_at_once_prepare_the_database_once(
    empty: Flask, tmp_path: Path
) -> None:
    address = empty.config["SETTINGS"].effective_database_url
    command = [sys.executable, "-W", "error", "-c", PREPARE, str(tmp_path), address]
    started = [
        subprocess.Popen(command, cwd=MIGRATIONS.parents[1], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ends = [(process.communicate(timeout=120)[1], process.returncode) for process in started]
    assert [code for _, code in ends] == [0, 0, 0, 0], ends


def test_a_server_goes_on_with_what_another_prepared_since_it_looked(
    empty: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = schema.check_database

    def look_and_be_overtaken() -> None:
        try:
            look()
        except DatabaseNotReadyError:
            monkeypatch.setattr(schema, "check_database", look)
            schema.prepare_database()
            raise

    monkeypatch.setattr(schema, "check_database", look_and_be_overtaken)
    schema.prepare_database()
    assert schema.check_database is look
    schema.check_database()
