"""The real server of the product, to be killed and started again at will."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from flask import Flask

from satisfaction import backups, restoring
from satisfaction.backups import BackupKind
from satisfaction.config import Settings
from tests.engines import free_port
from tests.jobs.posting import SENDER

ROOT = Path(__file__).parents[2]
LONGEST_START_SECONDS = 180


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment in which a program of ours uses the database of a test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HAILONG_")}
    kept["HAILONG_DATA"] = str(settings.data)
    if settings.database_url:
        kept["HAILONG_DATABASE_URL"] = settings.database_url
    return kept


def mail_at(port: int) -> dict[str, str]:
    """Return the settings by which the jobs find their mail server at a port of this machine."""
    return {
        "HAILONG_SMTP_HOST": "127.0.0.1",
        "HAILONG_SMTP_PORT": str(port),
        "HAILONG_SMTP_SECURITY": "none",
        "HAILONG_SMTP_FROM": SENDER,
        "HAILONG_SMTP_PER_MINUTE": "1000",
    }


class Product:
    """One server over the database of a test; its workers may die, its port stays.

    ``within`` are the words that start it where it belongs, in a group of processes for instance.
    """

    def __init__(self, settings: Settings, *, within: Sequence[str] = ()) -> None:
        self.port = free_port()
        self._settings = settings
        self._within = within
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        environment = environment_of(self._settings) | {"PORT": str(self.port)}
        command = [
            *self._within,
            *(sys.executable, "-m", "gunicorn", "--config", "python:satisfaction.web.server"),
            *("--bind", f"127.0.0.1:{self.port}", "--log-level", "error", "wsgi:create_app()"),
        ]
        with (Path(self._settings.data) / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while not self._is_alive():
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)

    def _is_alive(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the server ended"
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            try:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
            except OSError:
                return False

    def report(self) -> str:
        """Return whether the server still runs, and the last that it wrote down."""
        ended = self._process.poll() if self._process is not None else "killed"
        log = (Path(self._settings.data) / "server.log").read_text(encoding="utf-8")
        return f"ended: {ended}; {log[-2_000:]}"

    def pids(self) -> list[int]:
        """Return the numbers of the server's processes, the one that leads them first."""
        assert self._process is not None
        master = self._process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [master, *map(int, children)]

    def kill_workers(self) -> int:
        """Kill every worker at once, in whatever it is doing; return how many there were."""
        _, *workers = self.pids()
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        return len(workers)

    def finish(self) -> None:
        """Have the server finish what it is answering, and end."""
        assert self._process is not None
        self._process.terminate()
        assert self._process.wait(timeout=60) == 0
        self._process = None

    def stop(self) -> None:
        """Kill the server and wait for its end, and for that of every worker.

        It is stopped first, so that it cannot begin a worker that nobody would know of.
        """
        if self._process is None:
            return
        self._process.send_signal(signal.SIGSTOP)
        _, *workers = self.pids()
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        self._process.kill()
        self._process.wait(timeout=30)
        self._process = None
        deadline = time.monotonic() + 30
        while any(map(_is_running, workers)):
            assert time.monotonic() < deadline, "a worker does not end"
            time.sleep(0.01)


class Jobs:
    """The process of the jobs over the database of a test, to be killed at any instant.

    ``more`` are settings besides those of the test.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        within: Sequence[str] = (),
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._environment = environment_of(settings) | dict(more)
        self._settings = settings
        self._within = within
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start; it ticks as soon as it is up."""
        command = [*self._within, sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "run"]
        with (Path(self._settings.data) / "jobs.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    @property
    def pid(self) -> int:
        """The number of the process, which has not ended by itself."""
        assert self._process is not None
        assert self._process.poll() is None, "the jobs ended"
        return self._process.pid

    def kill(self) -> None:
        """Kill it in whatever it is doing, and wait for its end."""
        os.kill(self.pid, signal.SIGKILL)
        assert self._process is not None
        self._process.wait(timeout=30)
        self._process = None

    def finish(self) -> None:
        """Have it finish what it is doing, and end."""
        os.kill(self.pid, signal.SIGTERM)
        assert self._process is not None
        assert self._process.wait(timeout=60) == 0
        self._process = None

    def stop(self) -> None:
        """Leave nothing running, whatever has happened."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=30)
            self._process = None


def _is_running(pid: int) -> bool:
    """Say whether any thread lives; the first one may be gone while others hold files yet."""
    states = []
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            states.append(stat.read_text().rpartition(")")[2].split()[0])
    return any(state not in "ZX" for state in states)


def copy_database(settings: Settings) -> Callable[[], None]:
    """Take a backup of a database; return what restores it over whatever is there by then."""
    plan = backups.plan_from(settings)
    name = backups.take_backup(plan, BackupKind.NIGHTLY).name

    def put_back() -> None:
        restoring.restore_backup(
            plan, name, data_folder=settings.data_folder, overwrites_newer=True
        )

    return put_back


@contextmanager
def serving(app: Flask) -> Iterator[Product]:
    """Serve the database of an application until the block ends."""
    product = Product(app.config["SETTINGS"])
    product.start()
    try:
        yield product
    finally:
        product.stop()


@contextmanager
def working(app: Flask) -> Iterator[Jobs]:
    """Run the jobs over the database of an application until the block ends."""
    jobs = Jobs(app.config["SETTINGS"])
    jobs.start()
    try:
        yield jobs
    finally:
        jobs.stop()
