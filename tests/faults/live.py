"""Citizens who tap while a fleet comes back, in a process of their own that nothing else slows.

Measured beside 200 simulated devices in one process, a tap would wait for the simulation.
"""

import multiprocessing
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from satisfaction import clock
from tests.faults.devices import Device, Item

PAUSE_SECONDS = 0.05
LONGEST_START_SECONDS = 180


@dataclass
class Lived:
    """What was tapped and answered, and how long each tap took until it was.

    ``at_once`` are those that their first try answered; ``seconds`` are all, with every try that
    met a dead worker or a busy server, and the pauses between.
    Time: ``answered`` holds when each answer came, by the monotonic clock of the machine.
    """

    given: list[Item] = field(default_factory=list)
    answered: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    at_once: list[float] = field(default_factory=list)
    tries_lost: int = 0

    def say(self) -> str:
        """Return the figures in one line."""
        return (
            f"live taps p95 {percentile(self.seconds, 0.95) * 1000:.0f} ms, "
            f"p99 {percentile(self.seconds, 0.99) * 1000:.0f} ms of all {len(self.seconds)} until "
            f"answered; p99 {percentile(self.at_once, 0.99) * 1000:.0f} ms of {len(self.at_once)} "
            f"answered at once, {self.tries_lost} tries met a dead worker"
        )


def percentile(seconds: Sequence[float], share: float) -> float:
    """Return below what a share of these lie."""
    return sorted(seconds)[int(len(seconds) * share)] if seconds else 0.0


class LiveTaps:
    """A kiosk in use meanwhile: one tap after another, each until it is answered."""

    def __init__(self, port: int, token: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_tap, args=(there, port, token), daemon=True)

    def start(self, answers: Sequence[Item]) -> None:
        """Begin to tap; return when the first tap is on its way."""
        self._process.start()
        assert self._here.poll(LONGEST_START_SECONDS), "nobody taps"
        self._here.recv()
        self._here.send(list(answers))

    def finish(self) -> Lived:
        """Stop, and return what came of it."""
        self._here.send(None)
        assert self._here.poll(LONGEST_START_SECONDS), "the last tap was never answered"
        lived = self._here.recv()
        self._process.join()
        assert isinstance(lived, Lived)
        return lived


def _tap(there: Connection, port: int, token: str) -> None:
    device, lived = Device(port, token, random.Random(1)), Lived()
    there.send(None)
    for answer in there.recv():
        item = device.tap(answer, at=clock.now())
        del item["kind"]
        begun, tries = time.monotonic(), 1
        while device.post("/kiosk/ratings", item) is None:
            tries += 1
            time.sleep(PAUSE_SECONDS)
        lived.seconds.append(time.monotonic() - begun)
        if tries == 1:
            lived.at_once.append(lived.seconds[-1])
        lived.tries_lost += tries - 1
        lived.given.append(item)
        lived.answered[item["id"]] = time.monotonic()
        if there.poll(PAUSE_SECONDS):
            break
    else:
        there.poll(None)
    there.recv()
    there.send(lived)
