"""Who may reach what: every route, asked as everybody, against three tables.

A route that is in none of them fails, and so does a view without a guard. Addresses are those of
the ward's own things; who holds every role, but in another unit, is to find nothing there.
"""

import uuid
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from satisfaction import accounts, clock, visits
from satisfaction.accounts import PERMISSIONS
from satisfaction.database import unit_of_work
from satisfaction.models import Account
from satisfaction.terms import Role
from satisfaction.web.guards import guard_of
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.admin.voicing import find_or_plant_case
from tests.conftest import Office, make_office

ROLES = {
    "D": Role.DESK_OFFICER,
    "S": Role.SUPERVISOR,
    "H": Role.HEAD,
    "I": Role.INSPECTOR,
    "A": Role.ADMINISTRATOR,
    "Y": Role.SYSTEM_ADMINISTRATOR,
    "R": Role.AUDITOR,
}
STRANGERS = ("nobody", "kiosk")
ELSEWHERE = "elsewhere"
AUDIENCES = (*STRANGERS, *ROLES, ELSEWHERE)
FILES = {"static"}
# An auditor changes nothing; these concern nobody but the officer who sends them.
OWN = ("admin.letters.create", "admin.letters.delete", "admin.session.delete", "admin.profile.")

# The officers' routes: method; the answer to who may enter, and after a stroke the answer to who
# holds every role in another unit, where it differs; the roles that may enter (a point is a
# refusal, a number the answer to this role alone); endpoint; an address of the ward's own things.
# Who is not signed in is sent to the form.
OFFICERS = """
GET  302     D S H I A Y R  admin.session.index         /admin/
POST 303     D S H I A Y R  admin.session.delete        /admin/sign-out
GET  200     D S H I A Y R  admin.profile.index         /admin/profile
POST 422     D S H I A Y R  admin.profile.update        /admin/profile
GET  200     D S H I A Y R  admin.profile.edit_password /admin/profile/password
POST 422     D S H I A Y R  admin.profile.update_password /admin/profile/password
GET  200     D S H I A Y R  admin.profile.new_factor    /admin/profile/second-factor
POST 422     D S H I A Y R  admin.profile.create_factor /admin/profile/second-factor
POST 422     D S H I A Y R  admin.profile.delete_factor /admin/profile/second-factor/delete
POST 422     D S H I A Y R  admin.profile.create_codes  /admin/profile/recovery-codes
POST 303     D S H I A Y R  admin.profile.end_sessions  /admin/profile/sessions/end
POST 404     D S H I A Y R  admin.profile.end_session   /admin/profile/sessions/0/end
GET  200     D . . . A Y .  admin.desk.index            /admin/desk
POST 303/404 D . . . A Y .  admin.desk.choose           /admin/desk?desk={desk}
GET  200     D . . . A Y .  admin.desk.offline          /admin/desk/offline
GET  200/404 D . . . A Y .  admin.desk.recent           /admin/desk/{desk}/recent?htmx
POST 303/404 D . . . A Y .  admin.desk.open_visit       /admin/desk/{desk}/visits
POST 303/404 D . . . A Y .  admin.desk.end_visit        /admin/desk/visits/{visit}/end
POST 409/404 D . . . A Y .  admin.desk.keep_assisted    /admin/desk/visits/{visit}/assisted
GET  200/404 . S H I A Y R  admin.overview.index        /admin/overview?unit={unit}
POST 422     . S H I . . .  admin.overview.annotate     /admin/overview/notes
GET  200/404 . S H I A Y R  admin.counts.index          /admin/counts?unit={unit}
GET  200/404 . S H I A Y R  admin.counts.download       /admin/counts.csv?unit={unit}
GET  200/404 D . . . . . .  admin.own_figures.index     /admin/own-figures?unit={unit}
GET  200/404 . S H I A Y R  admin.reports.index         /admin/reports?unit={unit}
GET  200/404 . S H I . . .  admin.ratings.index         /admin/reports/ratings?unit={unit}
GET  200/404 . S H I . . .  admin.ratings.download      /admin/reports/ratings/file?unit={unit}
GET  200/404 . S H I A Y R  admin.reports.download      /admin/reports/file?unit={unit}&form=csv
GET  200     . S H I . . .  admin.voices.index          /admin/voices
GET  200/404 . S H I . . .  admin.voices.show           /admin/voices/{voice}
POST 303/404 . S H I . . .  admin.voices.create         /admin/voices/cases?voice={voice}&deed=open
GET  200     . S H I . . R  admin.cases.index           /admin/cases
POST 303/404 . S H I . . .  admin.cases.change          /admin/cases?case={case}:1&deed=assign
GET  200/404 . S H I . . R  admin.cases.show            /admin/cases/{case}
POST 422/404 . S H I . . .  admin.cases.update          /admin/cases/{case}?version=1
POST 409/404 . S H I . . .  admin.cases.publish         /admin/cases/{case}/line?version=0
POST 422/404 . S H I . . .  admin.cases.open_dossier    /admin/cases/{case}/dossier
GET  200     . . . . A Y R  admin.policies.index        /admin/policies
POST 422/404 . . . . A Y .  admin.policies.update       /admin/policies?unit={unit}
POST 303/404 . . . . A Y .  admin.policies.inherit      /admin/policies/inherit?unit={unit}
GET  200     . . . . A Y .  admin.dossiers.new          /admin/dossiers
POST 422     . . . . A Y .  admin.dossiers.create       /admin/dossiers
GET  302     . . . . A Y .  admin.dossiers.show         /admin/dossiers/{nothing}
POST 404     . . . . A Y .  admin.dossiers.update       /admin/dossiers/{nothing}
POST 404     . . . . A Y .  admin.dossiers.delete       /admin/dossiers/{nothing}/delete
GET  404     . . . . A Y .  admin.dossiers.download     /admin/dossiers/{nothing}/problems.csv
GET  200     . . . . A Y R  admin.fleet.index           /admin/fleet
POST 200/404 . . . . A Y .  admin.fleet.create          /admin/fleet/codes?place=desk-{desk}
POST 303/404 . . . . A Y .  admin.fleet.renew           /admin/fleet/{kiosk}/renew
POST 303/404 . . . . A Y .  admin.fleet.delete          /admin/fleet/{kiosk}/revoke
POST 303/404 . . . . A Y .  admin.fleet.update          /admin/fleet/policy?unit={unit}
GET  200/404 . . . . . Y R  admin.audit.index           /admin/audit?unit={unit}
GET  200/404 . . . . . Y R  admin.audit.download        /admin/audit.jsonl?unit={unit}
GET  200     . . . . A Y R  admin.people.index          /admin/people
GET  200     . . . . A Y .  admin.people.new            /admin/people/new
POST 422     . . . . A Y .  admin.people.create         /admin/people
GET  200/404 . . . . A Y R  admin.people.show           /admin/people/{guest}
POST 422/404 . . . . A Y .  admin.people.update         /admin/people/{guest}
POST 200/404 . . . . A Y .  admin.people.renew          /admin/people/{guest}/start
POST 303/404 . . . . A Y .  admin.people.delete_factor  /admin/people/{guest}/second-factor/delete
POST 303/404 . . . . A Y .  admin.people.disable        /admin/people/{guest}/disable
POST 303/404 . . . . A Y .  admin.people.enable         /admin/people/{guest}/enable
POST 303/404 . . . . A Y .  admin.people.confirm        /admin/people/{guest}/confirm
POST 422/404 . . . . A Y .  admin.people.create_role    /admin/people/{guest}/roles
POST 303/404 . . . . A Y .  admin.people.delete_role    /admin/people/{guest}/roles/{grant}/end
GET  200     . . . . A Y R  admin.hours.index           /admin/hours
POST 422/404 . . . . A Y .  admin.hours.update          /admin/hours?unit={unit}
POST 303/404 . . . . A Y .  admin.hours.inherit         /admin/hours/inherit?unit={unit}
POST 422/404 . . . . A Y .  admin.hours.create          /admin/hours/days?unit={unit}
POST 404     . . . . A Y .  admin.hours.delete  /admin/hours/days/2999-01-01/delete?unit={unit}
GET  200     . . . . A Y R  admin.units.index           /admin/units
POST 422     . . . . A Y .  admin.units.create          /admin/units
GET  200/404 . . . . A Y R  admin.units.show            /admin/units/{unit}
GET  200/404 . S H I A Y R  admin.units.present         /admin/units/{unit}/present
POST 422/404 . . . . A Y .  admin.units.rename          /admin/units/{unit}/name
POST 422/404 . . . . A Y .  admin.units.move            /admin/units/{unit}/parent
POST 422/404 . . . . A Y .  admin.units.end             /admin/units/{unit}/end
GET  200/404 . . . . A Y R  admin.desks.index           /admin/desks?unit={unit}
POST 422/404 . . . . A Y .  admin.desks.create          /admin/desks?unit={unit}
GET  200/404 . . . . A Y .  admin.desks.edit            /admin/desks/{desk}
POST 422/404 . . . . A Y .  admin.desks.update          /admin/desks/{desk}
POST 422/404 . . . . A Y .  admin.desks.retire          /admin/desks/{desk}/retire
GET  200/404 . . . . A Y R  admin.presentation.index    /admin/presentation?unit={unit}
POST 422/404 . . . . A Y .  admin.presentation.update   /admin/presentation?unit={unit}
GET  404     . . . . A Y R  admin.presentation.mark     /admin/presentation/marks/unknown.png
GET  200/404 . . . . A Y R  admin.holidays.index        /admin/holidays?unit={unit}
POST 422/404 . . . . A Y .  admin.holidays.create       /admin/holidays?unit={unit}
POST 422/404 . . . . A Y .  admin.holidays.swap         /admin/holidays/swap?unit={unit}
GET  200     . . . . A Y R  admin.catalogue.index       /admin/catalogue
POST 422     . . . . . Y .  admin.catalogue.create      /admin/catalogue
GET  200     . . . . A Y R  admin.catalogue.show        /admin/catalogue/procedures/{procedure}
POST 422     . . . . . Y .  admin.catalogue.update      /admin/catalogue/procedures/{procedure}
POST 422     . . . . . Y .  admin.catalogue.renew   /admin/catalogue/procedures/{procedure}/renew
POST 422     . . . . . Y .  admin.catalogue.end     /admin/catalogue/procedures/{procedure}/end
POST 422     . . . . . Y .  admin.catalogue.rename      /admin/catalogue/sectors/{sector}
GET  200     . . . . A Y .  admin.catalogue_files.new   /admin/catalogue/files
POST 422     . . . . A Y .  admin.catalogue_files.create /admin/catalogue/files
GET  302     . . . . A Y .  admin.catalogue_files.show  /admin/catalogue/files/{nothing}
POST 404     . . . . A Y .  admin.catalogue_files.update /admin/catalogue/files/{nothing}
POST 404     . . . . A Y .  admin.catalogue_files.delete /admin/catalogue/files/{nothing}/delete
GET  404 . . . . A Y . admin.catalogue_files.download /admin/catalogue/files/{nothing}/problems.csv
GET  200     . . . . A Y R  admin.scales.index          /admin/scales
POST 422     . . . . . Y .  admin.scales.create         /admin/scales
POST 422     . . . . . Y .  admin.scales.create_reason  /admin/scales/reasons
GET  404     . . . . . Y .  admin.scales.edit_reason    /admin/scales/reasons/999999
POST 404     . . . . . Y .  admin.scales.update_reason  /admin/scales/reasons/999999
GET  200     . S H . A Y .  admin.paper.index           /admin/paper
POST 422     . S H . A Y .  admin.paper.create          /admin/paper
GET  200     . . . . A Y R  admin.cards.index           /admin/cards
POST 303/404 . . . . A Y .  admin.cards.create          /admin/cards/{desk}
GET  200/404 . . . . A Y R  admin.cards.show            /admin/cards/{desk}
POST 200/404 D . . . A Y .  admin.receipts.create       /admin/receipts/{visit}
GET  200     . S H I A Y R  admin.letters.index         /admin/letters
POST 422     . S H I A Y R  admin.letters.create        /admin/letters
POST 404     . S H I A Y R  admin.letters.delete        /admin/letters/1/delete
GET  200     . . . . A Y R  admin.letters.readers       /admin/letters/readers
POST 422     . . . . A Y .  admin.letters.create_reader /admin/letters/readers
POST 404     . . . . A Y .  admin.letters.delete_reader /admin/letters/readers/1/delete
POST 404     . . . . A Y .  admin.letters.clear         /admin/letters/readers/1/clear
GET  200     D S H I A Y R  admin.letters.archive       /admin/letters/archive
GET  404     D S H I A Y R  admin.letters.show          /admin/letters/archive/1
POST 404     . . . . A Y .  admin.letters.update        /admin/letters/archive/1/again
GET  200     . . . . . Y R  admin.jobs.index            /admin/jobs
POST 303     . . . . . Y .  admin.jobs.create           /admin/jobs/prune
GET  200     D S H I A Y R  admin.settings.index        /admin/settings
"""

# The kiosks' routes: method, the answer to a kiosk, endpoint, address. Nobody else is let in.
KIOSKS = """
GET  200      kiosk.rating.index          /kiosk/
POST 400      kiosk.rating.create         /kiosk/rate
GET  404      kiosk.rating.edit_reasons   /kiosk/reasons/{nothing}
POST 303      kiosk.rating.create_reasons /kiosk/reasons/{nothing}
GET  404      kiosk.rating.thanks         /kiosk/thanks/{nothing}
GET  200      kiosk.rating.repeated       /kiosk/thanks
GET  200      kiosk.rating.stay           /kiosk/stay
POST 400      kiosk.rating.skip           /kiosk/skip
GET  200      kiosk.screen.show           /kiosk/screen
POST 400      kiosk.ratings.create        /kiosk/ratings
POST 400      kiosk.reasons.create        /kiosk/reasons
POST 400      kiosk.outcomes.create       /kiosk/outcomes
POST 400      kiosk.sync.create           /kiosk/sync
POST 400      kiosk.heartbeat.create      /kiosk/heartbeat
GET  200      kiosk.shell.show            /kiosk/shell
GET  200      kiosk.shell.index           /kiosk/shell/files
POST 404      kiosk.lobby.create          /kiosk/tickets
POST 404      kiosk.lobby.update          /kiosk/number
GET  404      kiosk.by_phone.create       /kiosk/invitation
"""

# Open to everybody: method; the answer, and after a stroke the answer to who is signed in, where
# it differs; endpoint; address.
EVERYBODY = """
GET  302      index                       /
GET  200      alive                       /healthz
GET  200      ready                       /readyz
GET  200      transparency.index          /so-lieu/
GET  404      transparency.show           /so-lieu/00103
GET  200/302  admin.session.new           /admin/sign-in
POST 401      admin.session.create        /admin/sign-in
GET  404      admin.provider.new          /admin/provider
GET  404      admin.provider.create       /admin/provider/answer
GET  200      admin.start.new             /admin/start
POST 422      admin.start.create          /admin/start
GET  302      admin.session.new_code      /admin/sign-in/code
POST 422      admin.session.create_code   /admin/sign-in/code
GET  404      admin.letters.edit_stop     /admin/letters/stop/UNKNOWN
POST 404      admin.letters.stop          /admin/letters/stop/UNKNOWN
GET  200      kiosk.shell.paused          /kiosk/paused
GET  200      kiosk.shell.worker          /kiosk/service-worker.js
GET  200      admin.desk.worker           /admin/desk/service-worker.js
GET  200      kiosk.pairing.new           /kiosk/pair
POST 200      kiosk.pairing.create        /kiosk/pair?key=A
GET  401      kiosk.enrolment.create      /kiosk/enrol/unknown
GET  200      kiosk.speech.show           /kiosk/speech/vi
GET  404      kiosk.emblem.show           /kiosk/marks/unknown.png
POST 401      service.create              /api/invitations
GET  404      phone.invitation.show       /R/UNKNOWN
POST 400      phone.invitation.create     /R/UNKNOWN
GET  400      phone.invitation.edit       /R/UNKNOWN/words
POST 400      phone.invitation.update     /R/UNKNOWN/words
GET  404      phone.invitation.thanks     /R/UNKNOWN/thanks
GET  404      phone.opinion.show          /Q/UNKNOWN
POST 400      phone.opinion.create        /Q/UNKNOWN
GET  400      phone.opinion.edit          /Q/UNKNOWN/words
POST 400      phone.opinion.update        /Q/UNKNOWN/words
GET  404      phone.opinion.thanks        /Q/UNKNOWN/thanks
"""


@dataclass(frozen=True)
class Row:
    """One route, an address of it, and what each audience is answered."""

    endpoint: str
    method: str
    address: str
    answers: dict[str, int]


def _for_officers(line: str) -> Row:
    method, answers, *entered, endpoint, address = line.split()
    own, _, foreign = answers.partition("/")
    sent = 401 if address.endswith("?htmx") else 302
    wanted = dict.fromkeys(STRANGERS, sent)
    for role, mark in zip(ROLES, entered, strict=True):
        wanted[role] = {".": 403, role: int(own)}.get(mark) or int(mark)
    return Row(endpoint, method, address, wanted | {ELSEWHERE: int(foreign or own)})


def _for_kiosks(line: str) -> Row:
    method, answer, endpoint, address = line.split()
    return Row(endpoint, method, address, dict.fromkeys(AUDIENCES, 401) | {"kiosk": int(answer)})


def _for_everybody(line: str) -> Row:
    method, answers, endpoint, address = line.split()
    own, _, signed = answers.partition("/")
    wanted = dict.fromkeys(AUDIENCES, int(signed or own))
    return Row(endpoint, method, address, wanted | dict.fromkeys(STRANGERS, int(own)))


TABLE = (
    *map(_for_officers, OFFICERS.strip().splitlines()),
    *map(_for_kiosks, KIOSKS.strip().splitlines()),
    *map(_for_everybody, EVERYBODY.strip().splitlines()),
)
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


def _ask(browser: OfficersBrowser, row: Row, names: dict[str, int | str]) -> TestResponse:
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
        for audience, expected in row.answers.items():
            answer = _ask(browsers[audience], row, _plant(ward))
            if answer.status_code != expected:
                differences.append((row.method, row.address, audience, answer.status_code))
            if (row.endpoint, answer.status_code) == ("admin.session.delete", 303):
                browsers[audience] = signed_in(app, audience)
    assert differences == []


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
