"""Who may reach what: every route, asked as everybody, against the tables of ``tests/routes.py``.

A route that is in none of them fails, and so does a view without a guard. Addresses are those of
the ward's own things; who holds a role in another unit, or every role there, is to find nothing.
"""

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from satisfaction import accounts, calendars, clock, visits
from satisfaction.accounts import PERMISSIONS
from satisfaction.database import Base, reading, unit_of_work
from satisfaction.models import Account, AuditEntry, Delivery, Desk, SignIn, Subscription
from satisfaction.terms import Role
from satisfaction.web.guards import guard_of
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.admin.voicing import find_or_plant_case, names_here, plant_case
from tests.conftest import Office, make_office
from tests.core.voicing import speak
from tests.migrations.planting_letters import plant_letters
from tests.routes import ELSEWHERE, FILES, FORMS, NEIGHBOURS, OWN, ROLES, STRANGERS, TABLE, Row

pytestmark = pytest.mark.once

Listed = tuple[str, str]


def _routes(app: Flask) -> set[Listed]:
    """Return every route and method that the application answers."""
    return {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint not in FILES
    }


@pytest.fixture
def browsers(app: Flask, ward: Office) -> dict[str, OfficersBrowser]:
    """Return a browser for each audience; the kiosk's is the one at the second desk."""
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    for letter, role in ROLES.items():
        make_officer(letter, role, unit=ward.unit)
    make_officer(ELSEWHERE, *Role, unit=other.unit)
    kiosk = OfficersBrowser(app)
    kiosk.client.set_cookie("kiosk", ward.tokens[1])
    return {"nobody": OfficersBrowser(app), "kiosk": kiosk} | {
        name: signed_in(app, name) for name in (*ROLES, ELSEWHERE)
    }


def _plant(ward: Office) -> dict[str, int | str]:
    """Return the keys of the ward's things that addresses name; each question finds them whole."""
    with unit_of_work() as session:
        serving = visits.find_open_visit(session, ward.desks[0].id)
        serving = serving or visits.open_visit(session, visits.NewVisit(desk_id=ward.desks[0].id))
        guest = _plant_guest(session, ward)
    return {
        "guest": guest.id,
        "grant": guest.grants[0].id,
        "desk": ward.desks[0].id,
        "unit": ward.unit.id,
        "visit": serving.id,
        "kiosk": ward.kiosks[0].id,
        "procedure": ward.procedures[0].id,
        "sector": ward.procedures[0].sector_id,
        **find_or_plant_case(ward),
    }


def _plant_guest(session: Session, ward: Office) -> Account:
    """Return an account of the ward's that nobody of the table sits at, with a role."""
    guest = accounts.find_account(session, "guest")
    if guest is None:
        guest = Account(
            name="guest", display_name="Khách", password_hash="-", created_at=clock.now()
        )
        session.add(guest)
        guest.unit_id = ward.unit.id
        session.flush()
    if not guest.grants:
        role = Role.DESK_OFFICER
        accounts.grant_role(session, guest, role, unit=ward.unit, from_day=clock.today())
    return guest


def _ask(browser: OfficersBrowser, row: Row, names: dict[str, Any]) -> TestResponse:
    filled = row.address.format(nothing=uuid.UUID(int=0), **names)
    address, _, form = filled.partition("|")
    if row.method == "POST":
        return browser.post(address, dict(parse_qsl(form, keep_blank_values=True)))
    headers = {"HX-Request": "true"} if address.endswith("?htmx") else {}
    return browser.get(address, headers=headers)


def test_every_route_is_in_the_table_once(app: Flask) -> None:
    listed = [(row.endpoint, row.method) for row in TABLE]
    assert len(listed) == len(set(listed))
    assert set(listed) == _routes(app)


def test_every_view_has_a_guard(app: Flask) -> None:
    open_views = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint not in FILES and guard_of(view) is None
    ]
    assert open_views == []


@pytest.mark.own_app
def test_a_view_without_a_guard_is_not_served(app: Flask) -> None:
    app.add_url_rule("/open", "open", lambda: "secret")
    answer = app.test_client().get("/open")
    assert answer.status_code == 403
    assert "secret" not in answer.text
    assert ("open", "GET") not in {(row.endpoint, row.method) for row in TABLE}


def test_everybody_gets_what_the_table_says(
    app: Flask, ward: Office, browsers: dict[str, OfficersBrowser]
) -> None:
    differences = []
    for row in TABLE:
        for audience, expected in row.answers.items():
            answer = _ask(browsers[audience], row, _plant(ward))
            if answer.status_code != expected:
                differences.append((row.method, row.address, audience, answer.status_code))
            if (row.endpoint, answer.status_code) == ("admin.session.delete", 303):
                browsers[audience] = signed_in(app, audience)
    assert differences == []


# What is the ward's alone, and stands on a page wherever that is shown.
UNIT, DESK, PERSON, VOICE = "Phường Tây Hồ", "Bàn Quảng An", "Đỗ Thị Khách", "Ghế gãy chân"


@pytest.fixture
def neighbours(app: Flask, ward: Office) -> dict[str, OfficersBrowser]:
    """Return a browser for each role, which is held in another unit and nowhere else."""
    with unit_of_work() as session:
        unit = make_office(session, "00091", "Phường Phú Thượng").unit
    for letter, role in ROLES.items():
        make_officer(f"{ELSEWHERE}-{letter}", role, unit=unit)
    return {letter: signed_in(app, f"{ELSEWHERE}-{letter}") for letter in ROLES}


@pytest.fixture
def own(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer who holds every role in the ward."""
    make_officer("own", *Role, unit=ward.unit)
    return signed_in(app, "own")


@pytest.fixture
def named(ward: Office, own: OfficersBrowser, neighbours: object) -> dict[str, Any]:
    """Return the keys of the ward's things, of which each is of a name that nothing else has."""
    seq = speak(ward, 1, at=clock.now() - timedelta(days=1), desk=1, words=VOICE)
    case = plant_case(ward, seq)
    keys = _plant(ward)
    plant_letters()
    configuration, special = ward.configuration, clock.today() + timedelta(days=9)
    of_unit = select(Subscription.id).where(Subscription.unit_id == ward.unit.id)
    with unit_of_work() as session:
        session.get_one(Desk, ward.desks[0].id).name = DESK
        session.get_one(Account, keys["guest"]).display_name = PERSON
        calendars.set_special_day(
            session, ward.unit.id, calendars.NewSpecialDay(special, "Ngày nghỉ", ())
        )
        neighbour = accounts.get_account(session, f"{ELSEWHERE}-D")
        letters = {
            "subscription": session.scalars(of_unit).one(),
            "delivery": session.scalars(select(Delivery.id)).one(),
        }
    of_ward = f"configuration={configuration.id}&scale={configuration.scale_id}"
    return {
        **keys,
        **letters,
        **FORMS,
        "voice": names_here().name(seq),
        "case": case,
        "neighbour": neighbour.id,
        "theirs": neighbour.grants[0].unit_id,
        "special_day": special.isoformat(),
        "slip": f"{of_ward}&day={FORMS['past']}&rating={uuid.uuid4()}&level=2",
        "shown": f"scale_id={configuration.scale_id}&{FORMS['shown']}",
    }


def _rows_of(ward: Office) -> dict[str, list[str]]:
    """Return everything that is kept, but who is signed in and what others left in the log."""
    left_out = {SignIn.__tablename__, AuditEntry.__tablename__}
    tables = [one for one in Base.metadata.sorted_tables if one.name not in left_out]
    log = select(AuditEntry.__table__).where(AuditEntry.unit_id == ward.unit.id)
    with reading() as session:
        kept = {one.name: sorted(map(repr, session.execute(select(one)))) for one in tables}
        return kept | {"log": sorted(map(repr, session.execute(log)))}


def test_a_role_in_another_unit_finds_and_changes_nothing_of_the_ward(
    ward: Office,
    own: OfficersBrowser,
    neighbours: dict[str, OfficersBrowser],
    named: dict[str, Any],
) -> None:
    shown = "".join(
        own.get(address.format(**named)).text
        for address in (
            "/admin/desks?unit={unit}",
            "/admin/people/{guest}",
            "/admin/voices/{voice}",
        )
    )
    marks = (UNIT, DESK, PERSON, VOICE)
    assert [mark for mark in marks if mark not in shown] == []
    kept, differences = _rows_of(ward), []
    for row in NEIGHBOURS:
        for letter, expected in row.answers.items():
            answer = _ask(neighbours[letter], row, named)
            leaked = [mark for mark in marks if mark.encode() in answer.data]
            if answer.status_code != expected or leaked:
                differences.append((row.method, row.address, letter, answer.status_code, leaked))
    assert differences == []
    assert _rows_of(ward) == kept


def test_who_is_not_signed_in_is_sent_to_the_form_and_back(
    app: Flask, ward: Office, browsers: dict[str, OfficersBrowser]
) -> None:
    for audience in STRANGERS:
        for row in TABLE:
            guard = guard_of(app.view_functions[row.endpoint])
            assert guard is not None
            if guard.audience == "officer":
                answer = _ask(browsers[audience], row, _plant(ward))
                address = answer.location or answer.headers.get("HX-Redirect", "")
                assert address.startswith("/admin/sign-in")
                assert ("next=" in address) is (row.method == "GET")


def test_the_roles_in_the_table_are_those_that_hold_the_permission(app: Flask) -> None:
    for row in TABLE:
        guard = guard_of(app.view_functions[row.endpoint])
        assert guard is not None
        if guard.audience == "officer":
            let_in = {role for letter, role in ROLES.items() if row.answers[letter] != 403}
            wanted = guard.permission
            assert let_in == {
                role for role in Role if wanted is None or wanted in PERMISSIONS[role]
            }, row


def test_an_auditor_is_let_into_nothing_that_changes_anything() -> None:
    changing = {
        row.endpoint for row in TABLE if row.method == "POST" and row.answers["R"] not in {401, 403}
    }
    open_to_all = {row.endpoint for row in TABLE if row.answers["nobody"] == row.answers["R"]}
    assert [one for one in changing - open_to_all if not one.startswith(OWN)] == []


def test_citizens_servers_carry_no_officers_address(app: Flask) -> None:
    from wsgi import create_app

    citizens = create_app(faces=("kiosk",), settings=app.config["SETTINGS"])
    assert not [rule for rule in citizens.url_map.iter_rules() if rule.rule.startswith("/admin")]
    assert citizens.test_client().get("/admin/sign-in").status_code == 404
