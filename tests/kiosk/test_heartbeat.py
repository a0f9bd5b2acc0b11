"""Heartbeats over HTTP: what a device says, and what it learns."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from satisfaction import clock, fleet
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Heartbeat
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
