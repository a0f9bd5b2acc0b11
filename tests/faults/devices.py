"""Simulated devices: a queue, a store of what was delivered, and a network that fails."""

import http.client
import json
import random
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from satisfaction import clock

Item = dict[str, Any]
SETTLED = {"recorded", "known"}


@dataclass(frozen=True)
class Network:
    """How badly a network treats requests and answers; a share of each is lost or doubled."""

    dropped: float = 0.0
    doubled: float = 0.0


class RevokedError(Exception):
    """The server does not know this device's credential any more."""


@dataclass
class Device:
    """One kiosk without its screen: it taps into a queue and forgets only on an answer."""

    port: int
    token: str
    draw: random.Random
    network: Network = Network()
    queue: list[Item] = field(default_factory=list)
    delivered: dict[int, Item] = field(default_factory=dict)
    unsettled: list[Item] = field(default_factory=list)
    requests: int = 0

    def __post_init__(self) -> None:
        self.epoch = self.draw.getrandbits(31)
        self.counter = 0

    def tap(self, body: Item, *, at: datetime) -> Item:
        """Queue one answer under the next number."""
        self.counter += 1
        item = {
            "kind": "rating",
            "id": str(uuid.UUID(int=self.draw.getrandbits(128), version=4)),
            "tapped_at": at.isoformat(),
            "epoch": self.epoch,
            "counter": self.counter,
            **body,
        }
        self.queue.append(item)
        return item

    def deliver(self, *, at_once: int, until: float) -> None:
        """Deliver the whole queue, whatever the network and the server do meanwhile.

        Raises: RevokedError; TimeoutError when the queue is not empty by then.
        """
        failures = 0
        while self.queue:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self.queue)} items are still queued")
            answers = self._exchange(self.queue[:at_once])
            if answers is None:
                failures += 1
                time.sleep(self.draw.uniform(0.5, 1.5) * min(0.1 * 2**failures, 2.0))
                continue
            failures = 0
            self._forget(answers)

    def _exchange(self, items: Sequence[Item]) -> list[Item] | None:
        """Send a part of the queue; the answer is lost as often as the network loses one."""
        body = {"device_now": clock.now().isoformat(), "items": list(items)}
        if self.draw.random() < self.network.doubled:
            double = threading.Thread(target=self._post_again, args=(body,))
            double.start()
            answer = self.post("/kiosk/sync", body)
            double.join()
        else:
            answer = self.post("/kiosk/sync", body)
        if answer is None or self.draw.random() < self.network.dropped:
            return None
        return list(answer["items"])

    def look(self) -> Item:
        """Ask what to show, as the page does; the question and its docket are in the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with closing(connection):
            connection.request("GET", "/kiosk/screen", headers={"Cookie": f"kiosk={self.token}"})
            answer: Item = json.loads(connection.getresponse().read())
        return answer

    def _post_again(self, body: Item) -> None:
        """Send the same once more beside the first; nobody reads what becomes of it."""
        with suppress(RevokedError):
            self.post("/kiosk/sync", body)

    def post(self, path: str, body: Item) -> Item | None:
        """Send one message; None for anything that is no answer."""
        self.requests += 1
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json", "Cookie": f"kiosk={self.token}"}
        try:
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if response.status == 401:
            raise RevokedError()
        return json.loads(text) if response.status == 200 else None

    def _forget(self, answers: Sequence[Item]) -> None:
        """Take out of the queue what has an answer of its own; keep it in the store of the week."""
        settled = {answer["id"]: answer["result"] for answer in answers}
        for item in [item for item in self.queue if item["id"] in settled]:
            self.queue.remove(item)
            if settled[item["id"]] in SETTLED:
                self.delivered[item["counter"]] = item
            else:
                self.unsettled.append(item)

    def beat(self) -> list[int]:
        """Say what one has; queue again what the server lacks; return what it asked for."""
        answer = self.post(
            "/kiosk/heartbeat",
            {
                "device_now": clock.now().isoformat(),
                "queue_length": len(self.queue),
                "epoch": self.epoch,
                "next_counter": self.counter + 1,
                "version": "simulated",
            },
        )
        assert answer is not None
        wanted = [counter for counter in answer["wanted"] if counter in self.delivered]
        self.queue += [self.delivered[counter] for counter in wanted]
        return wanted
