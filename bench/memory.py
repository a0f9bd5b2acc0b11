"""How much memory all processes of the server take, at rest and while taps come in.

Shared pages are counted once (the proportional set size of Linux). The baseline is the same
server with nothing in it but the bare view.
"""

import threading
from collections.abc import Callable

from bench.bare import HELLO
from bench.live_tap import Supply
from bench.load import drive
from bench.places import Place
from bench.planting import plant_city
from bench.results import Row, at_most
from bench.running import Run
from bench.serving import Server, serve
from satisfaction.database import unit_of_work

PRODUCT = "wsgi:create_app()"
BARE = "bench.bare:make_hello()"
CONNECTIONS = 64
SECONDS = 3


def measure(run: Run) -> list[Row]:
    """Measure on each engine, each round with servers of its own."""
    return [row for engine in run.places.engines() for row in _measure_engine(run, engine)]


def _measure_engine(run: Run, engine: str) -> list[Row]:
    place = run.places.make(engine, "memory")
    rest, busy, bare = [], [], []
    with place.opened():
        with unit_of_work() as session:
            supply = Supply(plant_city(session, wards=8, desks_each=8))
        for _ in range(run.rounds):
            bare.append(_measure_bare(place))
            with serve(place, application=PRODUCT) as server:
                drive(server, "/healthz", connections=8, seconds=1)
                rest.append(server.memory_mb())
                busy.append(_most_while(server, lambda: supply.spend(server, CONNECTIONS, SECONDS)))
    return [
        Row("memory", f"{engine}: at rest", rest, "MB", at_most(220)),
        Row("memory", f"{engine}: taps over 64 connections", busy, "MB", at_most(350)),
        Row("memory", f"{engine}: at rest against a bare server", _ratios(rest, bare), "×"),
    ]


def _measure_bare(place: Place) -> float:
    with serve(place, application=BARE, alive=HELLO) as server:
        drive(server, HELLO, connections=8, seconds=1)
        return server.memory_mb()


def _most_while(server: Server, work: Callable[[], object]) -> float:
    """Return the most memory that was seen, about ten times a second, until the work was done."""
    done = threading.Event()
    seen: list[float] = []

    def look() -> None:
        while not done.wait(0.1):
            seen.append(server.memory_mb())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        work()
    finally:
        done.set()
        looking.join()
    return max(seen)


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs, strict=True)]
