"""A device that outlives its browser: one profile on the disk, killed and started like a tablet."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

from tests.journeys.browsing import CHROMIUM, FLAGS, LONGEST_WAIT_MS

NO_SERVER = "ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_SOCKET|ERR_FAILED"


class Device:
    """A browser of its own over a profile that stays, and every complaint of its pages."""

    def __init__(
        self, browser: Browser, profile: Path, address: str, *, flags: tuple[str, ...] = ()
    ) -> None:
        self.address = address
        self.complaints: list[str] = []
        self._type = browser.browser_type
        self._profile = profile
        self._flags = [*FLAGS, *flags]
        self._context: BrowserContext | None = None

    def start(self, path: str = "/kiosk/") -> Page:
        """Start the browser, as after power came back, and open a page."""
        self._context = self._type.launch_persistent_context(
            self._profile,
            executable_path=CHROMIUM,
            args=self._flags,
            base_url=self.address,
            viewport={"width": 1280, "height": 800},
        )
        self._context.set_default_timeout(LONGEST_WAIT_MS)
        self._context.on("console", self._keep_message)
        self._context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        page = self._context.pages[0]
        page.goto(path)
        return page

    def enrol(self, token: str) -> Page:
        """Make the device a kiosk and wait until it keeps its page.

        The browser is stopped once in between, because it writes new cookies to the disk only
        after half a minute, and a device that is killed before that has to be paired again.
        """
        wait_until_kept(self.start(f"/kiosk/enrol/{token}"))
        self.close()
        page = self.start()
        wait_until_kept(page)
        return page

    def kill(self) -> None:
        """Kill the browser at once; its pages die with it."""
        assert self._context is not None
        mark = f"--user-data-dir={self._profile}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                arguments = (process / "cmdline").read_bytes().split(b"\0")
                if mark in arguments:
                    os.kill(int(process.name), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                continue
        self._context = None

    def close(self) -> None:
        """Stop the browser in order, if it runs."""
        if self._context is not None:
            self._context.close()
            self._context = None

    def _keep_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


def until(page: Page, condition: Callable[[], object], *, seconds: float = 45) -> None:
    """Wait for something that no part of the page shows."""
    deadline = time.monotonic() + seconds
    while not _holds(condition):
        assert time.monotonic() < deadline, "it never came"
        page.wait_for_timeout(50)


def _holds(condition: Callable[[], object]) -> bool:
    """Ask a page that may be loading itself anew at this moment; then the answer is not yet."""
    try:
        return bool(condition())
    except Error as problem:
        if "Execution context was destroyed" not in str(problem):
            raise
        return False


def kept(page: Page) -> dict[str, Any]:
    """Return what the service worker keeps: for each store the addresses in it."""
    found: dict[str, Any] = page.evaluate(
        """async () => Object.fromEntries(await Promise.all((await caches.keys()).map(
             async (name) => [name, (await (await caches.open(name)).keys()).map(
               ({url}) => url.replace(location.origin, ""))])))"""
    )
    return found


def wait_until_kept(page: Page) -> None:
    """Wait until the page would start without the server."""
    until(page, lambda: page.evaluate("Boolean(navigator.serviceWorker.controller)"))
