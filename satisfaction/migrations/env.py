"""Alembic environment: runs the numbered migrations on SQLite and PostgreSQL.

On SQLite foreign keys are off while tables are rebuilt, because a rebuild with them on deletes
child rows; they are checked before the transaction ends. Two servers that start at once migrate
one after the other: on SQLite because both write, on PostgreSQL by a lock.
"""

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine

_LOCK = 0x48_4C_4D
engine: Engine = current_app.extensions["migrate"].db.engine


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=current_app.extensions["migrate"].db.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        user_module_prefix="",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"foreign keys broken by the migration: {broken[:5]}")


with engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            _run(connection.execution_options(hailong_writes=True))
        finally:
            raw.cursor().execute("PRAGMA foreign_keys=ON")
    else:
        _run(connection)
