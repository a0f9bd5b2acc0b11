"""Backups taken while ratings come in, each restored elsewhere and compared (R14).

What was acknowledged before a backup began is in it. The long form takes fifteen, and restores a
million ratings by the manual's commands alone into an empty place, against the clock.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import psycopg
from flask import Flask
from sqlalchemy.engine import make_url

from bench.history import Span, write_history
from bench.places import Place
from bench.planting import plant_city
from satisfaction import backups, clock, restoring
from satisfaction.config import Settings
from satisfaction.database import db, unit_of_work
from tests.conftest import make_office
from tests.engines import Engines
from tests.faults.live import Lived, LiveTaps
from tests.faults.recount import check_all, stored
from tests.faults.serving import ROOT, Product, environment_of, serving
from tests.faults.test_kill import plant_messages
from tests.faults.test_offline import answer_to, live_visits
from wsgi import create_app

IS_LONG = os.environ.get("FAULTS") == "long"
BACKUPS = 15 if IS_LONG else 2
MOST_PAUSE_SECONDS = 5.0 if IS_LONG else 0.5
TAPS = 12000 if IS_LONG else 600
# Wards, desks in each, days, ratings a day at each desk: a million, or a handful.
SIZE = (10, 5, 400, 50) if IS_LONG else (1, 2, 6, 10)
MOST_SECONDS_TO_RESTORE = 15 * 60.0


@dataclass(frozen=True)
class _Taken:
    """A backup by the command, and when its command was given, by the monotonic clock."""

    name: str
    begun_at: float


def _command(settings: Settings, folder: Path, *words: str) -> str:
    """Give a command of the product as the manual does; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "backup", *words],
        cwd=ROOT,
        env=environment_of(settings) | {"HAILONG_BACKUP_FOLDER": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def _empty_place(settings: Settings, folder: Path) -> Iterator[Settings]:
    """Yield the settings of a place beside a database that has nothing in it yet."""
    folder.mkdir()
    if not settings.database_url:
        yield Settings(data=folder)
        return
    url = make_url(settings.database_url)
    name = f"{url.database}_{folder.name.replace('-', '_')}"
    server = url.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        beside = url.set(database=name).render_as_string(hide_password=False)
        try:
            yield Settings(data=folder, database_url=beside)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def _opened(settings: Settings) -> Iterator[None]:
    """Look into another place's database until the block ends."""
    with create_app(settings=settings).app_context():
        try:
            yield
        finally:
            db.engine.dispose()


def test_every_backup_under_taps_holds_what_was_acknowledged_before_it(
    app: Flask, tmp_path: Path
) -> None:
    settings, folder = app.config["SETTINGS"], tmp_path / "backups"
    draw = random.Random(14)
    with unit_of_work() as session:
        ward = make_office(session)
    plant_messages(ward, 100, days=3)
    visits = live_visits(ward, TAPS)
    taken: list[_Taken] = []
    with serving(app) as product:
        taps = LiveTaps(product.port, ward.tokens[0])
        taps.start([answer_to(ward, visit, 4) for visit in visits])
        for _ in range(BACKUPS):
            time.sleep(draw.uniform(0, MOST_PAUSE_SECONDS))
            begun_at = time.monotonic()
            name = _command(settings, folder, "now").split("\t")[0]
            taken.append(_Taken(name, begun_at))
        lived = taps.finish()
    db.engine.dispose()
    sizes = [
        _check_restored(settings, folder, one, lived=lived, place=tmp_path / f"place-{number}")
        for number, one in enumerate(taken)
    ]
    assert stored().keys() == {item["id"] for item in lived.given}
    print(
        f"\nR14 ({db.engine.dialect.name}): {len(taken)} backups under {len(lived.given)} taps, "
        f"{len(sizes)} restored into an empty place, with {sizes[0]} to {sizes[-1]} ratings, every "
        "one acknowledged before its backup began; counts and integrity as they should be"
    )


def _check_restored(
    settings: Settings, folder: Path, taken: _Taken, *, lived: Lived, place: Path
) -> int:
    """Restore one backup elsewhere and look at it; return how many ratings it holds."""
    before = {name for name, at in lived.answered.items() if at < taken.begun_at}
    with _empty_place(settings, place) as elsewhere, _opened(elsewhere):
        plan = replace(backups.plan_from(elsewhere), folder=folder)
        restoring.restore_backup(plan, taken.name, data_folder=place)
        kept = stored()
        check_all()
    assert before <= kept.keys(), "an acknowledged rating is not in the backup"
    assert kept.keys() <= {item["id"] for item in lived.given}
    assert set(kept.values()) <= {1}
    return len(kept)


def test_a_restore_into_an_empty_place_serves_again_in_time(
    engines: Engines, tmp_path: Path
) -> None:
    wards, desks, days, each = SIZE
    folder, data = tmp_path / "backups", tmp_path / "data"
    data.mkdir()
    with engines.fresh_settings(data) as settings:
        engine = "PostgreSQL" if settings.database_url else "SQLite"
        with _opened(settings):
            with unit_of_work() as session:
                city = plant_city(session, wards=wards, desks_each=desks)
            first = clock.today() - timedelta(days=days)
            span = Span(first, clock.today(), rated=each, unrated=max(1, each // 4))
            place = Place(engine, data, settings.database_url)
            written = write_history(place, city, span)
        begun = time.monotonic()
        name = _command(settings, folder, "now").split("\t")[0]
        taking = time.monotonic() - begun
        with _empty_place(settings, tmp_path / "new") as elsewhere:
            begun = time.monotonic()
            _command(elsewhere, folder, "restore", name, "--yes")
            product = Product(elsewhere)
            try:
                product.start()
                seconds = time.monotonic() - begun
            finally:
                product.stop()
            with _opened(elsewhere):
                kept = stored()
                said = check_all()
    assert (len(kept), set(kept.values())) == (written, {1})
    assert seconds <= MOST_SECONDS_TO_RESTORE
    print(
        f"\nR14 ({engine}): {written} ratings, backed up and proved in {taking:.1f} s, restored "
        f"into an empty place and served in {seconds:.1f} s (target 900 s); {said}"
    )
