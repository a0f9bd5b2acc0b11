"""Fixtures of the journeys: a server and fresh tabs for each test."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from satisfaction.database import unit_of_work
from tests.conftest import Office, make_office
from tests.journeys.auditing import write_report
from tests.journeys.browsing import Tabs, threaded_server


@pytest.fixture(scope="session", autouse=True)
def _report() -> Iterator[None]:
    """Write down what axe was asked, when all journeys are over."""
    yield
    write_report()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Return the address at which the application under test is really served."""
    with threaded_server(app) as served:
        yield served


@pytest.fixture
def tabs(browser: Browser, address: str) -> Iterator[Tabs]:
    """Return what opens pages; the test fails if one of them complained."""
    opened = Tabs(browser, address)
    yield opened
    opened.close()
    assert opened.unexpected() == []


@pytest.fixture
def ward_now(app: Flask) -> Office:
    """Return the office under test in the time of the browser, which has a clock of its own."""
    with unit_of_work() as session:
        return make_office(session)
