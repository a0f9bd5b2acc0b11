"""An upgrade that is killed in the middle, and one with devices running meanwhile (R13, R15)."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import inspect, text

from satisfaction import clock, schema
from satisfaction.config import Settings
from satisfaction.database import db, reading, unit_of_work
from tests.conftest import make_office
from tests.faults.live import LiveTaps
from tests.faults.recount import check_all
from tests.faults.serving import ROOT, environment_of, serving
from tests.faults.test_offline import answer_to, live_visits, stored
from tests.making import rated_visit

IS_LONG = os.environ.get("FAULTS") == "long"
KILLS = 20 if IS_LONG else 3
# Only the long form has the machine to itself.
MOST_SECONDS_OUT = 30.0 if IS_LONG else 120.0
PREPARE = ("-m", "flask", "--app", "wsgi", "database", "prepare")


def _prepare(settings: Settings) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, *PREPARE],
        cwd=ROOT,
        env=environment_of(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _rows() -> dict[str, int]:
    """Return the rows of all tables but those that the upgrade itself writes."""
    with db.engine.connect() as connection:
        tables = set(inspect(connection).get_table_names()) - {"audit_entry", "alembic_version"}
        return {
            name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            for name in sorted(tables)
        }


def test_a_migration_killed_anywhere_is_finished_by_the_next_start(app: Flask) -> None:
    draw = random.Random(13)
    with unit_of_work() as session:
        ward = make_office(session)
    for minute in range(20):
        rated_visit(ward, minute % 5 + 1, at=clock.now() - timedelta(minutes=minute))
    head = schema.current_revision()
    downgrade(revision="-1")
    old, before = schema.current_revision(), _rows()
    assert old is not None
    db.engine.dispose()
    begun = time.monotonic()
    assert _prepare(app.config["SETTINGS"]).wait(timeout=120) == 0
    whole = time.monotonic() - begun
    found: list[str] = []
    for _ in range(KILLS):
        downgrade(revision=old)
        db.engine.dispose()
        process = _prepare(app.config["SETTINGS"])
        time.sleep(whole * draw.uniform(0.5, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        _wait_for_the_dead()
        revision = schema.current_revision()
        assert revision in {old, head}
        found.append("old" if revision == old else "new")
        _check_sound()
        assert {name: _rows().get(name) for name in before} == before
        db.engine.dispose()
        assert _prepare(app.config["SETTINGS"]).wait(timeout=120) == 0
        schema.check_database()
        assert {name: _rows()[name] for name in before} == before
        db.engine.dispose()
    print(
        f"\nR13 ({db.engine.dialect.name}): {KILLS} upgrades killed, {found.count('old')} left the"
        f" old form, {found.count('new')} the new one; the next start finished each, 0 rows lost; "
        + check_all()
    )


def _wait_for_the_dead() -> None:
    """Wait until PostgreSQL has noticed that the killed program is gone."""
    if db.engine.dialect.name == "postgresql":
        time.sleep(0.5)


def _check_sound() -> None:
    if db.engine.dialect.name == "sqlite":
        with reading() as session:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_an_upgrade_under_taps_loses_none(app: Flask) -> None:
    with unit_of_work() as session:
        ward = make_office(session)
    visits = live_visits(ward, 400)
    downgrade(revision="-1")
    assert schema.current_revision() is not None
    schema.prepare_database()
    with serving(app) as product:
        taps = LiveTaps(product.port, ward.tokens[0])
        taps.start([answer_to(ward, visit, 4) for visit in visits])
        time.sleep(1)
        begun = time.monotonic()
        product.finish()
        out = time.monotonic() - begun
        db.engine.dispose()
        downgrade(revision="-1")
        db.engine.dispose()
        begun = time.monotonic()
        assert _prepare(app.config["SETTINGS"]).wait(timeout=120) == 0
        product.start()
        out += time.monotonic() - begun
        time.sleep(1)
        lived = taps.finish()
    kept = stored()
    given = {item["id"] for item in lived.given}
    assert given
    assert given <= kept.keys()
    assert set(kept.values()) == {1}
    assert out <= MOST_SECONDS_OUT
    backups_taken = list(Path(app.config["SETTINGS"].data_folder).glob("backups/*upgrade*.json"))
    assert backups_taken
    print(
        f"\nR15 ({db.engine.dialect.name}): {len(given)} taps through an upgrade, 0 lost, 0 "
        f"doubled, {out:.1f} s without a server, {lived.tries_lost} tries meanwhile; " + check_all()
    )
