"""Heartbeats over HTTP: what a device says, and what it learns."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from satisfaction import clock, counting, credentials, fleet
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import KioskNotFoundError
from satisfaction.figures import CountQuery
from satisfaction.models import Heartbeat, Kiosk, Rating
from satisfaction.periods import Period
from satisfaction.terms import Dimension
from tests.conftest import Office
from tests.kiosk.conftest import client_of, message


def _beat(**fields: Any) -> dict[str, Any]:
    return {
        "device_now": clock.now().isoformat(),
        "queue_length": 0,
        "epoch": 7,
        "next_counter": 1,
        "version": "abc12345",
        "free_bytes": 10**9,
        "is_storage_kept": True,
    } | fields


def test_a_device_learns_what_the_server_lacks(kiosk: FlaskClient, ward: Office) -> None:
    for counter in (1, 3):
        kiosk.post("/kiosk/ratings", json=message(ward, epoch=7, counter=counter))
    answer = kiosk.post("/kiosk/heartbeat", json=_beat(next_counter=5, queue_length=1))
    assert answer.status_code == 200
    assert answer.get_json()["wanted"] == [2, 4]
    assert answer.get_json()["server_now"] == clock.now().isoformat()


def test_the_version_to_run_is_that_of_the_page(kiosk: FlaskClient, ward: Office) -> None:
    told = kiosk.post("/kiosk/heartbeat", json=_beat()).get_json()["version"]
    assert told == kiosk.get("/kiosk/screen").get_json()["page"]


def test_the_clock_is_measured_on_arrival(kiosk: FlaskClient, ward: Office) -> None:
    behind = (clock.now() - timedelta(hours=1)).isoformat()
    kiosk.post("/kiosk/heartbeat", json=_beat(device_now=behind))
    with reading() as session:
        assert session.scalars(select(Heartbeat)).one().clock_offset_ms == 3_600_000


def test_a_device_paired_anew_is_not_asked_for_what_it_delivered_before(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    for counter in (1, 2):
        kiosk.post("/kiosk/ratings", json=message(ward, epoch=7, counter=counter))
    with unit_of_work() as session:
        token = fleet.enrol_kiosk(session, ward.desks[0], name="Bàn 1, lần nữa").token
    answer = client_of(app, token).post("/kiosk/heartbeat", json=_beat(next_counter=4))
    assert answer.get_json()["wanted"] == [3]


def test_any_counter_may_be_claimed(kiosk: FlaskClient, ward: Office) -> None:
    answer = kiosk.post("/kiosk/heartbeat", json=_beat(next_counter=2**31 - 1))
    assert answer.get_json()["wanted"] == list(range(1, 501))
    with reading() as session:
        assert session.scalars(select(Heartbeat)).one().missing == 2**31 - 2


@pytest.mark.parametrize(
    "change", [{"epoch": None}, {"next_counter": 0}, {"version": "<b>"}, {"extra": 1}]
)
def test_a_malformed_heartbeat_is_refused(
    kiosk: FlaskClient, ward: Office, change: dict[str, Any]
) -> None:
    assert kiosk.post("/kiosk/heartbeat", json=_beat() | change).status_code == 400


def test_a_stranger_has_no_heart(app: Flask, ward: Office) -> None:
    assert app.test_client().post("/kiosk/heartbeat", json=_beat()).status_code == 401


def _ask_renewal(ward: Office) -> None:
    with unit_of_work() as session:
        credentials.ask_renewal(session, session.get_one(Kiosk, ward.kiosks[0].id))


def _cookie(kiosk: FlaskClient, name: str = "kiosk") -> str:
    kept = kiosk.get_cookie(name)
    assert kept is not None
    return kept.value


def test_a_renewed_credential_comes_as_a_cookie_and_ratings_go_on(
    kiosk: FlaskClient, ward: Office
) -> None:
    _ask_renewal(ward)
    answer = kiosk.post("/kiosk/heartbeat", json=_beat())
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert _cookie(kiosk) not in {ward.tokens[0], ""}
    assert kiosk.post("/kiosk/ratings", json=message(ward)).status_code == 200
    assert "Set-Cookie" not in kiosk.post("/kiosk/heartbeat", json=_beat()).headers
    assert kiosk.get("/kiosk/screen").status_code == 200
    with pytest.raises(KioskNotFoundError):
        fleet.find_device(fleet.hash_token(ward.tokens[0]))


def test_a_server_restored_from_before_the_renewal_knows_the_device_again(
    kiosk: FlaskClient, ward: Office
) -> None:
    _ask_renewal(ward)
    for _ in range(2):
        kiosk.post("/kiosk/heartbeat", json=_beat())
    with unit_of_work() as session:
        restored = session.get_one(Kiosk, ward.kiosks[0].id)
        restored.token_hash = fleet.hash_token(ward.tokens[0])
    assert kiosk.get("/kiosk/screen").status_code == 401
    assert kiosk.post("/kiosk/heartbeat", json=_beat()).status_code == 200
    assert kiosk.get("/kiosk/screen").status_code == 200


def test_a_revoked_device_is_not_let_in_by_its_earlier_credential(
    kiosk: FlaskClient, ward: Office
) -> None:
    _ask_renewal(ward)
    for _ in range(2):
        kiosk.post("/kiosk/heartbeat", json=_beat())
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, ward.kiosks[0].id))
    assert kiosk.post("/kiosk/heartbeat", json=_beat()).status_code == 401


def test_a_tablet_in_place_of_a_broken_one_goes_on_with_the_desks_series(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    kiosk.post("/kiosk/ratings", json=message(ward, epoch=7, counter=1))
    with unit_of_work() as session:
        replacement = fleet.enrol_kiosk(session, ward.desks[0], name="Bàn 1")
        fleet.revoke_kiosk(session, session.get_one(Kiosk, ward.kiosks[0].id))
    sent = message(ward, epoch=8, counter=1)
    assert client_of(app, replacement.token).post("/kiosk/ratings", json=sent).status_code == 200
    period = Period(clock.today(), clock.today() + timedelta(days=1))
    with reading() as session:
        query = CountQuery(unit_id=ward.unit.id, period=period, by=Dimension.DESK)
        figures = counting.count(session, query)
        kiosks = set(session.scalars(select(Rating.kiosk_id)))
    assert [(row.label, row.answers) for row in figures.rows] == [("Bàn 1", 2)]
    assert kiosks == {ward.kiosks[0].id, replacement.kiosk.id}
