"""Live taps over HTTP."""

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from satisfaction import clock
from tests.conftest import Office
from tests.making import finished_visit


@pytest.fixture
def kiosk(app: Flask, ward: Office) -> FlaskClient:
    """Return the first desk's kiosk."""
    client = app.test_client()
    client.set_cookie("kiosk", ward.tokens[0])
    return client


def _message(ward: Office, **fields: Any) -> dict[str, Any]:
    visit = finished_visit(ward.desks[0])
    return {
        "id": str(uuid.uuid4()),
        "visit": str(visit.token),
        "configuration": ward.configuration.id,
        "scale": ward.configuration.scale_id,
        "level": 4,
        "tapped_at": clock.now().isoformat(),
    } | fields


def test_a_tap_is_answered_and_repeated_with_the_same_answer(
    kiosk: FlaskClient, ward: Office
) -> None:
    message = _message(ward)
    first, second = (kiosk.post("/kiosk/ratings", json=message) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.data == second.data


def test_other_content_under_a_known_id_is_a_conflict(kiosk: FlaskClient, ward: Office) -> None:
    message = _message(ward)
    kiosk.post("/kiosk/ratings", json=message)
    answer = kiosk.post("/kiosk/ratings", json=message | {"level": 1})
    assert (answer.status_code, answer.json["title"]) == (409, "conflict")  # type: ignore[index]


@pytest.mark.parametrize(
    "change", [{"level": 0}, {"level": "4x"}, {"tapped_at": "2026-03-10T09:00:00"}, {"extra": 1}]
)
def test_a_malformed_message_is_refused(
    kiosk: FlaskClient, ward: Office, change: dict[str, Any]
) -> None:
    assert kiosk.post("/kiosk/ratings", json=_message(ward) | change).status_code == 400


def test_a_stranger_and_another_site_are_refused(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    message = _message(ward)
    assert app.test_client().post("/kiosk/ratings", json=message).status_code == 401
    foreign = kiosk.post("/kiosk/ratings", json=message, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 401
