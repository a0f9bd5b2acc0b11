"""Fixtures of the faults: a kiosk that can be cut off, and a device that can be killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from satisfaction.database import unit_of_work
from tests.conftest import make_office
from tests.faults.serving import serving
from tests.faults.stands import Stand
from tests.faults.wire import wired
from tests.journeys.browsing import Tabs
from tests.journeys.devices import Device
from tests.journeys.kiosks import KioskAtDesk


@pytest.fixture
def stand(app: Flask, browser: Browser) -> Iterator[Stand]:
    """Return a kiosk, its server and the wire between them."""
    with unit_of_work() as session:
        ward = make_office(session)
    with serving(app) as product, wired(product.port) as wire:
        tabs = Tabs(browser, wire.address)
        yield Stand(KioskAtDesk(ward, tabs), product, wire)
        tabs.close()


@pytest.fixture
def device(browser: Browser, stand: Stand, tmp_path: Path) -> Iterator[Device]:
    """Return a device with a profile of its own on the disk."""
    made = Device(browser, tmp_path / "profile", stand.wire.address)
    yield made
    made.close()
