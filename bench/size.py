"""How many bytes one rating takes with all its indexes, recorded through the product."""

from sqlalchemy import Connection, func, inspect, select, text

from bench.places import Place
from bench.planting import City, expire_waiting, plant_city, plant_taps
from bench.results import Row, at_most
from bench.running import Run
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Rating
from satisfaction.recording import Recorder
from satisfaction.terms import RecordingResult
from satisfaction.web.setup import RECORDER

BATCH = 500
MOST_BYTES = {"SQLite": 160, "PostgreSQL": 260}


def measure(run: Run) -> list[Row]:
    """Measure on each engine; the same rows take the same room, so once is enough."""
    number = 10_000 if run.is_quick else 100_000
    rows: list[Row] = []
    for engine in run.places.engines():
        place = run.places.make(engine, "size")
        taken = _measure_place(place, number)
        name = f"{engine}: a rating of {number} with all indexes"
        rows.append(Row("size", name, [taken], "bytes", at_most(MOST_BYTES[engine])))
    return rows


def _measure_place(place: Place, number: int) -> float:
    with place.opened() as app:
        with unit_of_work() as session:
            city = plant_city(session, wards=8, desks_each=8)
        recorder: Recorder = app.extensions[RECORDER]
        for first in range(0, number, BATCH):
            _record(recorder, city, first)
        with reading() as session:
            stored = session.scalar(select(func.count()).select_from(Rating)) or 0
            if stored != number:
                raise RuntimeError(f"{stored} of {number} ratings are stored")
            return _bytes_of_ratings(session.connection()) / stored


def _record(recorder: Recorder, city: City, first: int) -> None:
    outcomes = recorder.record_batch(plant_taps(city.stands, BATCH, first=first))
    if any(outcome.result is not RecordingResult.RECORDED for outcome in outcomes):
        raise RuntimeError("a rating was not recorded")
    expire_waiting()


def _bytes_of_ratings(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(text("SELECT pg_total_relation_size('rating')")) or 0)
    named = text("SELECT name FROM sqlite_master WHERE tbl_name = 'rating'")
    names = set(connection.scalars(named))
    assert names >= {index["name"] for index in inspect(connection).get_indexes("rating")}
    pages = connection.execute(text("SELECT name, pgsize FROM dbstat"))
    return sum(size for name, size in pages if name in names)
