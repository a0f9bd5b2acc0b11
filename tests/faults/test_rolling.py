"""Two web nodes behind the shipped proxy, restarted one after the other: no request fails (R15)."""

import http.client
import json
import os
import threading
import time
import uuid
from contextlib import closing
from dataclasses import dataclass, field

from flask import Flask

from satisfaction import clock
from satisfaction.database import db, unit_of_work
from tests.conftest import Office, make_office
from tests.faults.devices import Item
from tests.faults.serving import Product
from tests.faults.test_offline import answer_to, live_visits, stored
from tests.faults.test_proxy import proxy, tls_context

IS_LONG = os.environ.get("FAULTS") == "long"
ROUNDS = 10 if IS_LONG else 1
VISITS = 12_000 if IS_LONG else 3_000
PAUSE_SECONDS = 0.05
Asked = tuple[str, str, Item | None]


@dataclass
class _Client(threading.Thread):
    """A device or a reader that asks once, never again, and writes down what did not go well."""

    port: int
    token: str
    asked: list[Asked]
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    stored: set[str] = field(default_factory=set)
    is_stopped: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        for method, path, body in self.asked:
            if self.is_stopped:
                return
            try:
                status = self._ask(method, path, body)
            except (OSError, http.client.HTTPException) as problem:
                self.failures.append(f"{method} {path}: {problem!r}")
                continue
            self.answered += 1
            if status != 200:
                self.failures.append(f"{method} {path}: {status}")
            elif body is not None:
                self.stored.add(body["id"])
            time.sleep(PAUSE_SECONDS)
        self.failures.append("there was nothing left to ask")

    def _ask(self, method: str, path: str, body: Item | None) -> int:
        headers = {"Host": "danhgia.example.vn", "Cookie": f"kiosk={self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        with closing(
            http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=tls_context())
        ) as line:
            line.request(method, path, None if body is None else json.dumps(body), headers)
            response = line.getresponse()
            response.read()
            return response.status


def _clients(port: int, ward: Office) -> list[_Client]:
    """Return two devices that tap, one that asks for its screen, and a reader."""
    visits = live_visits(ward, VISITS)
    halves = [visits[::2], visits[1::2]]
    taps: list[list[Asked]] = [
        [("POST", "/kiosk/ratings", _tap(ward, visit, half)) for visit in halves[half]]
        for half in (0, 1)
    ]
    pages: list[list[Asked]] = [
        [("GET", path, None)] * VISITS for path in ("/kiosk/screen", "/so-lieu/")
    ]
    return [_Client(port, ward.tokens[0], asked) for asked in (*taps, *pages)]


def _tap(ward: Office, visit: uuid.UUID, epoch: int) -> Item:
    more = {"id": str(uuid.uuid4()), "tapped_at": clock.now().isoformat(), "epoch": epoch}
    return answer_to(ward, visit, 4) | more


def test_no_request_fails_while_two_nodes_are_restarted_in_turn(app: Flask) -> None:
    with unit_of_work() as session:
        ward = make_office(session)
    nodes = [Product(app.config["SETTINGS"]) for _ in range(2)]
    restarts = 0
    complaints: list[str] = []
    try:
        for node in nodes:
            node.start()
        with proxy(*(node.port for node in nodes), complaints=complaints) as port:
            clients = _clients(port, ward)
            db.engine.dispose()
            for client in clients:
                client.start()
            for _ in range(ROUNDS):
                for node in nodes:
                    time.sleep(1)
                    node.finish()
                    time.sleep(0.5)
                    node.start()
                    restarts += 1
            time.sleep(1)
            for client in clients:
                client.is_stopped = True
            for client in clients:
                client.join(timeout=60)
    finally:
        for node in nodes:
            node.stop()
    given = set().union(*(client.stored for client in clients))
    print(
        f"\nR15 ({db.engine.dialect.name}): {restarts} restarts of two nodes in turn,"
        f" {sum(client.answered for client in clients)} requests,"
        f" {sum(len(client.failures) for client in clients)} failed, {len(given)} taps"
    )
    # A machine that is away is no wonder; whatever else the proxy says explains a failure.
    odd = [line for line in complaints if "Connection refused" not in line]
    assert [client.failures for client in clients] == [[], [], [], []], odd
    assert min(client.answered for client in clients) > 10 * ROUNDS
    kept = stored()
    assert given == kept.keys()
    assert set(kept.values()) == {1}
