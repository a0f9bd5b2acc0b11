"""Fixtures of the citizens' face: kiosks as clients, and what they send."""

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from satisfaction import clock
from satisfaction.models import Visit
from tests.conftest import Office
from tests.making import finished_visit


def client_of(app: Flask, token: str) -> FlaskClient:
    """Return a device that holds a credential."""
    client = app.test_client()
    client.set_cookie("kiosk", token)
    return client


@pytest.fixture
def kiosk(app: Flask, ward: Office) -> FlaskClient:
    """Return the first desk's kiosk."""
    return client_of(app, ward.tokens[0])


@pytest.fixture
def other_kiosk(app: Flask, ward: Office) -> FlaskClient:
    """Return the second desk's kiosk."""
    return client_of(app, ward.tokens[1])


def message(ward: Office, visit: Visit | None = None, **fields: Any) -> dict[str, Any]:
    """Return one tap as the touch page sends it."""
    visit = visit or finished_visit(ward.desks[0])
    return {
        "id": str(uuid.uuid4()),
        "visit": str(visit.token),
        "configuration": ward.configuration.id,
        "scale": ward.configuration.scale_id,
        "level": 4,
        "tapped_at": clock.now().isoformat(),
    } | fields
