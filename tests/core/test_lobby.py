"""Which visit a ticket stands for, as it is asked in the lobby."""

import uuid
from datetime import datetime, timedelta

import pytest

from satisfaction import clock, fleet, lobby, recording, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import SignInThrottledError, VisitNotFoundError
from satisfaction.fleet import Device
from satisfaction.lobby import Ticket, TicketAttempt, TicketState
from tests.conftest import Office, make_office
from tests.kiosk.phones import invite
from tests.making import finished_visit, tap

KEY = b"key"


@pytest.fixture
def device(ward: Office) -> Device:
    """Return a device in the lobby."""
    with unit_of_work() as session:
        kiosk = fleet.enrol_lobby_kiosk(session, ward.unit, name="Sảnh").kiosk
    return Device(kiosk_id=kiosk.id, desk_id=None, unit_id=ward.unit.id)


def _find(device: Device, typed: str) -> Ticket:
    with unit_of_work() as session:
        return lobby.find_ticket(session, TicketAttempt(typed, device, KEY))


def test_digits_find_the_visit_whatever_letters_and_noughts_stand_before_them(
    ward: Office, device: Device
) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="A047")
    for typed in ("047", "47"):
        question = _find(device, typed).question
        assert question is not None
        assert (question.visit, question.desk) == (visit.token, "Bàn 1")
    assert _find(device, "7").state is TicketState.UNKNOWN


def test_a_ticket_can_be_rated_for_sixty_minutes(
    ward: Office, device: Device, now: datetime
) -> None:
    finished_visit(ward.desks[0], ticket_number="047")
    with clock.replaced(now + timedelta(minutes=59)):
        assert _find(device, "047").state is TicketState.FOUND
    with clock.replaced(now + timedelta(minutes=60)):
        assert _find(device, "047").state is TicketState.UNKNOWN


def test_a_visit_whose_desk_has_served_the_next_can_still_be_rated(
    ward: Office, device: Device
) -> None:
    finished_visit(ward.desks[0], ticket_number="047")
    finished_visit(ward.desks[0], ticket_number="048")
    assert _find(device, "047").state is TicketState.FOUND


def test_a_rated_or_unfinished_ticket_is_told_apart_from_an_unknown_one(
    ward: Office, device: Device
) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="047")
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, visit))
        visits.open_visit(session, visits.NewVisit(desk_id=ward.desks[1].id, ticket_number="048"))
    states = [_find(device, typed).state for typed in ("47", "48", "49")]
    assert states == [TicketState.RATED, TicketState.OPEN, TicketState.UNKNOWN]


def test_a_number_that_two_visits_bear_leads_to_neither(ward: Office, device: Device) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="A047")
    finished_visit(ward.desks[1], ticket_number="B047")
    assert _find(device, "047") == Ticket(TicketState.SEVERAL)
    question = _find(device, f"HTTPS://X/R/{invite(visit)}").question
    assert question is not None
    assert question.visit == visit.token


def test_visits_of_another_unit_are_unknown(ward: Office, device: Device) -> None:
    with unit_of_work() as session:
        other = make_office(session, "00999", "Phường khác")
    visit = finished_visit(other.desks[0], ticket_number="047")
    assert _find(device, "047").state is TicketState.UNKNOWN
    assert _find(device, f"https://x/r/{invite(visit)}").state is TicketState.UNKNOWN
    assert _find(device, "https://x/R/NOTHING").state is TicketState.UNKNOWN


def test_numbers_that_lead_nowhere_are_slowed_but_never_for_long(
    ward: Office, device: Device, now: datetime
) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="047")
    for number in range(5):
        _find(device, f"90{number}")
    with pytest.raises(SignInThrottledError):
        _find(device, "047")
    assert _find(device, f"https://x/R/{invite(visit)}").state is TicketState.FOUND
    for minute in range(1, 12):
        with clock.replaced(now + timedelta(minutes=minute)):
            _find(device, "999")
    with clock.replaced(now + timedelta(minutes=12)):
        assert _find(device, "047").state is TicketState.FOUND


def test_a_visit_that_was_found_is_asked_about_only_while_it_may_be_rated(
    ward: Office, device: Device
) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="047")
    with reading() as session:
        assert lobby.ask_about_visit(session, device, visit.token).ticket == "047"
        with pytest.raises(VisitNotFoundError):
            lobby.ask_about_visit(session, device, uuid.uuid4())
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, visit))
    with reading() as session, pytest.raises(VisitNotFoundError):
        lobby.ask_about_visit(session, device, visit.token)
