"""What 500 kiosks cost that ask at least every two seconds, against as many bare requests.

An open load: each kiosk asks at its own times whether or not the others were answered, as pages
do; nothing has changed for any of them, so that every answer is empty.
"""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.bare import HELLO
from bench.load import Answer, as_request, read_answer, run_apart
from bench.planting import Stand, plant_city
from bench.results import Row, at_most
from bench.running import Run
from bench.serving import Server, serve
from satisfaction.database import unit_of_work

SCREEN = "/kiosk/screen"
KIOSKS = 500
EVERY_SECONDS = 1.8


@dataclass(frozen=True)
class _Poll:
    """What one round saw."""

    cores: float
    p99_ms: float
    answers: int


def measure(run: Run) -> list[Row]:
    """Measure on each engine."""
    return [row for engine in run.places.engines() for row in _measure_engine(run, engine)]


def _measure_engine(run: Run, engine: str) -> list[Row]:
    place = run.places.make(engine, "polling")
    seconds = 4 if run.is_quick else 8
    with place.opened(), unit_of_work() as session:
        city = plant_city(session, wards=50, desks_each=KIOSKS // 50)
    polls: list[tuple[_Poll, _Poll]] = []
    with serve(place) as server:
        seen: dict[str, str] = {}
        run_apart(_poll(server, city.stands, SCREEN, 2 * EVERY_SECONDS, seen))
        for _ in range(run.rounds):
            hello = run_apart(_poll(server, city.stands, HELLO, seconds, seen))
            polls.append((hello, run_apart(_poll(server, city.stands, SCREEN, seconds, seen))))
    name = f"{engine}, {KIOSKS} kiosks each {EVERY_SECONDS:g} s"
    cores = [poll.cores for _, poll in polls]
    return [
        Row("polling", f"{name}: processors busy", cores, "cores", at_most(0.5)),
        Row("polling", f"{name}: p99", [poll.p99_ms for _, poll in polls], "ms", at_most(100)),
        Row("polling", f"{name}: against hello", [b.cores / a.cores for a, b in polls], "×"),
    ]


async def _poll(
    server: Server, stands: Sequence[Stand], path: str, seconds: float, seen: dict[str, str]
) -> _Poll:
    """Let every kiosk ask at its own rhythm for a while; ``seen`` is what each knows already."""
    latencies: list[float] = []
    before = server.cpu_seconds()
    begun = time.monotonic()
    await asyncio.gather(
        *[_one_kiosk(server, stand, path, begun + seconds, latencies, seen) for stand in stands]
    )
    elapsed = time.monotonic() - begun
    latencies.sort()
    return _Poll(
        cores=(server.cpu_seconds() - before) / elapsed,
        p99_ms=latencies[int(len(latencies) * 0.99)] * 1000,
        answers=len(latencies),
    )


async def _one_kiosk(
    server: Server,
    stand: Stand,
    path: str,
    end: float,
    latencies: list[float],
    seen: dict[str, str],
) -> None:
    """Ask every 1.8 seconds, a tenth early or late, over a connection that is kept."""
    connection = None
    await asyncio.sleep(random.uniform(0, EVERY_SECONDS))
    while time.monotonic() < end:
        asked = time.monotonic()
        connection = connection or await asyncio.open_connection("127.0.0.1", server.port)
        reader, writer = connection
        known = seen.get(stand.credential, "")
        target = f"{path}?seen={known}" if known and path == SCREEN else path
        writer.write(as_request(target, None, credential=stand.credential))
        try:
            answer = await read_answer(reader)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            connection = None
            continue
        latencies.append(time.monotonic() - asked)
        if path == SCREEN:
            seen[stand.credential] = _check(answer, known)
        await asyncio.sleep(random.uniform(0.9, 1.1) * EVERY_SECONDS)
    if connection:
        connection[1].close()
        await connection[1].wait_closed()


def _check(answer: Answer, seen: str) -> str:
    """Return the version of what is shown; refuse any other answer than the expected ones."""
    if answer.status == 204 and seen:
        return seen
    if answer.status == 200 and not seen:
        return str(json.loads(answer.body)["version"])
    raise RuntimeError(f"the screen answered {answer.status} to a kiosk that had seen {seen!r}")
