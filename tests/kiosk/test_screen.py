"""What a kiosk has to show, as its page polls for it."""

from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from satisfaction import clock, fleet, office, visits
from satisfaction.database import db, reading, unit_of_work
from satisfaction.models import Kiosk
from satisfaction.terms import Outcome, UnitKind
from tests.conftest import NOW, Office
from tests.kiosk.conftest import client_of
from tests.making import finished_visit


def _poll(kiosk: FlaskClient, seen: str = "") -> dict[str, object]:
    answer = kiosk.get("/kiosk/screen", query_string={"seen": seen})
    assert answer.status_code == 200
    shown: dict[str, object] = answer.get_json()
    return shown


def test_a_poll_tells_of_the_finished_visit_and_nothing_more(
    kiosk: FlaskClient, ward: Office
) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="047", procedure_id=ward.procedures[0].id)
    shown = _poll(kiosk)
    assert shown["state"] == "rate"
    assert shown["visit"] == str(visit.token)
    assert (shown["ticket"], shown["closed"], shown["desk"]) == ("047", "09:00", "Bàn 1")
    assert str(shown["procedure"]).replace("\N{NO-BREAK SPACE}", " ") == "Chứng thực bản sao"
    assert shown["configuration"] == ward.configuration.id
    assert shown["levels"] == [1, 2, 3, 4, 5]


def test_an_unchanged_screen_is_answered_with_nothing(kiosk: FlaskClient, ward: Office) -> None:
    seen = str(_poll(kiosk)["version"])
    answer = kiosk.get("/kiosk/screen", query_string={"seen": seen})
    assert (answer.status_code, answer.data) == (204, b"")
    assert int(answer.headers["Server-Time"]) == NOW.timestamp() * 1000
    finished_visit(ward.desks[0])
    assert _poll(kiosk, seen)["state"] == "rate"


def test_an_unchanged_screen_costs_one_statement(kiosk: FlaskClient, ward: Office) -> None:
    finished_visit(ward.desks[0], ticket_number="047")
    seen = str(_poll(kiosk)["version"])
    statements: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", keep)
    try:
        answer = kiosk.get("/kiosk/screen", query_string={"seen": seen})
    finally:
        event.remove(db.engine, "before_cursor_execute", keep)
    assert answer.status_code == 204
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 1


def test_the_ticket_now_served_is_told(kiosk: FlaskClient, ward: Office) -> None:
    seen = str(_poll(kiosk)["version"])
    with unit_of_work() as session:
        visits.open_visit(session, visits.NewVisit(desk_id=ward.desks[0].id, ticket_number="052"))
    shown = _poll(kiosk, seen)
    assert (shown["state"], shown["serving"]) == ("wait", "052")


def test_a_kiosk_never_learns_of_another_desk(
    kiosk: FlaskClient, other_kiosk: FlaskClient, ward: Office
) -> None:
    finished_visit(ward.desks[1], ticket_number="099")
    assert _poll(kiosk)["state"] == "wait"
    assert b"099" not in kiosk.get("/kiosk/").data
    assert _poll(other_kiosk)["ticket"] == "099"


def test_the_first_delivery_of_a_question_is_kept(kiosk: FlaskClient, ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    for minutes in (1, 2):
        with clock.replaced(NOW + timedelta(minutes=minutes)):
            _poll(kiosk)
    with reading() as session:
        assert visits.get_visit(session, visit.id).shown_at == NOW + timedelta(minutes=1)


def test_a_page_that_shows_the_question_counts_as_showing_it(
    kiosk: FlaskClient, ward: Office
) -> None:
    visit = finished_visit(ward.desks[0])
    kiosk.get("/kiosk/")
    with reading() as session:
        assert visits.get_visit(session, visit.id).shown_at == NOW


def test_a_question_that_was_answered_or_is_old_is_not_put(
    kiosk: FlaskClient, ward: Office
) -> None:
    visit = finished_visit(ward.desks[0])
    with clock.replaced(NOW + timedelta(minutes=16)):
        assert _poll(kiosk)["state"] == "wait"
    with unit_of_work() as session:
        visits.end_question(session, visit.token, desk_id=ward.desks[0].id, outcome=Outcome.SKIPPED)
    assert _poll(kiosk)["state"] == "wait"


def _change_scale(ward: Office) -> int:
    with unit_of_work() as session:
        three = office.load_scales(session)["three"]
        return office.configure_unit(session, ward.unit, scale=three).id


def test_a_change_of_what_is_shown_reaches_the_page(kiosk: FlaskClient, ward: Office) -> None:
    seen = str(_poll(kiosk)["version"])
    with clock.replaced(NOW + timedelta(minutes=1)):
        changed = _change_scale(ward)
        shown = _poll(kiosk, seen)
    assert (shown["configuration"], shown["levels"]) == (changed, [1, 2, 3])


def test_a_change_in_the_unit_above_reaches_the_page(app: Flask, ward: Office) -> None:
    founded = date(2024, 1, 1)
    with unit_of_work() as session:
        point = office.add_unit(
            session,
            "00103.1",
            name="Điểm tiếp nhận",
            kind=UnitKind.CENTRE,
            from_day=founded,
            parent=ward.unit,
        )
        desk = office.add_desk(session, point, code="1", name="Bàn 1", from_day=founded)
        kiosk = client_of(app, fleet.enrol_kiosk(session, desk, name="Máy").token)
    before = _poll(kiosk)
    assert before["configuration"] == ward.configuration.id
    with clock.replaced(NOW + timedelta(minutes=1)):
        changed = _change_scale(ward)
        assert _poll(kiosk, str(before["version"]))["configuration"] == changed


def test_a_change_planned_for_later_reaches_the_page_then(kiosk: FlaskClient, ward: Office) -> None:
    with unit_of_work() as session:
        three = office.load_scales(session)["three"]
        planned = office.configure_unit(
            session, ward.unit, scale=three, from_at=NOW + timedelta(hours=1)
        )
    seen = str(_poll(kiosk)["version"])
    assert kiosk.get("/kiosk/screen", query_string={"seen": seen}).status_code == 204
    with clock.replaced(NOW + timedelta(hours=1)):
        assert _poll(kiosk, seen)["configuration"] == planned.id


def test_an_unknown_or_revoked_kiosk_is_told_nothing(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    assert app.test_client().get("/kiosk/screen").status_code == 401
    assert client_of(app, "no such token").get("/kiosk/screen").status_code == 401
    with unit_of_work() as session:
        device = session.get(Kiosk, ward.kiosks[0].id)
        assert device is not None
        fleet.revoke_kiosk(session, device)
    answer = kiosk.get("/kiosk/screen", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["title"]) == (401, "kiosk-not-found")
