"""Where a measurement keeps its data: a folder with SQLite, or a PostgreSQL server of its own.

Refuses a database that does not wait for the disk: both engines commit durably here.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import psycopg
from flask import Flask

from satisfaction import database, schema
from satisfaction.config import Settings
from satisfaction.database import db
from tests.engines import postgres_server
from wsgi import create_app


@dataclass(frozen=True)
class Place:
    """A data folder and its database.

    ``is_wal_trial`` uses SQLite's write-ahead log whatever the library, which the product refuses
    to do: for measurements only, never for an installation.
    """

    engine: str
    folder: Path
    database_url: str = ""
    is_wal_trial: bool = False

    def settings(self) -> Settings:
        """Return the settings of an installation in this place."""
        return Settings(data=self.folder, database_url=self.database_url)

    def environment(self) -> dict[str, str]:
        """Return the same settings for a process of its own."""
        known = {
            "HAILONG_DATA": str(self.folder),
            "HAILONG_DATABASE_URL": self.database_url,
            "BENCH_JOURNAL": "wal" if self.is_wal_trial else "",
        }
        return {name: value for name, value in known.items() if value}

    @contextmanager
    def opened(self) -> Iterator[Flask]:
        """Prepare the database and work with it in this process until the block ends."""
        with self.reopened() as app, app.app_context():
            schema.prepare_database()
            yield app

    @contextmanager
    def reopened(self) -> Iterator[Flask]:
        """Have an application over the database until the block ends."""
        app = create_app(settings=self.settings())
        wal = mock.patch.object(database, "wal_is_safe", return_value=True)
        with wal if self.is_wal_trial else nullcontext():
            try:
                yield app
            finally:
                with app.app_context():
                    db.engine.dispose()


class Places:
    """Makes places under one folder; the PostgreSQL server starts when it is first wanted."""

    def __init__(self, folder: Path, postgres: str | None) -> None:
        self._folder = folder
        self._postgres = postgres

    @classmethod
    @contextmanager
    def within(cls, folder: Path, *, with_postgres: bool) -> Iterator["Places"]:
        """Hold the engines until the block ends."""
        if not with_postgres:
            yield cls(folder, None)
            return
        with postgres_server(folder / "postgresql", is_durable=True) as address:
            yield cls(folder, address)

    def engines(self) -> list[str]:
        """Return the engines that can be measured."""
        return ["SQLite"] + (["PostgreSQL"] if self._postgres else [])

    def make(self, engine: str, name: str, *, is_wal_trial: bool = False) -> Place:
        """Make an empty place."""
        folder = self._folder / f"{engine.lower()}-{name}"
        folder.mkdir(parents=True)
        if engine == "SQLite":
            return Place(engine, folder, is_wal_trial=is_wal_trial)
        database = name.replace("-", "_")
        with psycopg.connect(f"{self._postgres}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}".encode())
        return Place(engine, folder, f"{self._postgres}/{database}")
