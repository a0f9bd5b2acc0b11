"""How long the counts of one day take to be made anew: one ward, and a city of 126 units.

Against one grouped read of the same day's ratings, which no rebuild can do without.
"""

from datetime import timedelta

from sqlalchemy import func, select

from bench.history import Span, write_history
from bench.planting import plant_city
from bench.results import Row, at_most
from bench.running import Run
from bench.timing import typical_ms
from satisfaction import clock, rollups
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Rating

DESKS_EACH = 5
RATED, UNRATED = 48, 12
SIZES = {"one ward": (1, 50.0), "a city of 126 units": (125, 3000.0)}


def measure(run: Run) -> list[Row]:
    """Measure on each engine."""
    return [
        row
        for engine in run.places.engines()
        for size in SIZES
        for row in _measure_city(run, engine, size)
    ]


def _measure_city(run: Run, engine: str, size: str) -> list[Row]:
    wards, most_ms = SIZES[size]
    today = clock.today()
    day = today - timedelta(days=1)
    place = run.places.make(engine, f"rebuild-{wards}")
    with place.opened():
        with unit_of_work() as session:
            city = plant_city(session, wards=wards, desks_each=DESKS_EACH)
        span = Span(today - timedelta(days=7), today, rated=RATED, unrated=UNRATED)
        write_history(place, city, span)

        def rebuild() -> None:
            with unit_of_work() as session:
                rollups.rebuild_day(session, day)

        def read() -> None:
            grouped = select(Rating.desk_id, Rating.level_id, func.count())
            wanted = grouped.where(Rating.local_day == day)
            with reading() as session:
                session.execute(wanted.group_by(Rating.desk_id, Rating.level_id)).all()

        taken = [
            (typical_ms(read, times=3), typical_ms(rebuild, times=3)) for _ in range(run.rounds)
        ]
    ratings = wards * DESKS_EACH * RATED
    name = f"{engine}, {size} ({ratings} ratings a day)"
    return [
        Row("rebuild", name, [made for _, made in taken], "ms", at_most(most_ms)),
        Row("rebuild", f"{name}: against a grouped read", [b / a for a, b in taken], "×"),
    ]
