"""Live taps over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from satisfaction import clock
from satisfaction.database import reading
from satisfaction.models import Rating
from tests.conftest import Office
from tests.kiosk.conftest import message


def test_a_tap_is_answered_and_repeated_with_the_same_answer(
    kiosk: FlaskClient, ward: Office
) -> None:
    sent = message(ward)
    first, second = (kiosk.post("/kiosk/ratings", json=sent) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.data == second.data


def test_a_clock_that_jumped_ahead_is_corrected_by_the_time_of_the_delivery(
    kiosk: FlaskClient, ward: Office
) -> None:
    ahead = (clock.now() + timedelta(hours=1)).isoformat()
    sent = message(ward) | {"tapped_at": ahead, "clock_offset_ms": 0, "device_now": ahead}
    assert kiosk.post("/kiosk/ratings", json=sent).status_code == 200
    with reading() as session:
        row = session.scalars(select(Rating)).one()
    assert row.local_day == clock.today()
    assert row.clock_offset_ms is not None
    assert abs(row.clock_offset_ms + 3600_000) < 60_000


def test_other_content_under_a_known_id_is_a_conflict(kiosk: FlaskClient, ward: Office) -> None:
    sent = message(ward)
    kiosk.post("/kiosk/ratings", json=sent)
    answer = kiosk.post("/kiosk/ratings", json=sent | {"level": 1})
    assert (answer.status_code, answer.json["title"]) == (409, "conflict")  # type: ignore[index]


@pytest.mark.parametrize(
    "change", [{"level": 0}, {"level": "4x"}, {"tapped_at": "2026-03-10T09:00:00"}, {"extra": 1}]
)
def test_a_malformed_message_is_refused(
    kiosk: FlaskClient, ward: Office, change: dict[str, Any]
) -> None:
    assert kiosk.post("/kiosk/ratings", json=message(ward) | change).status_code == 400


def test_a_stranger_and_another_site_are_refused(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    sent = message(ward)
    assert app.test_client().post("/kiosk/ratings", json=sent).status_code == 401
    foreign = kiosk.post("/kiosk/ratings", json=sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 401
