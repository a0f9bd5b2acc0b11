"""Run programs that the system provides. Refuses to put a secret among a program's words.

Words are visible to every user of the machine; what is secret goes by environment, file or pipe.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO, Any

from satisfaction.errors import ProgramFailedError, ProgramMissingError

LONGEST_SECONDS = 6 * 3600


def find_program(name: str) -> str | None:
    """Return where a program stands; None where it is not installed."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def run_program(
    words: Sequence[object],
    *,
    environment: Mapping[str, str] | None = None,
    stdin: IO[Any] | bytes | None = None,
    stdout: IO[Any] | None = None,
    longest_seconds: float = LONGEST_SECONDS,
) -> bytes:
    """Run a program to its end; return what it wrote, unless that went to a file.

    Raises: ProgramMissingError, ProgramFailedError with the program's last line.
    """
    name = str(words[0])
    program = find_program(name)
    if program is None:
        raise ProgramMissingError(program=name)
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL if stdin is None else stdin}
    if isinstance(stdin, bytes):
        given = {"input": stdin}
    try:
        done = subprocess.run(
            [program, *map(str, words[1:])],
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE,
            timeout=longest_seconds,
            check=False,
            **given,
        )
    except subprocess.TimeoutExpired as problem:
        raise ProgramFailedError(program=name, detail="too slow") from problem
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ProgramFailedError(program=name, detail=lines[-1][:300] if lines else "")
    return done.stdout or b""
