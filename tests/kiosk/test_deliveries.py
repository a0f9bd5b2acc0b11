"""Reasons and outcomes as the touch page delivers them: repeated at will, stored once."""

import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from satisfaction import visits
from satisfaction.database import reading
from satisfaction.models import RatingReason, Reason
from tests.conftest import Office
from tests.kiosk.conftest import message
from tests.making import finished_visit


def _codes() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Reason.code).join(RatingReason).order_by(Reason.id)))


def test_reasons_follow_their_rating_and_are_stored_once(kiosk: FlaskClient, ward: Office) -> None:
    sent = message(ward, level=1)
    kiosk.post("/kiosk/ratings", json=sent)
    for reasons in (["late", "wait"], ["late", "wait"], ["other"]):
        answer = kiosk.post("/kiosk/reasons", json={"rating": sent["id"], "reasons": reasons})
        assert (answer.status_code, answer.get_json()) == (200, {"rating": sent["id"]})
    assert _codes() == ["wait", "late"]


@pytest.mark.parametrize("reasons", [["rain"], ["wait"] * 13, "wait", ["Wait!"], [1]])
def test_reasons_that_nobody_offered_are_refused(
    kiosk: FlaskClient, ward: Office, reasons: Any
) -> None:
    sent = message(ward, level=1)
    kiosk.post("/kiosk/ratings", json=sent)
    answer = kiosk.post("/kiosk/reasons", json={"rating": sent["id"], "reasons": reasons})
    assert answer.status_code in {400, 422}
    assert _codes() == []


def test_reasons_of_another_kiosk_are_refused(
    kiosk: FlaskClient, other_kiosk: FlaskClient, ward: Office
) -> None:
    sent = message(ward, level=1)
    kiosk.post("/kiosk/ratings", json=sent)
    for rating in (sent["id"], str(uuid.uuid4())):
        answer = other_kiosk.post("/kiosk/reasons", json={"rating": rating, "reasons": ["wait"]})
        assert answer.status_code == 422


@pytest.mark.parametrize("outcome", ["skipped", "timed_out"])
def test_an_outcome_is_kept_once(kiosk: FlaskClient, ward: Office, outcome: str) -> None:
    visit = finished_visit(ward.desks[0])
    for _ in range(2):
        answer = kiosk.post("/kiosk/outcomes", json={"visit": str(visit.token), "outcome": outcome})
        assert (answer.status_code, answer.get_json()) == (200, {"visit": str(visit.token)})
    with reading() as session:
        assert visits.get_visit(session, visit.id).outcome == outcome


def test_a_rating_outweighs_an_outcome_whichever_comes_first(
    kiosk: FlaskClient, ward: Office
) -> None:
    for order in ((0, 1), (1, 0)):
        visit = finished_visit(ward.desks[0])
        deliveries = (
            ("/kiosk/ratings", message(ward, visit)),
            ("/kiosk/outcomes", {"visit": str(visit.token), "outcome": "timed_out"}),
        )
        for place in order:
            address, body = deliveries[place]
            assert kiosk.post(address, json=body).status_code == 200
        with reading() as session:
            assert visits.get_visit(session, visit.id).outcome == "rated"


@pytest.mark.parametrize(
    "change", [{"outcome": "rated"}, {"outcome": "expired"}, {"visit": "x"}, {"extra": 1}]
)
def test_an_outcome_that_is_not_the_devices_to_tell_is_refused(
    kiosk: FlaskClient, ward: Office, change: dict[str, Any]
) -> None:
    visit = finished_visit(ward.desks[0])
    body = {"visit": str(visit.token), "outcome": "skipped"} | change
    answer = kiosk.post("/kiosk/outcomes", json=body)
    assert (answer.status_code, answer.get_json()["title"]) == (400, "malformed")


def test_an_outcome_of_another_desk_is_not_found(other_kiosk: FlaskClient, ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    answer = other_kiosk.post(
        "/kiosk/outcomes", json={"visit": str(visit.token), "outcome": "skipped"}
    )
    assert (answer.status_code, answer.get_json()["title"]) == (404, "visit-not-found")
