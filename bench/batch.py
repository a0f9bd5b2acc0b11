"""A device's queue of 500 ratings through everything, against reading and checking it alone.

The queue goes over HTTP to a real server, is settled in one durable transaction, and each item has
its answer; the baseline does in this process what the server does before it looks at the database.
"""

import http.client
import json
import time
from collections.abc import Sequence
from contextlib import closing

from bench.load import Post
from bench.places import Place
from bench.planting import expire_waiting, plant_city, plant_posts, tell_planner
from bench.results import Row, at_least, at_most
from bench.running import Run
from bench.serving import Server, serve
from kiosk.sync import QueuedRating, QueueMessage, read_json
from satisfaction import clock
from satisfaction.database import unit_of_work
from satisfaction.terms import RecordingResult

PATH = "/kiosk/sync"
ITEMS = 500


def measure(run: Run) -> list[Row]:
    """Measure on each engine."""
    return [
        row
        for engine in run.places.engines()
        for row in measure_place(run, run.places.make(engine, "batch"))
    ]


def measure_place(run: Run, place: Place) -> list[Row]:
    """Measure on a place that is still empty."""
    taken: list[float] = []
    read: list[float] = []
    with place.opened():
        with unit_of_work() as session:
            stands = plant_city(session, wards=1, desks_each=1).stands
        with serve(place) as server:
            for number in range(run.rounds + 1):
                posts = plant_posts(stands, ITEMS, first=number * ITEMS)
                tell_planner()
                body = _as_queue(posts)
                read.append(_read(body))
                taken.append(_deliver(server, posts[0].credential, body))
                expire_waiting()
    del taken[0], read[0]
    name = f"{place.engine}, a queue of {ITEMS}"
    shares = [alone / whole for alone, whole in zip(read, taken, strict=True)]
    return [
        Row("batch", f"{name}: until answered", [1000 * one for one in taken], "ms", at_most(500)),
        Row("batch", f"{name}: ratings", [ITEMS / one for one in taken], "1/s", at_least(15_000)),
        Row("batch", f"{name}: rate against reading alone", shares, "of bare", at_least(0.5)),
    ]


def _as_queue(posts: Sequence[Post]) -> str:
    items = [{"kind": "rating", **json.loads(post.message)} for post in posts]
    return json.dumps({"device_now": clock.now().isoformat(), "items": items})


def _read(body: str) -> float:
    """Return the seconds that reading and checking the queue takes."""
    begun = time.perf_counter()
    for item in QueueMessage.model_validate(read_json(body.encode())).items:
        QueuedRating.model_validate(item)
    return time.perf_counter() - begun


def _deliver(server: Server, credential: str, body: str) -> float:
    """Return the seconds until the last item has its answer; refuse any other than recorded."""
    headers = {"Content-Type": "application/json", "Cookie": f"kiosk={credential}"}
    begun = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.request("POST", PATH, body, headers)
        told = json.loads(connection.getresponse().read())
    taken = time.perf_counter() - begun
    results = {item["result"] for item in told["items"]}
    if results != {RecordingResult.RECORDED} or len(told["items"]) != ITEMS:
        raise RuntimeError(f"a queue was answered with {results}")
    return taken
