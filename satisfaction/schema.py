"""The database's form: bring it up to this version, and refuse one from a newer version."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy.exc import DBAPIError

from satisfaction import backups, soundness
from satisfaction.audit import record_deed
from satisfaction.backups import BackupKind
from satisfaction.database import db, unit_of_work
from satisfaction.errors import (
    DatabaseNotReadyError,
    DatabaseTooNewError,
    DatabaseUnusableError,
)
from satisfaction.terms import AuditAction


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", current_app.extensions["migrate"].directory)
    return ScriptDirectory.from_config(config)


@contextmanager
def _usable() -> Iterator[None]:
    """Name what keeps the database from being opened, read or written.

    Raises: DatabaseUnusableError with the engine's first line, which holds no password.
    """
    try:
        yield
    except DBAPIError as problem:
        lines = str(problem.orig).strip().splitlines()
        raise DatabaseUnusableError(detail=lines[0] if lines else "") from problem


def current_revision() -> str | None:
    """Return the revision the database is at; None for an empty one.

    Raises: DatabaseUnusableError.
    """
    with _usable(), db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """Return the revision that this version brings a database to."""
    return _scripts().get_current_head()


def check_database() -> None:
    """Refuse a database that this version cannot use.

    Raises: DatabaseTooNewError, DatabaseNotReadyError, DatabaseUnusableError.
    """
    scripts, revision = _scripts(), current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseTooNewError(revision=revision, newest_known=scripts.get_current_head())
    if revision != scripts.get_current_head():
        raise DatabaseNotReadyError(revision=revision, wanted=scripts.get_current_head())


def prepare_database(*, takes_backup: bool = True) -> None:
    """Create the tables, or bring them up to this version after a backup of what there is.

    A migration is one transaction on either engine: one that is killed leaves the old form.
    Raises: DatabaseTooNewError, DatabaseUnusableError, DatabaseDamagedError,
    DatabaseMissingError; BackupFailedError, ProgramMissingError, ProgramFailedError where no
    backup could be taken, and then nothing was changed.
    """
    settings = current_app.config["SETTINGS"]
    plan, folder = backups.plan_from(settings), settings.data_folder
    was_here, backup = soundness.was_prepared(plan.url, folder), None
    soundness.require_sound_file(plan, folder, was_here=was_here)
    try:
        check_database()
    except DatabaseNotReadyError as older:
        if older.fields["revision"] is None and was_here:
            raise soundness.missing(plan, folder) from older
        if older.fields["revision"] is not None and takes_backup:
            backup = backups.take_backup(plan, BackupKind.BEFORE_UPGRADE)
        with _usable():
            upgrade()
    soundness.remember(plan.url, folder)
    if backup is not None:
        with unit_of_work() as session:
            record_deed(session, AuditAction.BACKUP_TAKEN, detail=backups.deed_of(backup))
        backups.rotate(plan.folder)
