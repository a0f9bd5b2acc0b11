"""One live tap through the whole real stack, against a bare view on the same server.

Every request rates a visit of its own under an id of its own, with the credential of the kiosk at
that visit's desk; afterwards the ratings are counted, so that an answer without a row is an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from bench.bare import HELLO
from bench.load import Load, Post, drive
from bench.places import Place
from bench.planting import City, expire_waiting, plant_city, plant_posts, tell_planner
from bench.results import Row, Target, at_least, at_most
from bench.running import Run
from bench.serving import Server, serve
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Rating

PATH = "/kiosk/ratings"
WARDS, DESKS_EACH = 8, 8
MOST_TAPS_A_SECOND = 4000
RATE_TARGETS = {
    "SQLite TRUNCATE+FULL": {1: 0.20, 8: 0.25, 64: 0.35},
    "SQLite WAL+FULL (trial)": {1: 0.35, 8: 0.40, 64: 0.40},
    "PostgreSQL": {1: 0.35, 8: 0.35, 64: 0.35},
}
TAIL_TARGETS = {
    "SQLite TRUNCATE+FULL": (2.0, 50.0),
    "SQLite WAL+FULL (trial)": (1.5, 30.0),
}
TRIAL_NOTE = "not what this installation uses: its SQLite lacks the repaired WAL"


@dataclass(frozen=True)
class _Pair:
    """One round: the baseline and the tap, one after the other."""

    hello: Load
    tap: Load


def measure(run: Run) -> list[Row]:
    """Measure the way in on each engine."""
    rows: list[Row] = []
    for engine in run.places.engines():
        name = "SQLite TRUNCATE+FULL" if engine == "SQLite" else engine
        rows += measure_place(run, run.places.make(engine, "live-tap"), name)
    if not run.is_quick:
        place = run.places.make("SQLite", "live-tap-wal", is_wal_trial=True)
        rows += measure_place(run, place, "SQLite WAL+FULL (trial)")
    return rows


def measure_place(run: Run, place: Place, name: str) -> list[Row]:
    """Measure the way in, on a place that is still empty."""
    connections = tuple(RATE_TARGETS[name])
    seconds = 1 if run.is_quick else 2
    pairs: dict[int, list[_Pair]] = {number: [] for number in connections}
    with place.opened():
        with unit_of_work() as session:
            supply = Supply(plant_city(session, wards=WARDS, desks_each=DESKS_EACH))
        with serve(place) as server:
            _one_pair(server, supply, 8, 1)
            for _ in range(run.rounds):
                for number in connections:
                    pairs[number].append(_one_pair(server, supply, number, seconds))
        _check_stored(supply)
    return [row for number in connections for row in _rows(name, number, pairs[number])]


class Supply:
    """Taps that were not sent yet, and how many were answered."""

    def __init__(self, city: City) -> None:
        self._stands = city.stands
        self._made = 0
        self.answered = 0
        self.most = 0

    def prepare(self, seconds: float) -> Sequence[Post]:
        """Plant more visits than can be rated in this time; only these wait for an answer."""
        expire_waiting()
        number = round(MOST_TAPS_A_SECOND * seconds)
        posts = plant_posts(self._stands, number, first=self._made)
        self._made += number
        tell_planner()
        return posts

    def spend(self, server: Server, connections: int, seconds: float) -> Load:
        """Send taps for a while; those still on their way at the end are not answered."""
        posts = self.prepare(seconds)
        load = drive(server, PATH, connections=connections, seconds=seconds, posts=posts)
        self.answered += load.requests
        self.most += load.requests + connections
        return load


def _one_pair(server: Server, supply: Supply, connections: int, seconds: float) -> _Pair:
    hello = drive(server, HELLO, connections=connections, seconds=seconds)
    return _Pair(hello, supply.spend(server, connections, seconds))


def _check_stored(supply: Supply) -> None:
    """Refuse figures of a run in which an answered tap has no row of its own."""
    with reading() as session:
        stored = session.scalar(select(func.count()).select_from(Rating)) or 0
    if not supply.answered <= stored <= supply.most:
        raise RuntimeError(f"{supply.answered} taps answered, {stored} stored")


def _rows(name: str, connections: int, pairs: Sequence[_Pair]) -> list[Row]:
    note = TRIAL_NOTE if "trial" in name else ""
    label = f"{name}, {connections} conn"

    def row(what: str, values: list[float], unit: str, target: Target | None = None) -> Row:
        return Row("live tap", f"{label}: {what}", values, unit, target, note)

    rows = [
        row(
            "rate against hello",
            [pair.tap.rate / pair.hello.rate for pair in pairs],
            "of hello",
            at_least(RATE_TARGETS[name][connections]),
        ),
        row("taps", [pair.tap.rate for pair in pairs], "1/s"),
        row("hello", [pair.hello.rate for pair in pairs], "1/s"),
        row("p99", [pair.tap.p99_ms for pair in pairs], "ms"),
        row("hello's p99", [pair.hello.p99_ms for pair in pairs], "ms"),
    ]
    if connections == 64 and name in TAIL_TARGETS:
        factor, extra = TAIL_TARGETS[name]
        shares = [pair.tap.p99_ms / (factor * pair.hello.p99_ms + extra) for pair in pairs]
        what = f"p99 against {factor:g} × hello's + {extra:g} ms"
        rows.append(row(what, shares, "of bound", at_most(1.0)))
    return rows
