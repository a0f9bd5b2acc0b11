"""Fixtures: an application whose database has no table yet, and rows in every table."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from satisfaction.database import db, writing_engine
from tests.engines import Engines
from wsgi import create_app


@pytest.fixture
def empty(engines: Engines, tmp_path: Path) -> Iterator[Flask]:
    """Return the application over a database as it is on the first start."""
    with engines.fresh_settings(tmp_path) as settings:
        (tmp_path / "hailong.sqlite3").unlink(missing_ok=True)
        app = create_app(settings=settings)
        with app.app_context():
            if db.engine.dialect.name == "postgresql":
                with writing_engine(db.engine).begin() as connection:
                    connection.execute(text("DROP SCHEMA public CASCADE"))
                    connection.execute(text("CREATE SCHEMA public"))
            yield app
            db.engine.dispose()
