"""How long a start takes until the first page: `make run` on data that is there already.

The baseline is the same server with nothing in it but the bare view.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

from bench.bare import HELLO
from bench.memory import BARE
from bench.results import Row, at_most
from bench.running import Run
from bench.serving import ROOT, serve, wait_until_alive, without_settings
from tests.engines import free_port

FIRST_PAGE = "/admin/sign-in"


def measure(run: Run) -> list[Row]:
    """Start again and again on the demonstration office."""
    place = run.places.make("SQLite", "start")
    first = _start(place.folder)
    later, bare = [], []
    for _ in range(run.rounds):
        with serve(place, application=BARE, alive=HELLO) as server:
            bare.append(server.started_in_seconds)
        later.append(_start(place.folder))
    ratios = [one / other for one, other in zip(later, bare, strict=True)]
    return [
        Row("start", "make run, first page of a later start", later, "s", at_most(5)),
        Row("start", "against a bare server", ratios, "×"),
        Row("start", "make run, first start with its demonstration", [first], "s"),
    ]


def _start(folder: Path) -> float:
    """Return the seconds from the command to the first page."""
    port = free_port()
    environment = {**without_settings(), "PORT": str(port), "HAILONG_DATA": str(folder)}
    begun = time.monotonic()
    with (folder / "make.log").open("ab") as log:
        process = subprocess.Popen(
            ["make", "--silent", "run"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_until_alive(process, port, FIRST_PAGE)
            return time.monotonic() - begun
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)
