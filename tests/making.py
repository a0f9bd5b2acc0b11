"""Make visits and taps for tests, with everything that a test does not care about filled in."""

import uuid
from datetime import datetime
from typing import Any

from satisfaction import clock, recording, visits
from satisfaction.database import unit_of_work
from satisfaction.models import Desk, Visit
from satisfaction.recording import Tap
from satisfaction.terms import Channel, VisitKind
from tests.conftest import Office


def finished_visit(desk: Desk, *, at: datetime | None = None, **fields: Any) -> Visit:
    """Open and finish a visit at a desk."""
    with clock.replaced(at or clock.now()), unit_of_work() as session:
        visit = visits.open_visit(session, visits.NewVisit(desk_id=desk.id, **fields))
        return visits.close_visit(session, visit.id)


def finished_visits(desk: Desk, number: int) -> list[Visit]:
    """Put many visits to a desk, just opened and finished, straight into the database."""
    now = clock.now()
    with unit_of_work() as session:
        visits_there = [
            Visit(
                token=uuid.uuid4(),
                unit_id=desk.unit_id,
                desk_id=desk.id,
                kind=VisitKind.INTAKE,
                channel=Channel.IN_PERSON,
                opened_at=now,
                closed_at=now,
                closed_day=clock.today(),
            )
            for _ in range(number)
        ]
        session.add_all(visits_there)
    return visits_there


def tap(ward: Office, visit: Visit | None = None, *, desk: int = 0, **fields: Any) -> Tap:
    """Return a tap on one of the office's kiosks."""
    values: dict[str, Any] = {
        "rating_id": recording.new_rating_id(),
        "desk_id": ward.desks[desk].id,
        "kiosk_id": ward.kiosks[desk].id,
        "configuration_id": ward.configuration.id,
        "scale_id": ward.configuration.scale_id,
        "level": 4,
        "tapped_at": clock.now(),
        "visit": visit.token if visit else None,
    }
    return Tap(**(values | fields))


def rated_visit(
    ward: Office, level: int, *, at: datetime, desk: int = 0, **fields: Any
) -> uuid.UUID:
    """Finish a visit and rate it at the same instant; return the rating's id."""
    with clock.replaced(at):
        visit = finished_visit(ward.desks[desk], at=at, **fields)
        given = tap(ward, visit, desk=desk, level=level)
        with unit_of_work() as session:
            recording.record_rating(session, given)
    return given.rating_id
