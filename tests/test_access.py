"""Who may reach what: every route, asked as everybody, against one table.

A route that is not in the table fails, and so does a view without a guard. Addresses are those of
the ward's own things; the administrator of another unit is to find nothing there.
"""

import uuid
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from satisfaction import visits
from satisfaction.accounts import PERMISSIONS
from satisfaction.database import unit_of_work
from satisfaction.terms import Permission, Role
from satisfaction.web.guards import guard_of
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office, make_office

AUDIENCES = ("nobody", "kiosk", "desk officer", "supervisor", "administrator", "elsewhere")
FILES = {"static"}


@dataclass(frozen=True)
class Row:
    """One route, an address of it, and what each audience is answered, in their order."""

    endpoint: str
    method: str
    address: str
    answers: tuple[int, ...]


# method, address, endpoint, and the answers to: nobody, a kiosk, a desk officer, a supervisor,
# an administrator, and an administrator of another unit.
ANSWERS = """
GET  /                                index                        302 302 302 302 302 302
GET  /healthz                         alive                        200 200 200 200 200 200
GET  /admin/                          admin.session.index          302 302 302 302 302 302
GET  /admin/sign-in                   admin.session.new            200 200 302 302 302 302
POST /admin/sign-in                   admin.session.create         401 401 401 401 401 401
POST /admin/sign-out                  admin.session.delete         302 302 303 303 303 303
GET  /admin/desk                      admin.desk.index             302 302 200 403 200 200
POST /admin/desk?desk={desk}          admin.desk.choose            302 302 303 403 303 404
GET  /admin/desk/{desk}/recent?htmx   admin.desk.recent            401 401 200 403 200 404
POST /admin/desk/{desk}/visits        admin.desk.open_visit        302 302 303 403 303 404
POST /admin/desk/visits/{visit}/end   admin.desk.end_visit         302 302 303 403 303 404
POST /admin/desk/visits/{visit}/assisted admin.desk.keep_assisted 302 302 409 403 409 404
GET  /admin/counts?unit={unit}        admin.counts.index           302 302 403 200 200 404
GET  /admin/counts.csv?unit={unit}    admin.counts.download        302 302 403 200 200 404
GET  /admin/dossiers                  admin.dossiers.new           302 302 403 403 200 200
POST /admin/dossiers                  admin.dossiers.create        302 302 403 403 422 422
GET  /admin/dossiers/{nothing}        admin.dossiers.show          302 302 403 403 302 302
POST /admin/dossiers/{nothing}        admin.dossiers.update        302 302 403 403 404 404
POST /admin/dossiers/{nothing}/delete admin.dossiers.delete        302 302 403 403 404 404
GET  /admin/dossiers/{nothing}/problems.csv admin.dossiers.download 302 302 403 403 404 404
GET  /admin/fleet                     admin.fleet.index            302 302 403 403 200 200
POST /admin/fleet/codes?place=desk-{desk} admin.fleet.create       302 302 403 403 200 404
POST /admin/fleet/{kiosk}/renew       admin.fleet.renew            302 302 403 403 303 404
POST /admin/fleet/{kiosk}/revoke      admin.fleet.delete           302 302 403 403 303 404
POST /admin/fleet/policy?unit={unit}  admin.fleet.update           302 302 403 403 303 404
GET  /admin/hours                     admin.hours.index            302 302 403 403 200 200
POST /admin/hours?unit={unit}         admin.hours.update           302 302 403 403 422 404
POST /admin/hours/inherit?unit={unit} admin.hours.inherit          302 302 403 403 303 404
POST /admin/hours/days?unit={unit}    admin.hours.create           302 302 403 403 422 404
POST /admin/hours/days/2999-01-01/delete?unit={unit} admin.hours.delete 302 302 403 403 404 404
GET  /admin/paper                     admin.paper.index            302 302 403 200 200 200
POST /admin/paper                     admin.paper.create           302 302 403 422 422 422
GET  /admin/cards                     admin.cards.index            302 302 403 403 200 200
POST /admin/cards/{desk}              admin.cards.create           302 302 403 403 303 404
GET  /admin/cards/{desk}              admin.cards.show             302 302 403 403 200 404
POST /admin/receipts/{visit}          admin.receipts.create        302 302 200 403 200 404
GET  /kiosk/                          kiosk.rating.index           401 200 401 401 401 401
POST /kiosk/rate                      kiosk.rating.create          401 400 401 401 401 401
GET  /kiosk/reasons/{nothing}         kiosk.rating.edit_reasons    401 404 401 401 401 401
POST /kiosk/reasons/{nothing}         kiosk.rating.create_reasons  401 303 401 401 401 401
GET  /kiosk/thanks/{nothing}          kiosk.rating.thanks          401 404 401 401 401 401
GET  /kiosk/thanks                    kiosk.rating.repeated        401 200 401 401 401 401
POST /kiosk/skip                      kiosk.rating.skip            401 400 401 401 401 401
GET  /kiosk/screen                    kiosk.screen.show            401 200 401 401 401 401
POST /kiosk/ratings                   kiosk.ratings.create         401 400 401 401 401 401
POST /kiosk/reasons                   kiosk.reasons.create         401 400 401 401 401 401
POST /kiosk/outcomes                  kiosk.outcomes.create        401 400 401 401 401 401
POST /kiosk/sync                      kiosk.sync.create            401 400 401 401 401 401
POST /kiosk/heartbeat                 kiosk.heartbeat.create       401 400 401 401 401 401
GET  /kiosk/shell                     kiosk.shell.show             401 200 401 401 401 401
GET  /kiosk/shell/files               kiosk.shell.index            401 200 401 401 401 401
GET  /kiosk/paused                    kiosk.shell.paused           200 200 200 200 200 200
GET  /kiosk/service-worker.js         kiosk.shell.worker           200 200 200 200 200 200
GET  /kiosk/pair                      kiosk.pairing.new            200 200 200 200 200 200
POST /kiosk/pair?key=A                kiosk.pairing.create         200 200 200 200 200 200
GET  /kiosk/enrol/unknown             kiosk.enrolment.create       401 401 401 401 401 401
GET  /kiosk/speech/vi                  kiosk.speech.show            200 200 200 200 200 200
POST /kiosk/tickets                   kiosk.lobby.create           401 404 401 401 401 401
POST /kiosk/number                    kiosk.lobby.update           401 404 401 401 401 401
GET  /kiosk/invitation                kiosk.by_phone.create        401 404 401 401 401 401
POST /api/invitations                 service.create               401 401 401 401 401 401
GET  /R/UNKNOWN                       phone.invitation.show        404 404 404 404 404 404
POST /R/UNKNOWN                       phone.invitation.create      400 400 400 400 400 400
GET  /R/UNKNOWN/words                 phone.invitation.edit        400 400 400 400 400 400
POST /R/UNKNOWN/words                 phone.invitation.update      400 400 400 400 400 400
GET  /R/UNKNOWN/thanks                phone.invitation.thanks      404 404 404 404 404 404
GET  /Q/UNKNOWN                       phone.opinion.show           404 404 404 404 404 404
POST /Q/UNKNOWN                       phone.opinion.create         400 400 400 400 400 400
GET  /Q/UNKNOWN/words                 phone.opinion.edit           400 400 400 400 400 400
POST /Q/UNKNOWN/words                 phone.opinion.update         400 400 400 400 400 400
GET  /Q/UNKNOWN/thanks                phone.opinion.thanks         404 404 404 404 404 404
"""


def _read(line: str) -> Row:
    method, address, endpoint, *answers = line.split()
    return Row(endpoint, method, address, tuple(map(int, answers)))


TABLE = tuple(_read(line) for line in ANSWERS.strip().splitlines())
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
    officers = {
        "desk officer": (Role.DESK_OFFICER, ward.unit),
        "supervisor": (Role.SUPERVISOR, ward.unit),
        "administrator": (Role.ADMINISTRATOR, ward.unit),
        "elsewhere": (Role.ADMINISTRATOR, other.unit),
    }
    for name, (role, unit) in officers.items():
        make_officer(name, role, unit=unit)
    kiosk = OfficersBrowser(app)
    kiosk.client.set_cookie("kiosk", ward.tokens[1])
    return {"nobody": OfficersBrowser(app), "kiosk": kiosk} | {
        name: signed_in(app, name) for name in officers
    }


def _ask(browser: OfficersBrowser, row: Row, names: dict[str, int]) -> TestResponse:
    address, _, words = row.address.format(nothing=uuid.UUID(int=0), **names).partition("?")
    fields = dict(word.partition("=")[::2] for word in words.split("&") if word)
    if row.method == "POST":
        return browser.post(address, dict(fields))
    headers = {"HX-Request": "true"} if "htmx" in fields else {}
    return browser.get(address, query_string=fields, headers=headers)


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
        for audience, expected in zip(AUDIENCES, row.answers, strict=True):
            with unit_of_work() as session:
                serving = visits.find_open_visit(session, ward.desks[0].id)
                serving = serving or visits.open_visit(
                    session, visits.NewVisit(desk_id=ward.desks[0].id)
                )
            names = {
                "desk": ward.desks[0].id,
                "unit": ward.unit.id,
                "visit": serving.id,
                "kiosk": ward.kiosks[0].id,
            }
            answer = _ask(browsers[audience], row, names)
            if answer.status_code != expected:
                differences.append((row.method, row.address, audience, answer.status_code))
            if (row.endpoint, answer.status_code) == ("admin.session.delete", 303):
                browsers[audience] = signed_in(app, audience)
    assert differences == []


def test_who_is_not_signed_in_is_sent_to_the_form_and_back(
    app: Flask, browsers: dict[str, OfficersBrowser]
) -> None:
    for audience in ("nobody", "kiosk"):
        for row in TABLE:
            guard = guard_of(app.view_functions[row.endpoint])
            assert guard is not None
            if guard.audience == "officer":
                answer = _ask(
                    browsers[audience], row, {"desk": 1, "unit": 1, "visit": 1, "kiosk": 1}
                )
                address = answer.location or answer.headers.get("HX-Redirect", "")
                assert address.startswith("/admin/sign-in")
                assert ("next=" in address) is (row.method == "GET")


def test_the_table_asks_for_every_permission_that_a_route_has(app: Flask) -> None:
    """A permission that some roles lack must be refused to somebody in the table."""
    roles = {"desk officer": Role.DESK_OFFICER, "supervisor": Role.SUPERVISOR}
    for row in TABLE:
        guard = guard_of(app.view_functions[row.endpoint])
        assert guard is not None
        if isinstance(guard.permission, Permission):
            for audience, role in roles.items():
                answer = row.answers[AUDIENCES.index(audience)]
                assert (answer == 403) is (guard.permission not in PERMISSIONS[role])


def test_citizens_servers_carry_no_officers_address(app: Flask) -> None:
    from wsgi import create_app

    citizens = create_app(faces=("kiosk",), settings=app.config["SETTINGS"])
    assert not [rule for rule in citizens.url_map.iter_rules() if rule.rule.startswith("/admin")]
    assert citizens.test_client().get("/admin/sign-in").status_code == 404
