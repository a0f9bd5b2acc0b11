"""How long figures take over five years, with ten times the ratings and against one bare read.

200 desks in 20 wards; the product's own ``counting.count`` answers, as on the counts page.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Flask
from sqlalchemy import select

from bench.history import Span, write_history
from bench.planting import City, plant_city
from bench.results import Row, at_most
from bench.running import Run
from bench.timing import typical_ms
from satisfaction import clock, counting
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import Desk
from satisfaction.periods import Period, month_period
from satisfaction.terms import Dimension

YEARS = 5
DESKS_EACH = 10
PER_DAY = {"few": (3, 1), "many": (28, 7)}


@dataclass(frozen=True)
class _Years:
    """A database with five years in it, opened in this process."""

    app: Flask
    city: City
    ratings: int

    def ask(self, period: Period, by: Dimension) -> Callable[[], object]:
        """Return the question as work to be timed."""
        query = CountQuery(unit_id=self.city.unit_id, period=period, by=by)

        def work() -> object:
            with self.app.app_context(), reading() as session:
                return counting.count(session, query)

        return work

    def read_one(self) -> None:
        """Read one row by its key: the least that a question can cost."""
        key = self.city.stands[0].desk_id
        with self.app.app_context(), reading() as session:
            session.execute(select(Desk.id, Desk.name).where(Desk.id == key)).one()


def measure(run: Run) -> list[Row]:
    """Measure on each engine."""
    return [row for engine in run.places.engines() for row in _measure_engine(run, engine)]


def _measure_engine(run: Run, engine: str) -> list[Row]:
    today = clock.today()
    first_day = date(today.year - YEARS, today.month, 1)
    with ExitStack() as opened:
        few, many = (_make(run, engine, name, first_day, opened) for name in PER_DAY)
        return _compare(run, f"{engine}, {_millions(many)} against {_millions(few)}", few, many)


def _make(run: Run, engine: str, name: str, first_day: date, opened: ExitStack) -> _Years:
    place = run.places.make(engine, f"figures-{name}")
    rated, unrated = PER_DAY[name]
    with place.opened():
        with unit_of_work() as session:
            city = plant_city(session, wards=2 if run.is_quick else 20, desks_each=DESKS_EACH)
        span = Span(first_day, clock.today(), rated=rated, unrated=unrated)
        ratings = write_history(place, city, span)
    return _Years(opened.enter_context(place.reopened()), city, ratings)


def _millions(years: _Years) -> str:
    return f"{years.ratings / 1e6:.2g} M"


def _compare(run: Run, label: str, few: _Years, many: _Years) -> list[Row]:
    today = clock.today()
    month = month_period(today.replace(day=1) - timedelta(days=1))
    year = Period(date(today.year - 1, today.month, 1), today.replace(day=1))
    whole = Period(date(today.year - YEARS, today.month, 1), today.replace(day=1))
    questions = {
        "desk × level, a month": (month, Dimension.DESK, 5, 1.7),
        "a year by day": (year, Dimension.DAY, 5, 1.5),
        "five years by unit": (whole, Dimension.UNIT, 3, 1.5),
    }
    rows: list[Row] = []
    for what, (period, by, times, bound) in questions.items():
        taken: list[tuple[float, float, float]] = []
        for _ in range(run.rounds + 1):
            one = typical_ms(many.read_one, times=20)
            taken.append(
                (
                    typical_ms(few.ask(period, by), times=times),
                    typical_ms(many.ask(period, by), times=times),
                    one,
                )
            )
        del taken[0]
        name = f"{label}: {what}"
        rows.append(
            Row("figures", name, [b / a for a, b, _ in taken], "×", at_most(bound)),
        )
        rows.append(Row("figures", f"{name}, time", [b for _, b, _ in taken], "ms"))
        ratios = [b / one for _, b, one in taken]
        target = at_most(10) if by is Dimension.DESK else None
        rows.append(Row("figures", f"{name}, against one read by key", ratios, "×", target))
    return rows
