"""Fixtures of the officers' face: who sits where."""

from datetime import timedelta

import pytest
from flask import Flask

from satisfaction.database import unit_of_work
from satisfaction.terms import Channel, Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.admin.overviews import MONDAY, plant
from tests.conftest import Office, make_office


@pytest.fixture
def clerk(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer who serves the ward's desks."""
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    return signed_in(app, "lan")


@pytest.fixture
def supervisor(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer who sees the ward's counts."""
    make_officer("hanh", Role.SUPERVISOR, unit=ward.unit)
    return signed_in(app, "hanh")


@pytest.fixture
def elsewhere(ward: Office) -> Office:
    """Return another unit's office, which nobody of the ward may reach."""
    with unit_of_work() as session:
        return make_office(session, "00091", "Phường Phú Thượng")


@pytest.fixture
def march(ward: Office) -> Office:
    """Plant a fortnight: the first desk is well rated, the second is not, one Monday is odd."""
    plant(ward, [5] * 30 + [4] * 15 + [3], procedure=0)
    plant(ward, [1] * 12 + [4] * 25, desk=1, procedure=1, reasons=("wait",))
    plant(ward, [1], desk=1, procedure=1, reasons=("fee",))
    plant(ward, [2], desk=1, procedure=1, reasons=("fee", "late"))
    plant(ward, [None] * 9)
    plant(ward, [5] * 40, at=MONDAY - timedelta(days=4), procedure=0, channel=Channel.ONLINE)
    return ward
