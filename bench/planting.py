"""Fill a database for measurements: offices through the core, masses of visits through bulk SQL.

Refuses to write a rating: those come in through the product, or as whole years in ``history``.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from bench.load import Post
from satisfaction import clock, fleet, office, recording
from satisfaction.database import unit_of_work
from satisfaction.models import Unit, Visit
from satisfaction.taps import Tap
from satisfaction.terms import Channel, Outcome, UnitKind, VisitKind

FOUNDED = date(2020, 1, 1)
BULK = 5000


@dataclass(frozen=True)
class Stand:
    """One desk with its kiosk and what that kiosk shows."""

    unit_id: int
    desk_id: int
    kiosk_id: int
    credential: str
    configuration_id: int
    scale_id: int


@dataclass(frozen=True)
class City:
    """A city and the desks of its wards."""

    unit_id: int
    stands: tuple[Stand, ...]
    procedure_ids: tuple[int, ...] = ()


def plant_city(session: Session, *, wards: int, desks_each: int, procedures: int = 0) -> City:
    """Plant a city of wards, each with the same number of desks and a kiosk at each desk."""
    scale = office.load_scales(session)["five"]
    city = office.add_unit(session, "01", name="Thành phố", kind=UnitKind.CITY, from_day=FOUNDED)
    stands: list[Stand] = []
    for number in range(1, wards + 1):
        ward = office.add_unit(
            session,
            f"{number:05d}",
            name=f"Phường {number}",
            kind=UnitKind.WARD,
            from_day=FOUNDED,
            parent=city,
        )
        configuration = office.configure_unit(
            session, ward, scale=scale, from_at=clock.start_of_day(FOUNDED)
        )
        stands += [
            _plant_stand(session, ward, code, (configuration.id, scale.id))
            for code in range(1, desks_each + 1)
        ]
    sector = office.ensure_sector(session, "Lĩnh vực")
    catalogue = [
        office.add_procedure(
            session,
            f"1.{number:06d}",
            name=f"Thủ tục số {number}",
            short_name=f"Thủ tục {number}",
            sector=sector,
            valid_from_day=FOUNDED,
        ).id
        for number in range(procedures)
    ]
    return City(city.id, tuple(stands), tuple(catalogue))


def _plant_stand(session: Session, ward: Unit, code: int, shown: tuple[int, int]) -> Stand:
    desk = office.add_desk(session, ward, code=str(code), name=f"Bàn {code}", from_day=FOUNDED)
    with clock.replaced(clock.start_of_day(FOUNDED)):
        enrolment = fleet.enrol_kiosk(session, desk, name=desk.name)
    return Stand(ward.id, desk.id, enrolment.kiosk.id, enrolment.token, *shown)


def expire_waiting() -> None:
    """End the questions that no tap has answered, so that few wait, as in an office."""
    with unit_of_work() as session:
        session.execute(
            update(Visit).where(Visit.outcome.is_(None)).values(outcome=Outcome.EXPIRED)
        )


def tell_planner() -> None:
    """Have the planner know of what was planted at once; in an office that is done by the minute.

    Without it PostgreSQL keeps the plans that it made for the empty tables of the first moment.
    """
    with unit_of_work() as session:
        session.execute(text("ANALYZE"))


def plant_posts(stands: Sequence[Stand], number: int, *, first: int = 0) -> list[Post]:
    """Plant finished visits that wait for their answer; return a tap for each, never sent yet.

    ``first`` is where the devices' counters go on.
    """
    now = clock.now()
    return [
        Post(
            stand.credential,
            f'{{"id":"{recording.new_rating_id()}","visit":"{token}",'
            f'"configuration":{stand.configuration_id},"scale":{stand.scale_id},'
            f'"level":{counter % 5 + 1},"tapped_at":"{now.isoformat()}",'
            f'"clock_offset_ms":12,"epoch":1,"counter":{counter},'
            f'"language":"vi","layout":"row"}}',
        )
        for counter, (stand, token) in enumerate(_plant_visits(stands, number), start=first)
    ]


def plant_taps(stands: Sequence[Stand], number: int, *, first: int = 0) -> list[Tap]:
    """Plant as many visits, and return the taps as the core takes them."""
    now = clock.now()
    return [
        Tap(
            rating_id=recording.new_rating_id(),
            visit=token,
            desk_id=stand.desk_id,
            kiosk_id=stand.kiosk_id,
            configuration_id=stand.configuration_id,
            scale_id=stand.scale_id,
            level=counter % 5 + 1,
            tapped_at=now,
            clock_offset_ms=12,
            device_epoch=1,
            device_counter=counter,
        )
        for counter, (stand, token) in enumerate(_plant_visits(stands, number), start=first)
    ]


def _plant_visits(stands: Sequence[Stand], number: int) -> list[tuple[Stand, uuid.UUID]]:
    """Plant finished visits at these desks in turn; return where, and their names."""
    now = clock.now()
    planted = [(stands[place % len(stands)], uuid.uuid4()) for place in range(number)]
    visits: list[dict[str, Any]] = [
        {
            "token": token,
            "unit_id": stand.unit_id,
            "desk_id": stand.desk_id,
            "kind": VisitKind.INTAKE,
            "channel": Channel.IN_PERSON,
            "ticket_number": "",
            "opened_at": now,
            "closed_at": now,
            "closed_day": clock.local_day(now),
            "shown_at": now,
        }
        for stand, token in planted
    ]
    for first in range(0, number, BULK):
        with unit_of_work() as session:
            session.execute(insert(Visit), visits[first : first + BULK])
    return planted
