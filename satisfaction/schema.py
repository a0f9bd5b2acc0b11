"""The database's form: bring it up to this version, and refuse one from a newer version."""

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade

from satisfaction.database import db
from satisfaction.errors import DatabaseNotReadyError, DatabaseTooNewError


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", current_app.extensions["migrate"].directory)
    return ScriptDirectory.from_config(config)


def current_revision() -> str | None:
    """Return the revision the database is at; None for an empty one."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check_database() -> None:
    """Refuse a database that this version cannot use.

    Raises: DatabaseTooNewError, DatabaseNotReadyError.
    """
    scripts, revision = _scripts(), current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseTooNewError(revision=revision, newest_known=scripts.get_current_head())
    if revision != scripts.get_current_head():
        raise DatabaseNotReadyError(revision=revision, wanted=scripts.get_current_head())


def prepare_database() -> None:
    """Create the tables, or bring them up to this version.

    Raises: DatabaseTooNewError.
    """
    try:
        check_database()
    except DatabaseNotReadyError:
        upgrade()
