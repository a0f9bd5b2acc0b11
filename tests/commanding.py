"""The product's commands as the services start them: real processes over the database of a test."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from satisfaction.config import Settings

ROOT = Path(__file__).parents[1]
LONGEST_SECONDS = 120


def command_environment(settings: Settings, **more: str) -> dict[str, str]:
    """Return the environment in which a command uses the database of a test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HAILONG_")}
    kept |= {"HAILONG_DATA": str(settings.data), "PYTHONUNBUFFERED": "1"}
    if settings.database_url:
        kept["HAILONG_DATABASE_URL"] = settings.database_url
    return kept | more


def command_words(words: Sequence[str]) -> list[str]:
    """Return how the units begin a command."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", *words]


def run_command(
    settings: Settings, words: Sequence[str], **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command_words(words),
        cwd=ROOT,
        env=command_environment(settings, **more),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )


class RunningCommand:
    """A command that runs until it is told to end; ``lines`` is what it has said so far."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            command_words(words),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self.lines.extend(self._process.stdout)

    def wait_for(self, text: str) -> str:
        """Return the first line that holds a text, as soon as it is there."""
        until = time.monotonic() + LONGEST_SECONDS
        while True:
            found = next((line for line in list(self.lines) if text in line), None)
            if found is not None:
                return found
            is_over = self._process.poll() is not None and not self._reader.is_alive()
            assert not is_over, "".join(self.lines)
            assert time.monotonic() < until, f"{text}: " + "".join(self.lines)
            time.sleep(0.05)

    def terminate(self) -> int:
        """Have it finish what it is doing, and return its status."""
        if self._process.poll() is None:
            self._process.terminate()
        status = self._process.wait(timeout=LONGEST_SECONDS)
        self._reader.join()
        return status

    def kill(self) -> None:
        """Be rid of it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextmanager
def running_command(
    settings: Settings, words: Sequence[str], **more: str
) -> Iterator[RunningCommand]:
    """Run a command beside the test; it is gone when the block ends."""
    command = RunningCommand(words, command_environment(settings, **more))
    try:
        yield command
    finally:
        command.kill()
