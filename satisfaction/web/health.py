"""Whether the product is alive, and whether it is ready. Refuses to name a place or a version."""

from functools import cache

from flask import Flask, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from satisfaction import clock, dumps, schema
from satisfaction.database import db
from satisfaction.disks import Fullness, measure_disk
from satisfaction.outages import RETRY_AFTER_SECONDS
from satisfaction.web.guards import public


def install_health(app: Flask) -> None:
    """Add the two addresses that supervisors of machines ask."""

    @app.get("/healthz")
    @public
    def alive() -> ResponseReturnValue:
        return {"status": "alive"}

    @app.get("/readyz")
    @public
    def ready() -> ResponseReturnValue:
        checks = check_readiness()
        if set(checks.values()) <= {"ok", Fullness.FILLING, Fullness.NEARLY_FULL}:
            return {"status": "ready", "checks": checks}
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return {"status": "not ready", "checks": checks}, 503, headers


def check_readiness() -> dict[str, str]:
    """Return how the database, its form, the disk and the clock stand, a word each."""
    reached, form = _ask_database()
    disk = measure_disk(current_app.config["SETTINGS"].data_folder).fullness
    return {
        "database": reached,
        "migrations": form,
        "disk": "ok" if disk is Fullness.ROOMY else disk.value,
        "clock": "ok" if clock.is_set() else "unset",
    }


def _ask_database() -> tuple[str, str]:
    try:
        with db.engine.connect() as connection:
            revision = connection.execute(dumps.SELECT_REVISION).scalar()
    except (DBAPIError, PoolTimeoutError) as problem:
        is_there = isinstance(problem, DBAPIError) and "alembic_version" in str(problem.orig)
        return ("ok", "missing") if is_there else ("away", "unknown")
    return "ok", "ok" if revision == _wanted_revision() else "other version"


@cache
def _wanted_revision() -> str | None:
    return schema.newest_revision()
