"""Devices that come back from being offline, while answers are lost and workers are killed.

The short form is part of every run; ``make faults`` runs the long one on both engines.
"""

import http.client
import os
import random
import threading
import time
import urllib.parse
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from satisfaction import clock, counting, fleet, office, visits
from satisfaction.database import db, reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.fleet import PairingPlace
from satisfaction.models import Desk, Kiosk, Rating, Refusal, Visit
from satisfaction.periods import Period
from satisfaction.terms import Channel, Dimension, Outcome, VisitKind
from tests.conftest import Office, make_office
from tests.faults.devices import Device, Item, Network, RevokedError
from tests.faults.live import LiveTaps, percentile
from tests.faults.serving import Product, copy_database, serving
from tests.making import finished_visits

IS_LONG = os.environ.get("FAULTS") == "long"
DEVICES = 200 if IS_LONG else 20
EACH = 50 if IS_LONG else 25
AT_ONCE = 25 if IS_LONG else 10
MOST_SECONDS = 60.0
MOST_LIVE_SECONDS = 1.0
MOST_USUAL_SECONDS = 0.5
OFFLINE = timedelta(hours=72)
BAD = Network(dropped=0.2, doubled=0.05)
DAY = timedelta(days=1)


@dataclass
class Town:
    """An office with many desks, and the device at each with what was tapped there."""

    ward: Office
    desks: list[Desk]
    devices: list[Device]

    @property
    def taps(self) -> list[Item]:
        """Everything that was ever tapped."""
        return [
            item
            for device in self.devices
            for item in [*device.queue, *device.delivered.values(), *device.unsettled]
        ]


def _plant(port: int, *, devices: int, each: int) -> Town:
    """Plant desks whose citizens rated while the devices were offline, three days long."""
    draw = random.Random(72)
    begun = clock.now() - OFFLINE
    with unit_of_work() as session:
        ward = make_office(session)
        desks = [
            office.add_desk(
                session, ward.unit, code=f"d{n}", name=f"Quầy {n}", from_day=date(2024, 1, 1)
            )
            for n in range(devices)
        ]
        with clock.replaced(begun - DAY):
            tokens = [fleet.enrol_kiosk(session, desk, name=desk.name).token for desk in desks]
    town = Town(ward, desks, [])
    planted: list[Visit] = []
    for desk, token in zip(desks, tokens, strict=True):
        device = Device(port, token, random.Random(draw.random()), BAD)
        for moment in sorted(draw.random() for _ in range(each)):
            closed_at = begun + OFFLINE * moment * 0.99
            visit = Visit(
                token=uuid.UUID(int=draw.getrandbits(128), version=4),
                unit_id=ward.unit.id,
                desk_id=desk.id,
                kind=VisitKind.INTAKE,
                channel=Channel.IN_PERSON,
                opened_at=closed_at,
                closed_at=closed_at,
                closed_day=clock.local_day(closed_at),
            )
            planted.append(visit)
            body = answer_to(ward, visit.token, draw.randint(1, 5))
            device.tap(body, at=closed_at + timedelta(seconds=5))
        town.devices.append(device)
    with unit_of_work() as session:
        session.add_all(planted)
    return town


def answer_to(ward: Office, visit: uuid.UUID, level: int) -> Item:
    """Return what a device sends for one touch."""
    return {
        "visit": str(visit),
        "configuration": ward.configuration.id,
        "scale": ward.configuration.scale_id,
        "level": level,
    }


def _settle(town: Town, *, until: float) -> list[BaseException]:
    """Have all devices deliver at once; return what went wrong."""
    problems: list[BaseException] = []

    def run(device: Device) -> None:
        try:
            device.deliver(at_once=AT_ONCE, until=until)
        except (RevokedError, TimeoutError) as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(device,)) for device in town.devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def _kill_three_times(product: Product, town: Town, whole: int) -> Callable[[], int]:
    """Kill all workers when a fifth, two and three fifths have been delivered."""
    killed: list[int] = []

    def run() -> None:
        for share in (0.2, 0.4, 0.6):
            while sum(len(device.delivered) for device in town.devices) < share * whole:
                if not any(device.queue for device in town.devices):
                    return
                time.sleep(0.005)
            killed.append(product.kill_workers())

    thread = threading.Thread(target=run)
    thread.start()

    def finish() -> int:
        thread.join()
        return len(killed)

    return finish


def live_visits(ward: Office, amount: int) -> list[uuid.UUID]:
    """Plant finished visits of this moment at the first desk."""
    return [visit.token for visit in finished_visits(ward.desks[0], amount)]


def stored() -> Counter[str]:
    """Return how often each rating is there."""
    with reading() as session:
        return Counter(str(name) for name in session.scalars(select(Rating.id)))


def _check_counts(town: Town, taps: list[Item]) -> None:
    """Every day's figures are those of its taps, level by level."""
    period = Period(clock.today() - timedelta(days=5), clock.today() + DAY)
    with reading() as session:
        query = CountQuery(unit_id=town.ward.unit.id, period=period, by=Dimension.DAY)
        figures = counting.count(session, query)
    counted = {
        (row.key, level.position): level.count
        for row in figures.rows
        for level in row.levels
        if level.count
    }
    tapped = Counter(
        (str(clock.local_day(datetime.fromisoformat(item["tapped_at"]))), item["level"])
        for item in taps
    )
    assert counted == dict(tapped)


def _say(fault: str, taps: list[Item], *more: str) -> None:
    kept = stored()
    tapped = {item["id"] for item in taps}
    lost = len(tapped - kept.keys())
    doubled = sum(amount - 1 for amount in kept.values()) + len(kept.keys() - tapped)
    engine = db.engine.dialect.name
    print(
        f"\n{fault} ({engine}): tapped {len(tapped)} = counted {len(kept)}, "
        f"{lost} lost, {doubled} doubled",
        *more,
        sep="; ",
    )
    assert (lost, doubled, len(kept)) == (0, 0, len(tapped))


def test_devices_come_back_at_once_while_workers_are_killed(app: Flask) -> None:
    with serving(app) as product:
        town = _plant(product.port, devices=DEVICES, each=EACH)
        met = live_visits(town.ward, 4000 if IS_LONG else 200)
        live = LiveTaps(product.port, town.ward.tokens[0])
        live.start([answer_to(town.ward, visit, 4) for visit in met])
        whole = len(town.taps)
        finish = _kill_three_times(product, town, whole)
        begun = time.monotonic()
        problems = _settle(town, until=begun + 5 * MOST_SECONDS)
        seconds = time.monotonic() - begun
        kills, lived = finish(), live.finish()
    assert problems == []
    taps = town.taps + lived.given
    _say(
        f"{DEVICES} devices offline for 72 h, a fifth of the answers lost",
        taps,
        f"{seconds:.1f} s, {sum(device.requests for device in town.devices)} requests, "
        f"{kills} times all workers killed",
        lived.say(),
    )
    _check_counts(town, taps)
    assert kills == 3
    assert seconds <= MOST_SECONDS
    assert not IS_LONG or percentile(lived.seconds, 0.95) <= MOST_USUAL_SECONDS
    assert not IS_LONG or percentile(lived.seconds, 0.99) < MOST_LIVE_SECONDS
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Refusal)) == 0


def test_a_server_restored_from_last_nights_copy_gets_back_what_devices_hold(
    app: Flask,
) -> None:
    with serving(app) as product:
        town = _plant(product.port, devices=5, each=EACH)
        for device in town.devices:
            held = device.queue[EACH // 2 :]
            del device.queue[EACH // 2 :]
            device.deliver(at_once=AT_ONCE, until=time.monotonic() + MOST_SECONDS)
            assert device.beat() == []
            device.queue = held
        product.stop()
        db.engine.dispose()
        put_back = copy_database(app.config["SETTINGS"])
        product.start()
        assert _settle(town, until=time.monotonic() + MOST_SECONDS) == []
        assert all(device.beat() == [] for device in town.devices)
        before = len(stored())
        product.stop()
        db.engine.dispose()
        put_back()
        product.start()
        lost = before - len(stored())
        asked = sum(len(device.beat()) for device in town.devices)
        assert _settle(town, until=time.monotonic() + MOST_SECONDS) == []
        assert all(device.beat() == [] for device in town.devices)
    _say("restored from last night's copy", town.taps, f"{lost} gone, {asked} asked for again")
    assert lost == asked > 0
    _check_counts(town, town.taps)


def test_ratings_of_visits_that_were_opened_after_the_copy_count_as_well(app: Flask) -> None:
    with serving(app) as product:
        town = _plant(product.port, devices=2, each=10)
        assert _settle(town, until=time.monotonic() + MOST_SECONDS) == []
        product.stop()
        db.engine.dispose()
        put_back = copy_database(app.config["SETTINGS"])
        product.start()
        late = [item for _ in range(EACH) for item in _serve_and_rate(town)]
        assert _settle(town, until=time.monotonic() + MOST_SECONDS) == []
        kept = _serve_and_rate(town)
        whole = len(stored())
        product.stop()
        db.engine.dispose()
        put_back()
        product.start()
        gone = whole - len(stored())
        asked = sum(len(device.beat()) for device in town.devices)
        assert _settle(town, until=time.monotonic() + MOST_SECONDS) == []
        assert all(device.beat() == [] for device in town.devices)
    _say(
        "restored from last night's copy, with visits that were opened after it",
        town.taps,
        f"{gone} gone, {asked} asked for again, {len(kept)} still queued",
    )
    assert gone == asked == len(late) > 0
    _check_counts(town, town.taps)
    with reading() as session:
        remade = session.scalars(select(Visit).where(Visit.is_restored)).all()
        assert session.scalar(select(func.count()).select_from(Refusal)) == 0
    assert {str(visit.token) for visit in remade} == {item["visit"] for item in late + kept}
    assert {visit.desk_id for visit in remade} == {desk.id for desk in town.desks}
    assert {visit.outcome for visit in remade} == {Outcome.RATED}


def _serve_and_rate(town: Town) -> list[Item]:
    """Serve a citizen at each desk, who rates there what the server tells the device of."""
    given = []
    for desk, device in zip(town.desks, town.devices, strict=True):
        with unit_of_work() as session:
            visit = visits.open_visit(session, visits.NewVisit(desk_id=desk.id))
            visits.close_visit(session, visit.id)
        told = device.look()
        assert told["visit"] == str(visit.token)
        answer = answer_to(town.ward, visit.token, 2) | {"docket": told["docket"]}
        given.append(device.tap(answer, at=clock.now()))
    return given


def test_a_device_replaced_with_a_full_queue_delivers_it_under_its_new_credential(
    app: Flask,
) -> None:
    with serving(app) as product:
        town = _plant(product.port, devices=1, each=500 if IS_LONG else 100)
        device, desk = town.devices[0], town.desks[0]
        whole = device.queue
        device.queue = whole[:10]
        device.deliver(at_once=AT_ONCE, until=time.monotonic() + MOST_SECONDS)
        device.queue = whole
        with unit_of_work() as session:
            kiosk = session.scalars(select(Kiosk).where(Kiosk.desk_id == desk.id)).one()
            fleet.revoke_kiosk(session, kiosk)
            place = PairingPlace(unit_id=desk.unit_id, desk_id=desk.id, name="máy mới")
            code = fleet.make_pairing_code(session, place)
        with pytest.raises(RevokedError):
            device.deliver(at_once=500, until=time.monotonic() + MOST_SECONDS)
        kept = len(device.queue)
        device.token = _pair(product.port, code)
        device.deliver(at_once=500, until=time.monotonic() + MOST_SECONDS)
        assert device.beat() == []
    _say("replaced with a full queue", town.taps, f"{kept} kept while revoked")
    _check_counts(town, town.taps)
    assert device.unsettled == []


def _pair(port: int, code: str) -> str:
    """Pair as a browser does, and return the credential of its cookie."""
    form = urllib.parse.urlencode({"code": code})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", "/kiosk/pair", form, headers)
        response = connection.getresponse()
        assert response.status == 303
        return str(response.headers["Set-Cookie"]).split("kiosk=", 1)[1].split(";")[0]
