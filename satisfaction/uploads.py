"""Keep a file that an officer sent until it is confirmed. Refuses to keep any for long.

A file is seen by nobody but who sent it, stands under a random name in the data folder, and goes
when it is imported, replaced or an hour old: lists of dossiers hold data about persons.
"""

import json
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from satisfaction import clock
from satisfaction.errors import UploadNotFoundError

LONGEST_LIFE = timedelta(hours=1)
_TOKEN = re.compile(r"[0-9a-f]{32}")


class Sent(Protocol):
    """A file as it arrived, that can write itself to disk without being held in memory."""

    def save(self, dst: Path) -> None:
        """Write the file."""


@dataclass(frozen=True)
class Upload:
    """A kept file: its name here, where it is, and what was said about it."""

    token: str
    path: Path
    words: Mapping[str, Any]


@dataclass(frozen=True)
class Uploads:
    """The files that wait in a folder."""

    folder: Path

    def keep(self, sent: Sent, *, account_id: int, words: Mapping[str, Any]) -> str:
        """Keep a file for its sender, instead of the one that they sent before; return its name."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sweep(account_id)
        token = secrets.token_hex(16)
        path = self.folder / f"{token}.list"
        path.touch(mode=0o600)
        sent.save(path)
        now = clock.now().timestamp()
        os.utime(path, (now, now))
        note = json.dumps({"account_id": account_id, "words": dict(words)})
        self._note(token).write_text(note, encoding="utf-8")
        return token

    def find(self, token: str, *, account_id: int) -> Upload:
        """Return a file that waits for its sender.

        Raises: UploadNotFoundError, also for somebody else's.
        """
        self.sweep()
        try:
            if not _TOKEN.fullmatch(token):
                raise UploadNotFoundError()
            note = json.loads(self._note(token).read_text(encoding="utf-8"))
        except FileNotFoundError as problem:
            raise UploadNotFoundError() from problem
        if note["account_id"] != account_id:
            raise UploadNotFoundError()
        return Upload(token, self.folder / f"{token}.list", note["words"])

    def drop(self, upload: Upload) -> None:
        """Forget a file."""
        self._drop(upload.token)

    def sweep(self, account_id: int | None = None) -> None:
        """Forget what has waited too long, and all that one officer sent."""
        oldest = clock.now().timestamp() - LONGEST_LIFE.total_seconds()
        for path in self.folder.glob("*.list"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest or account_id == self._sender(path.stem):
                    self._drop(path.stem)

    def _sender(self, token: str) -> int | None:
        """Return whose file it is; one whose note is not written yet is still arriving."""
        note = self._note(token)
        if not note.exists():
            return None
        sender: int = json.loads(note.read_text(encoding="utf-8"))["account_id"]
        return sender

    def _note(self, token: str) -> Path:
        return self.folder / f"{token}.json"

    def _drop(self, token: str) -> None:
        self._note(token).unlink(missing_ok=True)
        (self.folder / f"{token}.list").unlink(missing_ok=True)
