"""Fixtures: a prepared database for each test, on SQLite or PostgreSQL, an office, a browser."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy.orm import Session

from satisfaction import clock, credentials, office
from satisfaction.database import db, unit_of_work
from satisfaction.models import Configuration, Desk, Kiosk, Procedure, Unit
from satisfaction.terms import UnitKind
from tests.engines import Engines
from tests.journeys.browsing import LONGEST_WAIT_MS, launch_browser

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Choose the engine of this run."""
    parser.addoption("--engine", choices=("sqlite", "postgresql"), default="sqlite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Ask once only, with the embedded engine, what opens no database or says nothing of it."""
    if config.getoption("--engine") == "sqlite":
        return
    kept = [
        item
        for item in items
        if "engines" in getattr(item, "fixturenames", ()) and not _is_asked_once(item)
    ]
    config.hook.pytest_deselected(items=sorted(set(items) - set(kept), key=items.index))
    items[:] = kept


def _is_asked_once(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("once")
    is_long = os.environ.get("FAULTS") == "long"
    return mark is not None and not (is_long and mark.kwargs.get("unless_long"))


@pytest.fixture(scope="session")
def engines(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engines]:
    """Hold the prepared template database of this run."""
    with Engines.start(request.config.getoption("--engine"), tmp_path_factory) as started:
        yield started


@pytest.fixture
def app(request: pytest.FixtureRequest, engines: Engines, tmp_path: Path) -> Iterator[Flask]:
    """Return the application over a fresh copy of the prepared database.

    A test that changes the application itself is marked ``own_app`` and gets one of its own.
    """
    is_own = request.node.get_closest_marker("own_app") is not None
    with engines.fresh_app(tmp_path) if is_own else engines.shared_app() as fresh:
        yield fresh


@pytest.fixture
def now() -> Iterator[datetime]:
    """Stop the clock on a Tuesday morning, 09:00 in Hà Nội."""
    with clock.replaced(NOW):
        yield NOW


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the one browser of this run; a second driver in this thread would not start."""
    expect.set_options(timeout=LONGEST_WAIT_MS)
    with sync_playwright() as playwright:
        started = launch_browser(playwright)
        yield started
        started.close()


@dataclass(frozen=True)
class Office:
    """A ward with two desks, one kiosk at each, and what they show."""

    unit: Unit
    desks: tuple[Desk, Desk]
    kiosks: tuple[Kiosk, Kiosk]
    tokens: tuple[str, str]
    procedures: tuple[Procedure, Procedure]
    configuration: Configuration


def make_office(session: Session, code: str = "00103", name: str = "Phường Tây Hồ") -> Office:
    """Plant a small office that has been there since 2024."""
    from satisfaction import fleet

    founded = date(2024, 1, 1)
    scales = office.load_scales(session)
    unit = office.add_unit(session, code, name=name, kind=UnitKind.WARD, from_day=founded)
    sector = office.ensure_sector(session, "Chứng thực")
    procedures = [
        office.add_procedure(
            session,
            f"{code}.{number}",
            name=title,
            short_name=title,
            sector=sector,
            valid_from_day=founded,
        )
        for number, title in enumerate(("Chứng thực bản sao", "Chứng thực chữ ký"))
    ]
    desks = [
        office.add_desk(session, unit, code=str(n), name=f"Bàn {n}", from_day=founded)
        for n in (1, 2)
    ]
    with clock.replaced(clock.start_of_day(founded)):
        enrolments = [fleet.enrol_kiosk(session, desk, name=desk.name) for desk in desks]
    for enrolment in enrolments:
        credentials.begin_life(session, enrolment.kiosk)
    configuration = office.configure_unit(
        session, unit, scale=scales["five"], from_at=clock.start_of_day(founded)
    )
    return Office(
        unit,
        (desks[0], desks[1]),
        (enrolments[0].kiosk, enrolments[1].kiosk),
        (enrolments[0].token, enrolments[1].token),
        (procedures[0], procedures[1]),
        configuration,
    )


@pytest.fixture
def ward(app: Flask, now: datetime) -> Office:
    """Return the office under test."""
    with unit_of_work() as session:
        return make_office(session)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """Return a unit of work that stays open for the test and is rolled back."""
    from satisfaction.database import writing_engine

    with Session(writing_engine(db.engine), expire_on_commit=False) as opened:
        yield opened
