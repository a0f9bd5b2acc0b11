"""New settings and new releases while citizens tap: every request is answered, none twice."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask

from satisfaction.config import Settings
from satisfaction.database import unit_of_work
from tests.commanding import command_environment
from tests.conftest import make_office
from tests.faults.live import LiveTaps
from tests.faults.serving import ROOT, environment_of, serving
from tests.faults.test_offline import answer_to, live_visits, stored

# How servers hand over to servers is the same over any database.
pytestmark = pytest.mark.once
LONGEST_SECONDS = 180.0
CODE = "00103"
PUBLISHED = f"/so-lieu/{CODE}"


class _Asking:
    """Somebody who asks without a pause, on a new connection each time or on one that is kept."""

    def __init__(self, port: int, *, keeps: bool) -> None:
        self.statuses: list[int] = []
        self.problems: list[str] = []
        self.last = ""
        self._port, self._keeps = port, keeps
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=LONGEST_SECONDS)
        with closing(connection):
            while not self._stopped.is_set():
                try:
                    connection.request("GET", "/so-lieu/")
                    answer = connection.getresponse()
                    self.last = answer.read().decode()
                except (OSError, http.client.HTTPException) as problem:
                    self.problems.append(repr(problem))
                    connection.close()
                    continue
                self.statuses.append(answer.status)
                if not self._keeps:
                    connection.close()
                self._stopped.wait(0.01)


@contextmanager
def _asking(port: int) -> Iterator[list[_Asking]]:
    people = [_Asking(port, keeps=keeps) for keeps in (False, False, False, True)]
    for one in people:
        one.start()
    try:
        yield people
    finally:
        for one in people:
            one.finish()


def _reload(
    pid: int, environment: dict[str, str], *, before: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Ask for a reload in the way of the unit."""
    words = [*before, sys.executable, "-m", "satisfaction.commands.web", "reload", str(pid)]
    return subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def _wait_until_published(people: list[_Asking]) -> None:
    until = time.monotonic() + LONGEST_SECONDS
    while not all(PUBLISHED in one.last for one in people):
        assert time.monotonic() < until, "the new settings are not in force"
        time.sleep(0.05)


def _wait_for_workers(workers: set[int], alive: Path) -> None:
    """Wait until none of these serves any more."""
    until = time.monotonic() + LONGEST_SECONDS
    while workers & set(map(int, alive.read_text().split())):
        assert time.monotonic() < until, "an old worker serves on"
        time.sleep(0.05)


def test_a_reload_brings_settings_into_force_and_no_request_fails(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as session:
        ward = make_office(session)
    visits = live_visits(ward, 300)
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(runtime))
    settings: Settings = app.config["SETTINGS"]
    with serving(app) as product:
        master, *workers = product.pids()
        children = Path(f"/proc/{master}/task/{master}/children")
        taps = LiveTaps(product.port, ward.tokens[0])
        taps.start([answer_to(ward, visit, 4) for visit in visits])
        with _asking(product.port) as people:
            assert all(PUBLISHED not in one.last for one in people)
            done = _reload(master, command_environment(settings, HAILONG_PUBLISHED_UNITS=CODE))
            assert done.returncode == 0, done.stderr
            _wait_for_workers(set(workers), children)
            _wait_until_published(people)

            misspelled = _reload(master, command_environment(settings, HAILONG_IDLE_MINUTES="soon"))
            assert misspelled.returncode == 1
            assert "HAILONG_IDLE_MINUTES" in misspelled.stderr

            _, *workers = product.pids()
            fixed = _reload(master, command_environment(settings, HAILONG_METRICS="127.0.0.1:9"))
            assert fixed.returncode == 0, fixed.stderr
            _wait_for_workers(set(workers), children)
            _wait_until_published(people)
        lived = taps.finish()
    for one in people:
        assert one.problems == []
        assert set(one.statuses) == {200}
    assert lived.tries_lost == 0
    given = {item["id"] for item in lived.given}
    assert given
    assert given <= stored().keys()
    assert "takes a restart" in (Path(settings.data) / "server.log").read_text(encoding="utf-8")
    total = sum(len(one.statuses) for one in people)
    print(f"\nreload: {total} requests and {len(given)} taps over 2 reloads, 0 failed")


# Whoever began the trials may have told all that comes from them to overlook a hang-up.
WAITING = """import signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)
print("waits", flush=True)
signal.pause()"""
# What a service of systemd is without: every right of root's.
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


def test_a_reload_needs_no_secret(tmp_path: Path) -> None:
    secrets = tmp_path / "credentials"
    secrets.mkdir()
    (secrets / "hailong_secret_key").write_text("k" * 64)
    is_root = os.geteuid() == 0
    if is_root:
        shutil.chown(secrets, "nobody")
    secrets.chmod(0o000 if not is_root else 0o700)
    environment = command_environment(
        Settings(data=tmp_path),
        RUNTIME_DIRECTORY=str(tmp_path),
        CREDENTIALS_DIRECTORY=str(secrets),
        HAILONG_PUBLISHED_UNITS=CODE,
    )
    before = WITHOUT_RIGHTS if is_root else ()
    seen = subprocess.run([*before, "ls", secrets], capture_output=True, check=False)
    assert seen.returncode != 0
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE) as served:
        assert served.stdout is not None
        assert served.stdout.readline()
        done = _reload(served.pid, environment, before=before)
        assert done.returncode == 0, done.stderr
        assert served.wait(timeout=60) == -signal.SIGHUP
    handed = json.loads((tmp_path / "settings.json").read_text(encoding="utf-8"))
    assert handed["HAILONG_PUBLISHED_UNITS"] == CODE
    assert "HAILONG_SECRET_KEY" not in handed
    secrets.chmod(0o700)


@contextmanager
def _served_from(listener: socket.socket, settings: Settings) -> Iterator[None]:
    """Serve from a socket that somebody else holds, as systemd hands it over."""
    words = f"{sys.executable} -m gunicorn --config python:satisfaction.web.server"
    script = f"export LISTEN_PID=$$ LISTEN_FDS=1; exec {words} 'wsgi:create_app()' 3<&{{}}"
    with (Path(settings.data) / "server.log").open("ab") as log:
        process = subprocess.Popen(
            ["bash", "-c", script.format(listener.fileno())],
            cwd=ROOT,
            env=environment_of(settings),
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=log,
        )
    try:
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_whoever_comes_during_a_restart_waits_at_the_socket_and_is_answered(app: Flask) -> None:
    settings: Settings = app.config["SETTINGS"]
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        port = listener.getsockname()[1]
        with _asking(port) as people:
            for _ in range(2):
                before = [len(one.statuses) for one in people]
                with _served_from(listener, settings):
                    until = time.monotonic() + LONGEST_SECONDS
                    while any(
                        len(one.statuses) < count + 20
                        for one, count in zip(people, before, strict=True)
                    ):
                        assert time.monotonic() < until, "nobody is answered"
                        time.sleep(0.05)
            with _served_from(listener, settings):
                for one in people:
                    one.finish()
    for one in people:
        assert one.problems == [], one.problems[:3]
        assert set(one.statuses) == {200}
    total = sum(len(one.statuses) for one in people)
    print(f"\nrestart: {total} requests over 2 restarts, 0 failed")
