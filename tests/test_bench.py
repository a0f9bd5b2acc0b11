"""The measurements measure what they say, on the smallest office; no figure is judged here."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bench import history, live_tap, load
from bench.history import Span, write_history
from bench.places import Place, Places
from bench.planting import plant_city, plant_posts
from bench.results import Row, as_table, at_least, at_most, write_results
from bench.running import Run
from bench.serving import serve
from satisfaction import clock, counting
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import DailyCount
from satisfaction.periods import Period
from satisfaction.terms import Dimension
from tests.engines import Engines

GENERATORS = ["asyncio", *(["wrk"] if shutil.which("wrk") else [])]


@pytest.fixture
def place(engines: Engines, tmp_path: Path) -> Iterator[Place]:
    """Return a place with an empty database of the engine under test."""
    with engines.fresh_settings(tmp_path) as settings:
        name = "PostgreSQL" if settings.database_url else "SQLite"
        yield Place(name, tmp_path, settings.database_url)


@pytest.fixture(params=GENERATORS)
def generator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have one of the generators used."""
    if request.param == "asyncio":
        monkeypatch.setattr(load, "which", lambda _name: None)
    return str(request.param)


def test_a_row_is_judged_by_its_median_and_kept_with_every_round(tmp_path: Path) -> None:
    rows = [
        Row("tap", "rate", [0.1, 0.5, 0.4], "of hello", at_least(0.35)),
        Row("tap", "p99", [10, 200, 300], "ms", at_most(100)),
        Row("tap", "taps", [1234], "1/s"),
    ]
    assert [row.verdict for row in rows] == ["met", "MISSED", ""]
    assert "MISSED" in as_table(rows)
    write_results(tmp_path / "results.json", rows, {"generator": "wrk"})
    kept = json.loads((tmp_path / "results.json").read_text())
    assert kept["rows"][1]["rounds"] == [10, 200, 300]
    assert kept["rows"][1]["median"] == 200


def test_bulk_years_are_counted_as_the_product_counts_them(place: Place) -> None:
    span = Span(clock.today() - timedelta(days=70), clock.today(), rated=3, unrated=1)
    with place.opened():
        with unit_of_work() as session:
            city = plant_city(session, wards=2, desks_each=2, procedures=20)
        written = write_history(place, city, span)
        with reading() as session:
            query = CountQuery(
                unit_id=city.unit_id,
                period=Period(span.first_day, span.end_day),
                by=Dimension.DESK,
            )
            total = counting.count(session, query).total
        assert (written, total.answers, total.finished_visits) == (840, 840, 1120)
        with unit_of_work() as session:
            session.execute(update(DailyCount).values(level_1=DailyCount.level_1 + 1))
        with pytest.raises(RuntimeError, match="not those of the product"):
            history.check_counts(span)


def test_every_answered_tap_has_a_row_of_its_own(
    place: Place, generator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_tap, "RATE_TARGETS", {place.engine: {2: 0.0}})
    monkeypatch.setattr(live_tap, "WARDS", 1)
    run = Run(Places(place.folder, None), place.folder, is_quick=True, fewest_rounds=1)
    rows = live_tap.measure_place(run, place, place.engine)
    assert load.generator() == generator
    assert [row.verdict for row in rows][:2] == ["met", ""]
    assert all(row.median > 0 for row in rows)


def test_a_refused_tap_fails_the_measurement(place: Place, generator: str) -> None:
    with place.opened():
        with unit_of_work() as session:
            stands = plant_city(session, wards=1, desks_each=1).stands
        posts = plant_posts(stands, 3)
        strange = [load.Post("nobody's", post.message) for post in posts]
    with serve(place) as server, pytest.raises(RuntimeError, match="failed"):
        load.drive(server, live_tap.PATH, connections=1, seconds=1, posts=strange)
