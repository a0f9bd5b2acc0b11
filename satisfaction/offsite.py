"""Send files to another folder, mount or machine. Refuses to believe that they arrived unread."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from satisfaction.errors import BackupFailedError
from satisfaction.programs import run_program

LONGEST_COPY_SECONDS = 4 * 3600
_SSH = ("-B", "-q", "-p", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20")


def is_remote(target: str) -> bool:
    """Say whether a target is ``user@host:/folder`` rather than a folder of this machine."""
    return not target.startswith("/")


def send_away(files: Sequence[Path], target: str) -> None:
    """Copy files to a target, in order.

    Raises: BackupFailedError, ProgramMissingError, ProgramFailedError.
    """
    if is_remote(target):
        words = ["scp", *_SSH, *files, target]
        run_program(words, longest_seconds=LONGEST_COPY_SECONDS)
        return
    folder = Path(target)
    if not folder.is_dir():
        raise BackupFailedError(problem="no target", detail=target)
    for file in files:
        draft = folder / f".{file.name}.partial"
        try:
            shutil.copyfile(file, draft)
            _require_equal(file, draft)
            draft.replace(folder / file.name)
        except OSError as problem:
            draft.unlink(missing_ok=True)
            raise BackupFailedError(problem="disk", detail=problem.strerror or "") from problem


def _require_equal(file: Path, copy: Path) -> None:
    with file.open("rb") as one, copy.open("rb") as other:
        while piece := one.read(1024 * 1024):
            if piece != other.read(len(piece)):
                raise BackupFailedError(problem="altered", name=file.name)
