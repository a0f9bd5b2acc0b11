"""Real databases for the suite: a copied SQLite file, or a cloned PostgreSQL database."""

import itertools
import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, event

from satisfaction import schema
from satisfaction.config import Settings
from satisfaction.counting.kept import forget_stored
from satisfaction.database import db
from satisfaction.recording import Recorder
from satisfaction.web.setup import RECORDER
from satisfaction.web.unseen import forget_unseen
from tests.pages import CheckedClient
from wsgi import create_app

POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")
MEMORY = Path("/dev/shm")
LARGEST_CLUSTER_BYTES = 4 * 1024**3


class Engines:
    """One prepared database, and fresh copies of it."""

    def __init__(self, template: Path | str, folder: Path) -> None:
        self.template = template
        self._folder = folder
        self._shared: tuple[Flask, dict[str, Any]] | None = None

    @classmethod
    @contextmanager
    def start(cls, kind: str, folders: pytest.TempPathFactory) -> Iterator["Engines"]:
        """Prepare the template once for the run."""
        folder = folders.mktemp("engine")
        if kind == "sqlite":
            _prepare(Settings(data=folder))
            yield cls(folder / "hailong.sqlite3", folder)
            return
        # Not among pytest's own folders: each session that starts closes them to other users.
        with (
            TemporaryDirectory(prefix="hailong-", dir=_quickest_place()) as outside,
            postgres_server(Path(outside) / "cluster") as address,
        ):
            _execute(address, "CREATE DATABASE template_hailong")
            _prepare(Settings(data=folder, database_url=f"{address}/template_hailong"))
            yield cls(address, folder)

    @contextmanager
    def fresh_settings(self, folder: Path) -> Iterator[Settings]:
        """Yield settings that name a fresh copy of the template."""
        if isinstance(self.template, Path):
            shutil.copy(self.template, folder / "hailong.sqlite3")
            yield Settings(data=folder)
            return
        name = f"test_{uuid.uuid4().hex[:12]}"
        _execute(self.template, f"CREATE DATABASE {name} TEMPLATE template_hailong")
        yield Settings(data=folder, database_url=f"{self.template}/{name}")
        _execute(self.template, f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def fresh_app(self, folder: Path) -> Iterator[Flask]:
        """Yield an application over a fresh copy, with its context pushed."""
        with self.fresh_settings(folder) as settings:
            app = create_app(settings=settings)
            app.config["TESTING"] = True
            app.test_client_class = CheckedClient
            with app.app_context():
                yield app
                db.engine.dispose()

    @contextmanager
    def shared_app(self) -> Iterator[Flask]:
        """Yield one application again and again, each time over a fresh copy.

        Its templates and statements are compiled once for the run, which is most of the time
        that a test would otherwise take, and no commit waits for the disk.
        """
        folder = self._folder / "shared"
        settings = self._renew(folder)
        if self._shared is None:
            made = create_app(settings=settings)
            made.config["TESTING"] = True
            made.test_client_class = CheckedClient
            with made.app_context():
                _hurry(db.engine)
            self._shared = (made, dict(made.config))
        app, config = self._shared
        app.config.clear()
        app.config.update(config)
        with app.app_context():
            # A page that was still open may have asked between the tests, of the old file.
            db.engine.dispose()
            app.extensions[RECORDER] = Recorder(db.engine)
            forget_unseen()
            forget_stored()
            yield app
            db.engine.dispose()

    def _renew(self, folder: Path) -> Settings:
        """Put a fresh copy of the template in the place of the last test's database."""
        kept = folder / "secret.key"
        folder.mkdir(exist_ok=True)
        for left in folder.iterdir():
            if left.is_dir():
                shutil.rmtree(left, onerror=_unless_it_is_gone)
            elif left != kept:
                left.unlink()
        if isinstance(self.template, Path):
            shutil.copy(self.template, folder / "hailong.sqlite3")
            return Settings(data=folder)
        _execute(self.template, "DROP DATABASE IF EXISTS test_shared WITH (FORCE)")
        _execute(self.template, "CREATE DATABASE test_shared TEMPLATE template_hailong")
        return Settings(data=folder, database_url=f"{self.template}/test_shared")


def _hurry(engine: Engine) -> None:
    """Have SQLite leave its commits to the system, as the tests' PostgreSQL server does.

    What outlives a crash is asked of applications and servers of their own.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_to_the_system)


def _leave_to_the_system(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _unless_it_is_gone(_function: object, _path: str, info: Any) -> None:
    """Let an agent that ends just now take its own socket away."""
    if not isinstance(info[1], FileNotFoundError):
        raise info[1]


def _quickest_place() -> Path | None:
    """Return where a database that need not outlive the run is copied quickest, if there is room.

    In memory a copy for each test takes a fifth of the time that it takes on a disk.
    """
    is_roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > LARGEST_CLUSTER_BYTES
    return MEMORY if is_roomy and os.access(MEMORY, os.W_OK) else None


def _prepare(settings: Settings) -> None:
    app = create_app(settings=settings)
    with app.app_context():
        schema.prepare_database()
        db.engine.dispose()


def _execute(address: str, statement: str) -> None:
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


# Below the ports that the system gives to connections, and apart for each of two runs side by side.
_FIRST_PORT, _PORTS_EACH = 12_000, 2_000
_ports = itertools.cycle(range(_PORTS_EACH))


def free_port() -> int:
    """Return a loopback port that nobody uses now, and that nobody else is given soon."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for place in _ports:
        port = _FIRST_PORT + worker % 8 * _PORTS_EACH + (os.getpid() * 7 + place) % _PORTS_EACH
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise AssertionError


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server of our own that can be stopped and started again at its address."""

    folder: Path
    port: int
    options: str

    @classmethod
    def make(cls, folder: Path, *, is_durable: bool) -> "Cluster":
        """Make its files, as its own user when we are root.

        Only a durable one waits for the disk, as an installation's does; tests need not.
        """
        if not (POSTGRES_BIN / "initdb").exists():
            pytest.exit("PostgreSQL 15 is missing: apt-get install postgresql-15", returncode=3)
        folder.mkdir()
        _open_way_to(folder)
        port = free_port()
        words: list[str | Path] = [
            *_as_owner(folder),
            POSTGRES_BIN / "initdb",
            *("-D", folder / "data", "-U", "hailong", "-A", "trust"),
            *("--locale", "C.UTF-8", "-E", "UTF8", "--no-sync"),
        ]
        subprocess.run(words, check=True, capture_output=True)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        options += " -c max_connections=200"
        if not is_durable:
            options += " -c fsync=off -c full_page_writes=off"
        return cls(folder, port, options)

    @property
    def address(self) -> str:
        """Its address, without the name of a database."""
        return f"postgresql://hailong@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._control("-o", self.options, "start")

    def stop(self) -> None:
        """Stop at once, in whatever it is doing."""
        self._control("-m", "immediate", "stop")

    def _control(self, *words: str) -> None:
        start: list[str | Path] = [*_as_owner(self.folder), POSTGRES_BIN / "pg_ctl"]
        start += ["-D", self.folder / "data", "-w", "-l", self.folder / "log", *words]
        subprocess.run(start, check=True, capture_output=True)


@contextmanager
def postgres_server(folder: Path, *, is_durable: bool = False) -> Iterator[str]:
    """Run a PostgreSQL server of our own until the block ends; yield its address."""
    cluster = Cluster.make(folder, is_durable=is_durable)
    cluster.start()
    try:
        yield cluster.address
    finally:
        cluster.stop()


def _as_owner(folder: Path) -> list[str]:
    """Return how to start a program as somebody whom PostgreSQL accepts."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


def _open_way_to(folder: Path) -> None:
    """Let the database's user pass through the folders above its data."""
    for parent in folder.parents:
        if parent.owner() == Path.home().owner() and parent != Path("/"):
            mode = parent.stat().st_mode
            if not mode & 0o001:
                parent.chmod(mode | 0o001)
