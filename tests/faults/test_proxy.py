"""Clients that dawdle on purpose, in front of the shipped proxy: others do not notice (R8)."""

import http.client
import multiprocessing
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from flask import Flask

from tests.engines import free_port
from tests.faults.serving import ROOT, serving

# What is tried here opens no database that differs by engine.
pytestmark = pytest.mark.once

IS_LONG = os.environ.get("FAULTS") == "long"
SLOW = 200 if IS_LONG else 60
SECONDS = 20.0 if IS_LONG else 6.0
PAUSE_SECONDS = 0.1
LEAST_ANSWERED = 0.99
# Only the long form has the machine to itself.
MOST_P99_SECONDS = 1.0 if IS_LONG else 3.0
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
CONFIGURATION = ROOT / "systemd" / "nginx-hailong.conf"


def _adapted(folder: Path, port: int, behind: tuple[int, ...]) -> str:
    """Return the shipped configuration with the ports, names and files of the test alone."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    # With more than one machine behind it, as docs/operations.md has it.
    more = " max_fails=0" if behind[1:] else ""
    nodes = "\n    ".join(f"server 127.0.0.1:{node}{more};" for node in behind)
    changed = {
        "server 127.0.0.1:8000;": nodes,
        "    listen 80;\n    listen [::]:80;\n": f"    listen 127.0.0.1:{free_port()};\n",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "/etc/hailong/tls/fullchain.pem": f"{folder}/cert.pem",
        "/etc/hailong/tls/key.pem": f"{folder}/key.pem",
    }
    for old, new in changed.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@contextmanager
def proxy(*behind: int, complaints: list[str] | None = None) -> Iterator[int]:
    """Run nginx with the shipped configuration in front of these ports; yield its own.

    ``complaints`` gets, at the end, what it wrote of the servers behind it.
    """
    assert NGINX is not None, "apt-get install nginx-light"
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="hailong-nginx-") as place:
        folder = Path(place)
        words = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        words += ["-subj", "/CN=danhgia.example.vn", "-days", "2", "-keyout", f"{folder}/key.pem"]
        subprocess.run(
            ["openssl", "req", *words, "-out", folder / "cert.pem"], check=True, capture_output=True
        )
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        main = folder / "nginx.conf"
        main.write_text(
            f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
            "events { worker_connections 2048; }\n"
            f"http {{\naccess_log off;\n{temporary}{_adapted(folder, port, behind)}\n}}\n"
        )
        log = folder / "error.log"
        process = subprocess.Popen([NGINX, "-e", log, "-c", main], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)
            if complaints is not None:
                complaints += [line for line in log.read_text().splitlines() if "upstream" in line]


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail("the proxy does not listen")


def tls_context() -> ssl.SSLContext:
    """Return what takes the certificate of the test as it is."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@dataclass
class _Normal(threading.Thread):
    """A client as most are: it asks, waits for the answer, and asks again."""

    port: int
    seconds: list[float] = field(default_factory=list)
    failures: int = 0
    is_stopped: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self.is_stopped:
            begun = time.monotonic()
            try:
                status = _ask(self.port)
            except (OSError, http.client.HTTPException):
                status = 0
            if status == 200:
                self.seconds.append(time.monotonic() - begun)
            else:
                self.failures += 1
            time.sleep(PAUSE_SECONDS)


def _ask(port: int) -> int:
    asked = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=tls_context())
    try:
        asked.request("GET", "/kiosk/paused", headers={"Host": "danhgia.example.vn"})
        response = asked.getresponse()
        response.read()
        return response.status
    finally:
        asked.close()


def _dawdle_all(port: int, there: Connection) -> None:
    """Be all the slow clients, in a process of their own that slows down nobody's measuring."""
    stop, context = threading.Event(), tls_context()
    threads = [
        threading.Thread(target=_dawdle, args=(port, number % 3, stop, context), daemon=True)
        for number in range(SLOW)
    ]
    for thread in threads:
        thread.start()
    there.send(None)
    there.recv()
    stop.set()
    for thread in threads:
        thread.join(timeout=10)


@contextmanager
def _slow_clients(port: int) -> Iterator[None]:
    here, there = multiprocessing.Pipe()
    spawning = multiprocessing.get_context("spawn")
    process = spawning.Process(target=_dawdle_all, args=(port, there), daemon=True)
    process.start()
    here.recv()
    try:
        yield
    finally:
        here.send(None)
        process.join(timeout=30)
        process.close()
        here.close()
        there.close()


def _dawdle(port: int, kind: int, stop: threading.Event, context: ssl.SSLContext) -> None:
    """Hold a connection: say nothing, or send a header or a body byte by byte.

    They come from another address, as attackers do; the limits are those of an address.
    """
    starts = [
        b"",
        b"GET / HTTP/1.1\r\nHost: danhgia.example.vn\r\nX-",
        b"POST /kiosk/ratings HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n",
    ]
    while not stop.is_set():
        with suppress(OSError), ExitStack() as held:
            plain = socket.create_connection(
                ("127.0.0.1", port), timeout=5, source_address=(f"127.0.1.{kind + 1}", 0)
            )
            held.enter_context(plain)
            wrapped = held.enter_context(context.wrap_socket(plain))
            wrapped.sendall(starts[kind])
            while not stop.wait(1.0):
                if kind:
                    wrapped.sendall(b"x")
        stop.wait(0.2)


@pytest.mark.own_app
def test_slow_clients_do_not_keep_others_waiting(app: Flask) -> None:
    assert NGINX is not None, "apt-get install nginx-light"
    with serving(app) as product, proxy(product.port) as port:
        assert _ask(port) == 200
        normal = _Normal(port)
        with _slow_clients(port):
            normal.start()
            time.sleep(SECONDS)
            normal.is_stopped = True
            normal.join()
    asked = len(normal.seconds) + normal.failures
    p99 = sorted(normal.seconds)[int(len(normal.seconds) * 0.99)]
    print(
        f"\nR8: {SLOW} slow clients for {SECONDS:.0f} s in front of the shipped nginx: "
        f"{len(normal.seconds)} of {asked} answered, p99 {p99:.3f} s"
    )
    assert len(normal.seconds) >= LEAST_ANSWERED * asked
    assert p99 <= MOST_P99_SECONDS
