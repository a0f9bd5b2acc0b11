"""A device's queue over HTTP: an answer for each item, whatever stands beside it."""

import json
import random
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from kiosk.sync import TURNS
from satisfaction import clock, fleet
from satisfaction.database import db, reading, unit_of_work
from satisfaction.fleet import PairingPlace
from satisfaction.models import Kiosk, Rating, RatingReason, Refusal, Visit
from satisfaction.sync import MOST_ITEMS
from satisfaction.terms import Outcome, RefusalReason
from tests.conftest import Office
from tests.kiosk.conftest import client_of, message
from tests.making import finished_visit, finished_visits
from tests.timing import quickest, slowness

Item = dict[str, Any]


def _rating(ward: Office, **fields: Any) -> Item:
    return {"kind": "rating", **message(ward, **fields)}


def _send(kiosk: FlaskClient, *items: Any, **fields: Any) -> TestResponse:
    body = {"device_now": clock.now().isoformat(), "items": list(items)} | fields
    return kiosk.post("/kiosk/sync", json=body)


def _results(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["result"] for item in answer.get_json()["items"]]


def _count(model: type[Any]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _refusals() -> list[Refusal]:
    with reading() as session:
        return list(session.scalars(select(Refusal).order_by(Refusal.id)))


def test_every_kind_of_item_is_answered_for_itself(kiosk: FlaskClient, ward: Office) -> None:
    good = _rating(ward, level=1, epoch=7, counter=1)
    bad = _rating(ward, level=7, epoch=7, counter=2)
    skipped = finished_visit(ward.desks[0])
    items = [
        good,
        {"kind": "reasons", "id": str(uuid.uuid4()), "rating": good["id"], "reasons": ["wait"]},
        {
            "kind": "outcome",
            "id": str(uuid.uuid4()),
            "visit": str(skipped.token),
            "outcome": "skipped",
        },
        bad,
    ]
    assert _results(_send(kiosk, *items)) == ["recorded", "recorded", "recorded", "refused"]
    again = _send(kiosk, *items)
    assert _results(again)[:2] == ["known", "known"]
    assert [item["id"] for item in again.get_json()["items"]] == [item["id"] for item in items]
    assert (_count(Rating), _count(RatingReason)) == (1, 1)
    with reading() as session:
        assert session.get_one(Visit, skipped.id).outcome is Outcome.SKIPPED


def test_one_rating_alone_is_answered_like_many(kiosk: FlaskClient, ward: Office) -> None:
    sent = _rating(ward)
    first, second = _send(kiosk, sent), _send(kiosk, sent)
    assert (_results(first), _results(second)) == (["recorded"], ["known"])
    told = [answer.get_json()["items"][0]["received_at"] for answer in (first, second)]
    assert told[0] == told[1]
    assert _results(_send(kiosk, sent | {"level": 1})) == ["conflict"]
    assert _results(_send(kiosk, sent | {"id": str(uuid.uuid4())})) == ["already_rated"]


@pytest.mark.parametrize(
    "change",
    [
        {"level": 99},
        {"id": "x"},
        {"visit": "\ud800"},
        {"tapped_at": "2026-03-10T09:00:00"},
        {"configuration": 2**63},
        {"extra": {"a": [1]}},
        {"kind": "song"},
        {"counter": -1},
    ],
)
def test_a_malformed_item_is_kept_and_does_not_hold_up_the_others(
    kiosk: FlaskClient, ward: Office, change: Item
) -> None:
    bad = _rating(ward, epoch=7, counter=1) | change
    good = _rating(ward, epoch=7, counter=2)
    answer = _send(kiosk, bad, good)
    assert _results(answer) == ["refused", "recorded"]
    told = answer.get_json()["items"][0]
    assert (told["id"], told["reason"]) == (bad["id"], "malformed")
    (kept,) = _refusals()
    assert (kept.reason, kept.kiosk_id) == (RefusalReason.MALFORMED, ward.kiosks[0].id)
    assert kept.device_counter == (None if "counter" in change else 1)
    assert _results(_send(kiosk, bad, good)) == ["refused", "known"]
    assert len(_refusals()) == 1


@pytest.mark.parametrize("item", [None, 1, "text", [], {}, [{"kind": "rating"}], float("nan")])
def test_what_is_no_item_at_all_is_kept_too(kiosk: FlaskClient, ward: Office, item: Any) -> None:
    assert _results(_send(kiosk, item, _rating(ward))) == ["refused", "recorded"]
    assert [kept.reason for kept in _refusals()] == [RefusalReason.MALFORMED]


def test_a_malformed_item_keeps_no_long_words(kiosk: FlaskClient, ward: Office) -> None:
    words = "Nguyễn Văn A, 0912345678, " * 10
    _send(kiosk, _rating(ward, language=words, comment=words, reasons=[words]))
    assert "0912345678" not in json.dumps(_refusals()[0].content, ensure_ascii=False)


def test_refused_reasons_are_kept_with_what_was_chosen(kiosk: FlaskClient, ward: Office) -> None:
    lost = {"kind": "reasons", "id": str(uuid.uuid4()), "rating": str(uuid.uuid4())}
    assert _results(_send(kiosk, lost | {"reasons": ["wait", "late"]})) == ["refused"]
    assert _refusals()[0].content["reasons"] == "wait,late"


def test_too_many_items_and_none_are_refused_as_a_whole(kiosk: FlaskClient, ward: Office) -> None:
    one = _rating(ward)
    assert _send(kiosk, *[one] * (MOST_ITEMS + 1)).status_code == 413
    assert _send(kiosk).status_code == 400
    assert _count(Rating) == 0
    assert _results(_send(kiosk, *[one] * MOST_ITEMS))[:2] == ["recorded", "known"]


@pytest.mark.parametrize("now", ["1970-01-01T00:00:00+07:00", "0001-01-01T00:00:00Z"])
def test_a_clock_that_lost_its_battery_costs_no_rating(
    kiosk: FlaskClient, ward: Office, now: str
) -> None:
    sent = _rating(ward, tapped_at="1970-01-01T00:00:10+00:00")
    assert _results(_send(kiosk, sent, device_now=now)) == ["recorded"]
    assert _results(_send(kiosk, sent, _rating(ward), device_now=now))[0] == "known"
    with reading() as session:
        rating = session.scalars(select(Rating).where(Rating.id == uuid.UUID(sent["id"]))).one()
    assert rating.local_day is None


def test_a_revoked_device_keeps_its_queue_and_another_pairing_delivers_it(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    queue = [_rating(ward, epoch=7, counter=n) for n in range(1, 6)]
    assert _results(_send(kiosk, *queue[:2])) == ["recorded"] * 2
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, ward.kiosks[0].id))
    assert _send(kiosk, *queue).status_code == 401
    place = PairingPlace(unit_id=ward.unit.id, desk_id=ward.desks[0].id, name="Bàn 1, máy mới")
    with clock.replaced(clock.now() + timedelta(hours=3)):
        with unit_of_work() as session:
            code = fleet.make_pairing_code(session, place)
        with unit_of_work() as session:
            token = fleet.pair_device(session, code).token
        renewed = client_of(app, token)
        reasons = {"kind": "reasons", "id": str(uuid.uuid4()), "rating": queue[0]["id"]}
        answer = _send(renewed, *queue, reasons | {"reasons": ["wait"]})
    assert _results(answer) == ["known"] * 2 + ["recorded"] * 4
    assert (_count(Rating), _refusals()) == (5, [])


def test_what_another_device_tapped_is_still_in_conflict(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    """Only the same store, known by its epoch, may bring what it tapped under another key."""
    sent = _rating(ward, epoch=7, counter=1)
    _send(kiosk, sent)
    with unit_of_work() as session:
        neighbour = fleet.enrol_kiosk(session, ward.desks[0], name="thứ hai").token
    assert _results(_send(client_of(app, neighbour), sent | {"epoch": 8})) == ["conflict"]


def test_a_stranger_and_another_site_are_refused(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    assert _send(app.test_client(), _rating(ward)).status_code == 401
    foreign = kiosk.post("/kiosk/sync", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 401


def test_a_queue_waits_while_others_are_being_settled(kiosk: FlaskClient, ward: Office) -> None:
    queued = _rating(ward)
    with TURNS, TURNS:
        answer = _send(kiosk, queued)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert kiosk.post("/kiosk/ratings", json=message(ward)).status_code == 200
    assert _results(_send(kiosk, queued)) == ["recorded"]
    for _ in range(3):
        assert _send(kiosk, None).status_code == 200


def test_five_hundred_items_take_less_than_half_a_second(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    def deliver(queue: list[Item]) -> None:
        assert _results(_send(kiosk, *queue)) == ["recorded"] * MOST_ITEMS

    queues = [
        [
            _rating(ward, visit=visit, epoch=7, counter=batch * MOST_ITEMS + n)
            for n, visit in enumerate(finished_visits(ward.desks[0], MOST_ITEMS), start=1)
        ]
        for batch in range(3)
    ]
    seconds = quickest(*[partial(deliver, queue) for queue in queues])
    most = 0.5 if db.engine.dialect.name == "sqlite" else 1.0
    assert seconds < most * slowness(), f"500 items over HTTP: {seconds:.3f} s"


def _bodies(ward: Office) -> Iterator[bytes]:
    """Yield bodies that nobody should send, the same ones at every run."""
    draw = random.Random(20260310)
    good = _rating(ward, epoch=7, counter=1)
    whole = json.dumps({"device_now": clock.now().isoformat(), "items": [good]}).encode()
    yield from (b"", b"null", b"[]", b'"', b"{", b"\x00", b"\xff\xfe", b"NaN", b"9" * 5000)
    yield from (b"[" * 100_000, b'{"items":' * 5000, b'{"items": [' + b"[" * 900 + b"]" * 900)
    yield whole.decode().encode("utf-16")[:-3]
    yield whole.replace(b'"level": 4', b'"level": 4, "level": 5')
    yield whole.replace(b'"items"', b'"items": [], "items"', 1)[:-4]
    odd: list[Any] = [None, True, -1, 2**31, 2**63, 10**400, 1e308, "", "\x00", "\ud800", [], {}]
    odd += [float("nan"), float("-inf"), "9" * 70, "ẫ" * 9, [[[[]]]], {"a": None}, "0001-01-01"]
    changes: list[Callable[[], bytes]] = [
        lambda: whole[: draw.randrange(1, len(whole) - 3)],
        lambda: json.dumps({"items": [{}], "device_now": draw.choice(odd)}).encode(),
        lambda: json.dumps(
            {"device_now": "2026-03-10T02:00:00Z", "items": draw.choice(odd)}
        ).encode(),
        lambda: json.dumps(
            {
                "device_now": "2026-03-10T02:00:00Z",
                "items": [good | {draw.choice(NEEDED): draw.choice(odd[2:])}],
            }
        ).encode(),
    ]
    while True:
        yield draw.choice(changes)()


NEEDED = ("id", "kind", "configuration", "scale", "level", "tapped_at", "language", "strange")


@pytest.mark.parametrize("path", ["sync", "heartbeat"])
def test_malformed_bodies_are_never_a_fault_of_ours_and_leave_no_rating(
    kiosk: FlaskClient, ward: Office, path: str
) -> None:
    bodies = _bodies(ward)
    statuses = set()
    for _ in range(300):
        answer = kiosk.post(f"/kiosk/{path}", data=next(bodies), content_type="application/json")
        statuses.add(answer.status_code)
    assert statuses <= {200, 400, 413}
    assert 400 in statuses
    assert _count(Rating) == 0
    huge = kiosk.post(f"/kiosk/{path}", data=b" " * 2_000_000, content_type="application/json")
    assert huge.status_code == 413
