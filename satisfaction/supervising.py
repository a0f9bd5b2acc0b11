"""Keep the web server and the jobs running side by side. Refuses to do the work of either.

One that dies is started again, with a line that says so; the other goes on meanwhile. A web server
that never got going ends everything, because what is wrong with it will not mend by itself.
"""

import ctypes
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click

STARTS_WITHIN_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 60.0
LOOK_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1
_WATCHED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_ENDING = {signal.SIGTERM, signal.SIGINT}


@dataclass
class Program:
    """One of the two: what it runs, and how its last start went."""

    name: str
    main: Callable[[], None]
    must_start: bool = False
    pid: int = 0
    started_at: float = 0.0
    failures: int = 0
    again_at: float = 0.0


def supervise(programs: Sequence[Program]) -> int:
    """Run the programs until SIGTERM or Ctrl-C; return the status to end with.

    What was imported so far is shared by all of them and takes its memory once.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    gc.collect()
    gc.freeze()
    for program in programs:
        _start(program)
    while True:
        found = signal.sigtimedwait(_WATCHED, LOOK_SECONDS)
        number = found.si_signo if found else 0
        if number in _ENDING:
            return _stop(programs)
        if number == signal.SIGHUP:
            _tell(programs[:1], signal.SIGHUP)
        for program, ended in _collect(programs):
            if not _plan_again(program, ended):
                _stop(programs)
                return abs(ended) or 1
        _start_again(programs)


def _stop(programs: Sequence[Program]) -> int:
    """Have every program finish what it is doing; return the status of the web server."""
    _tell(programs, signal.SIGTERM)
    status = 0
    while any(program.pid for program in programs):
        signal.sigtimedwait(_WATCHED, LOOK_SECONDS)
        for program, ended in _collect(programs):
            status = status or _status_of(program, ended)
    return status


def _start(program: Program) -> None:
    program.started_at = time.monotonic()
    program.pid = os.fork()
    if program.pid:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    for number in _WATCHED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
    program.main()
    sys.exit(0)


def _tell(programs: Sequence[Program], number: signal.Signals) -> None:
    for program in programs:
        if program.pid:
            os.kill(program.pid, number)


def _collect(programs: Sequence[Program]) -> list[tuple[Program, int]]:
    """Return the programs that have ended, with how: a status, or minus a signal."""
    ended = []
    for program in programs:
        if program.pid:
            pid, status = os.waitpid(program.pid, os.WNOHANG)
            if pid:
                program.pid = 0
                ended.append((program, os.waitstatus_to_exitcode(status)))
    return ended


def _status_of(program: Program, ended: int) -> int:
    """Return what an end means once everything is being stopped: only the server's counts."""
    return abs(ended) if program.must_start and ended != -signal.SIGTERM else 0


def _plan_again(program: Program, ended: int) -> bool:
    """Have a program that died started again after a pause; False where that is of no use."""
    lived = time.monotonic() - program.started_at
    if program.must_start and lived < STARTS_WITHIN_SECONDS:
        return False
    program.failures = program.failures + 1 if lived < LONGEST_PAUSE_SECONDS else 1
    pause = min(2.0 ** (program.failures - 1), LONGEST_PAUSE_SECONDS)
    program.again_at = time.monotonic() + pause
    click.echo(
        f"{program.name}: dừng bất ngờ ({ended}), chạy lại sau {pause:.0f} giây / "
        f"ended unexpectedly ({ended}), started again in {pause:.0f} s",
        err=True,
    )
    return True


def _start_again(programs: Sequence[Program]) -> None:
    for program in programs:
        if not program.pid and time.monotonic() >= program.again_at:
            _start(program)
