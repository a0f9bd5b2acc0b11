"""Every route met with hostile values, by the strongest officer and by devices.

The routes are those of the application, so that none can be forgotten; what each of them reads is
learnt by watching it. No answer may be a fault of ours, let anything be executed, name another
unit's things, or take long.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from werkzeug.routing import Rule

from satisfaction import invitations, opinions, services, visits
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import unit_of_work
from satisfaction.terms import InvitationPurpose, Role
from satisfaction.web.guards import public
from tests.admin.officers import make_officer
from tests.conftest import Office, make_office
from tests.hostile import FORMULA, SCRIPT, listening
from tests.making import finished_visit, rated_visit
from tests.walking import ELSEWHERE, Fields, Known, Walker

pytestmark = pytest.mark.slow

PARTS = 2
FILES = {"static"}


@dataclass(frozen=True)
class Planted:
    """A walker in an office with something in it, and where he sets out."""

    walker: Walker
    starts: list[str]


def _things(office: Office) -> Fields:
    """Return the keys of an office's things by the names that addresses and forms have for them."""
    visit = finished_visit(office.desks[0], ticket_number=FORMULA[:16])
    with unit_of_work() as session:
        waiting = visits.open_visit(session, visits.NewVisit(desk_id=office.desks[1].id))
    keys = {
        "desk": office.desks[0].id,
        "unit": office.unit.id,
        "visit": waiting.id,
        "kiosk": office.kiosks[1].id,
        "procedure": office.procedures[0].id,
    }
    return {
        **keys,
        **{f"{name}_id": key for name, key in keys.items()},
        "visit": str(visit.token),
        "configuration": office.configuration.id,
        "scale": office.configuration.scale_id,
        "level": 2,
        "place": f"desk-{office.desks[0].id}",
        "day": "2026-03-10",
    }


@pytest.fixture
def planted(app: Flask, ward: Office) -> Iterator[Planted]:
    """Return a walker with every role in the ward, where names and words are hostile already."""
    make_officer("mạnh", *Role, unit=ward.unit)
    rating = rated_visit(ward, 1, at=ward.configuration.from_at)
    with unit_of_work() as session:
        other = make_office(session, "00091", ELSEWHERE)
        change_configuration(session, ward.unit, Changes(allows_unlinked=True))
        ward.desks[0].name = SCRIPT
        ward.procedures[0].name = FORMULA
        for thing in (ward.desks[0], ward.procedures[0]):
            session.merge(thing)
        card = opinions.make_card(session, {ward.unit.id}, desk_id=ward.desks[1].id)
        bearer = services.admit_service(session, ward.unit, name="Một cửa").token
    invited = finished_visit(ward.desks[1])
    known = Known(_things(ward) | {"rating_id": str(rating)}, _things(other))
    with unit_of_work() as session:
        link = invitations.make_invitation(session, invited.id, purpose=InvitationPurpose.RECEIPT)
    starts = ["/kiosk/", "/admin/", f"/R/{link.token}", f"/Q/{card.word}"]
    walker = Walker(app, ward.tokens[0], known, bearer)
    with listening(app):
        yield Planted(walker, starts)
    walker.close()


def _rules(app: Flask) -> list[tuple[Rule, str]]:
    """Return every route and method, those that only read first."""
    return sorted(
        (
            (rule, method)
            for rule in app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
            if rule.endpoint not in FILES
        ),
        key=lambda pair: (pair[1] != "GET", pair[0].rule),
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_hostile_gets_through(app: Flask, planted: Planted, part: int) -> None:
    planted.walker.look_around(planted.starts)
    for rule, method in _rules(app)[part::PARTS]:
        planted.walker.walk(rule, method)
    planted.walker.look_around(planted.starts)
    assert "\n".join(planted.walker.faults) == ""


@pytest.fixture
def bad(app: Flask) -> list[str]:
    """Add views that let something through; return what is to be seen of each."""

    @app.get("/bad/<name>")
    @public
    def show(name: str) -> str:
        return f"<!doctype html><html lang='vi'><title>x</title><h1>{name}</h1></html>"

    @app.get("/bad")
    @public
    def leave() -> ResponseReturnValue:
        return redirect(request.args.get("following", "/"))

    @app.post("/bad")
    @public
    def create() -> str:
        return str(int(float(request.form.get("share") or 1)))

    @app.get("/bad.csv")
    @public
    def download() -> ResponseReturnValue:
        return f"a;{request.args.get('name')}", {"Content-Type": "text/csv"}

    @app.post("/bad.json")
    @public
    def receive() -> str:
        return str(_Message.model_validate_json(request.get_data()).number.to_bytes(4))

    return ["inline script", "sent to", "cannot convert", "formula", "int too big"]


class _Message(BaseModel):
    """What one of the bad views reads."""

    number: int


@pytest.mark.own_app
def test_what_gets_through_is_seen(app: Flask, bad: list[str], planted: Planted) -> None:
    for rule, method in _rules(app):
        if rule.rule.startswith("/bad"):
            planted.walker.walk(rule, method)
    faults = "\n".join(planted.walker.faults)
    assert [fault for fault in bad if fault not in faults] == []
