"""A server like the product's own, its processes' time and memory. Refuses to outlive its use."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.places import Place
from tests.engines import free_port

ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
LONGEST_START_SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """A running server: the main process and its workers."""

    port: int
    pid: int
    started_in_seconds: float

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def pids(self) -> list[int]:
        """Return the main process and its children."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def cpu_seconds(self) -> float:
        """Return the processor time that all processes have used so far."""
        total = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory_mb(self) -> float:
        """Return the proportional memory of all processes: shared pages are counted once."""
        return sum(_proportional_kb(pid) for pid in self.pids()) / 1024


def _proportional_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise RuntimeError(f"no Pss for process {pid}")


@contextmanager
def serve(
    place: Place,
    *,
    application: str = "bench.application:create()",
    alive: str = "/healthz",
) -> Iterator[Server]:
    """Run gunicorn by the product's own settings until the block ends."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--config", "python:satisfaction.web.server"),
        *("--log-level", "warning", application),
    ]
    begun = time.monotonic()
    log = (place.folder / "server.log").open("ab")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={
            **without_settings(),
            **place.environment(),
            "PORT": str(port),
        },
        stdout=log,
        stderr=log,
    )
    try:
        wait_until_alive(process, port, alive)
        yield Server(port, process.pid, time.monotonic() - begun)
    finally:
        process.terminate()
        process.wait(timeout=60)
        log.close()


def without_settings() -> dict[str, str]:
    """Return this process's environment without the settings of any installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HAILONG_")}


def wait_until_alive(process: "subprocess.Popen[bytes]", port: int, path: str = "/healthz") -> None:
    """Wait for the first good answer.

    Raises: RuntimeError when the server ends, or does not answer in a minute.
    """
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            try:
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.02)
    raise RuntimeError("the server does not answer")
