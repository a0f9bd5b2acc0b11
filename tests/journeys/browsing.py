"""A real browser and real servers for the journeys. Refuses to let a page complain unheard."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from satisfaction.config import Settings
from tests.engines import free_port

ROOT = Path(__file__).parents[2]
# The same Chromium without its windows, which starts and draws in half the time.
CHROMIUM = "/usr/bin/chromium-headless-shell"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # Letters are as wide as on a screen.
)
LONGEST_WAIT_MS = 30_000
Wsgi = Callable[..., Any]


def launch_browser(playwright: Playwright) -> Browser:
    """Start the machine's own Chromium, which has nobody to talk to but our server."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))


class Tabs:
    """Opens pages, each in a context of its own, and keeps every complaint of theirs.

    A complaint is an error or warning in the console (a violation of the content security policy
    is one) or an uncaught exception; :meth:`unexpected` names those that were not allowed.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.complaints: list[str] = []
        self._browser = browser
        self._allowed: list[str] = ["Service Worker registration blocked by Playwright"]
        self._contexts: list[BrowserContext] = []

    def context(
        self, *, size: tuple[int, int] = (1280, 800), javascript: bool = True, **options: Any
    ) -> BrowserContext:
        """Return a fresh context: no cookies, no storage, the given size of window.

        Without a service worker unless it is asked for, because what a worker fetches for a page
        cannot be held up or answered by a test.
        """
        options.setdefault("service_workers", "block")
        context = self._browser.new_context(
            base_url=self.address,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=javascript,
            **options,
        )
        context.set_default_timeout(LONGEST_WAIT_MS)
        context.on("console", self._keep_message)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self._contexts.append(context)
        return context

    def open(self, path: str = "/", **options: Any) -> Page:
        """Open an address in a fresh context; options are those of :meth:`context`."""
        page = self.context(**options).new_page()
        page.goto(path)
        return page

    def allow(self, pattern: str) -> None:
        """Expect complaints that match a pattern, as when the server is taken away on purpose."""
        self._allowed.append(pattern)

    def unexpected(self) -> list[str]:
        """Return the complaints that nobody allowed."""
        return [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self._allowed)
        ]

    def close(self) -> None:
        """Close all pages."""
        for context in self._contexts:
            context.close()

    def _keep_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


class _QuietHandler(WSGIRequestHandler):
    """A handler that keeps connections open and writes no log."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def threaded_server(app: Flask, *, around: Callable[[Wsgi], Wsgi] | None = None) -> Iterator[str]:
    """Serve the application from threads of this process, so that the test's clock is its clock.

    ``around`` wraps the application, for a server that is slow or answers wrongly on purpose.
    """
    wsgi: Wsgi = around(app.wsgi_app) if around else app.wsgi_app
    server = make_server("127.0.0.1", 0, wsgi, threaded=True, request_handler=_QuietHandler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class GunicornServer:
    """The product as it is really served, on one port that survives being killed."""

    def __init__(self, settings: Settings) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.root = ROOT
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("HAILONG_")
        }
        environment["HAILONG_DATA"] = str(self._settings.data_folder)
        if self._settings.database_url:
            environment["HAILONG_DATABASE_URL"] = self._settings.database_url
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "8"),
                *("--bind", f"127.0.0.1:{self.port}", "--log-level", "critical"),
                *("--no-control-socket", "wsgi:create_app()"),
            ],
            cwd=self.root,
            env=environment,
            start_new_session=True,
        )
        try:
            self._wait_until_alive()
        except OSError:
            self.kill()
            raise

    def _wait_until_alive(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=2):
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def freeze(self, *, is_frozen: bool = True) -> None:
        """Have it take requests and answer none, or go on."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP if is_frozen else signal.SIGCONT)

    def kill(self) -> None:
        """Kill master and workers at once, as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
