"""The real server of the product, to be killed and started again at will."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from flask import Flask

from satisfaction.config import Settings
from tests.engines import free_port

ROOT = Path(__file__).parents[2]
LONGEST_START_SECONDS = 60


class Product:
    """One server over the database of a test; its workers may die, its port stays."""

    def __init__(self, settings: Settings) -> None:
        self.port = free_port()
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("HAILONG_")
        }
        environment |= {"PORT": str(self.port), "HAILONG_DATA": str(self._settings.data)}
        if self._settings.database_url:
            environment["HAILONG_DATABASE_URL"] = self._settings.database_url
        command = [
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

    def kill_workers(self) -> int:
        """Kill every worker at once, in whatever it is doing; return how many there were."""
        assert self._process is not None
        master = self._process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        return len(children)

    def stop(self) -> None:
        """Kill the server and wait for its end."""
        if self._process is not None:
            self.kill_workers()
            self._process.kill()
            self._process.wait(timeout=30)
            self._process = None


def copy_database(settings: Settings) -> Callable[[], None]:
    """Copy a database that nobody is using; return what puts the copy in its place."""
    if settings.database_url:
        address, _, name = settings.database_url.rpartition("/")
        _execute(address, f"CREATE DATABASE {name}_copy TEMPLATE {name}")

        def put_back() -> None:
            _execute(address, f"DROP DATABASE {name} WITH (FORCE)")
            _execute(address, f"ALTER DATABASE {name}_copy RENAME TO {name}")

        return put_back
    file = Path(settings.data) / "hailong.sqlite3"
    copy = file.with_suffix(".copy")
    shutil.copy(file, copy)

    def put_file_back() -> None:
        for rest in file.parent.glob(f"{file.name}-*"):
            rest.unlink()
        shutil.copy(copy, file)

    return put_file_back


def _execute(address: str, statement: str) -> None:
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def serving(app: Flask) -> Iterator[Product]:
    """Serve the database of an application until the block ends."""
    product = Product(app.config["SETTINGS"])
    product.start()
    try:
        yield product
    finally:
        product.stop()
