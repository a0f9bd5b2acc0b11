"""Closed-loop load on one address: wrk where it is installed, otherwise a generator in Python.

Refuses to call a run good when any answer was not the expected one.
"""

import asyncio
import json
import subprocess
import time
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any, TypeVar

from bench.serving import Server

Returned = TypeVar("Returned")

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
    """What one run of the generator saw."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: int

    @property
    def rate(self) -> float:
        """Answered requests a second."""
        return self.requests / self.seconds


@dataclass(frozen=True)
class Post:
    """One request to be sent once: the kiosk's credential and the message."""

    credential: str
    message: str


def generator() -> str:
    """Return the name of the generator that will be used."""
    return "wrk" if which("wrk") else "asyncio"


def drive(
    server: Server,
    path: str,
    *,
    connections: int,
    seconds: float,
    posts: Sequence[Post] = (),
) -> Load:
    """Send requests over kept connections for a while, each as soon as its last was answered.

    Raises: RuntimeError when an answer was an error.
    """
    if generator() == "wrk":
        load = _drive_wrk(server, path, connections, seconds, posts)
    else:
        load = run_apart(_drive_python(server, path, connections, seconds, posts))
    if load.failed:
        raise RuntimeError(f"{load.failed} of {load.requests} requests to {path} failed")
    return load


def run_apart(work: Coroutine[Any, Any, Returned]) -> Returned:
    """Run a coroutine to its end in a thread of its own: a browser's driver may hold this one's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _drive_wrk(
    server: Server, path: str, connections: int, seconds: float, posts: Sequence[Post]
) -> Load:
    command = [
        *("wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s"),
        *("-s", str(SCRIPT), server.address + path),
    ]
    lines = Path(f"/dev/shm/hailong-posts-{server.pid}")
    if posts:
        lines.write_text("".join(f"{post.credential}\t{post.message}\n" for post in posts))
        command += ["--", str(lines)]
    try:
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    finally:
        lines.unlink(missing_ok=True)
    return Load(**json.loads(shown.rpartition("RESULT ")[2]))


async def _drive_python(
    server: Server, path: str, connections: int, seconds: float, posts: Sequence[Post]
) -> Load:
    waiting = iter(posts) if posts else None
    latencies: list[float] = []
    failures: list[str] = []
    begun = time.perf_counter()
    end = begun + seconds
    await asyncio.gather(
        *[
            _one_connection(server, path, end, waiting, latencies, failures)
            for _ in range(connections)
        ]
    )
    elapsed = time.perf_counter() - begun
    latencies.sort()
    return Load(
        requests=len(latencies),
        seconds=elapsed,
        p50_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[int(len(latencies) * 0.99)] * 1000,
        failed=len(failures),
    )


async def _one_connection(
    server: Server,
    path: str,
    end: float,
    waiting: Iterator[Post] | None,
    latencies: list[float],
    failures: list[str],
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    while time.perf_counter() < end:
        post = next(waiting, None) if waiting else None
        if waiting and post is None:
            failures.append("no more posts")
            break
        begun = time.perf_counter()
        writer.write(as_request(path, post))
        answer = await read_answer(reader)
        latencies.append(time.perf_counter() - begun)
        if answer.status not in {200, 204}:
            failures.append(str(answer.status))
    writer.close()
    await writer.wait_closed()


def as_request(path: str, post: Post | None, *, credential: str = "") -> bytes:
    """Return a request as it goes over the wire."""
    cookie = post.credential if post else credential
    head = [f"{'POST' if post else 'GET'} {path} HTTP/1.1", "Host: bench"]
    if cookie:
        head.append(f"Cookie: kiosk={cookie}")
    body = post.message.encode() if post else b""
    if post:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


@dataclass(frozen=True)
class Answer:
    """One whole answer."""

    status: int
    body: bytes


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one whole answer from a connection that is kept."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    body = b""
    for line in head.splitlines():
        if line.startswith("content-length:"):
            body = await reader.readexactly(int(line.partition(":")[2]))
    return Answer(status, body)
