"""Fixtures of the officers' face: who sits where."""

import pytest
from flask import Flask

from satisfaction.database import unit_of_work
from satisfaction.terms import Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
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
