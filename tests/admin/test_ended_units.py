"""What was given to a unit that is no more stays within reach of who answers for it."""

import re
from datetime import date

import pytest
from flask import Flask

from satisfaction import office, structure, succession
from satisfaction.database import unit_of_work
from satisfaction.editing import operator
from satisfaction.models import Unit
from satisfaction.structure import Ending
from satisfaction.terms import Role, SuccessionKind, UnitKind
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.admin.overviews import count_listed, part_of, text_of, voice_addresses
from tests.conftest import NOW, Office

BEFORE = "from=2026-03-01&to=2026-03-09"
FOUNDED = date(2024, 1, 1)


@pytest.fixture
def city(march: Office) -> Unit:
    """Return the city under which the ward stood until today, when it ended."""
    with unit_of_work() as session:
        city = office.add_unit(
            session, "01", name="Thành phố Hà Nội", kind=UnitKind.CITY, from_day=FOUNDED
        )
        ward = office.get_unit(session, march.unit.id)
        succession.move_unit(session, ward, city, from_day=date(2026, 1, 1))
        ending = Ending(kind=SuccessionKind.DISSOLVED, from_day=date(2026, 3, 10))
        structure.end_unit(session, operator(session), unit_id=ward.id, ending=ending)
        return city


def _open(app: Flask, city: Unit, role: Role = Role.HEAD) -> OfficersBrowser:
    make_officer("hanh", role, unit=city)
    return signed_in(app, "hanh")


@pytest.mark.usefixtures("march")
def test_every_figure_of_an_ended_unit_leads_to_the_answers_behind_it(
    app: Flask, city: Unit
) -> None:
    officer = _open(app, city)
    html = officer.get(f"/admin/overview?unit={city.id}&{BEFORE}").text
    assert "Xem cả 15 ý kiến" in text_of(part_of(html, "voices"))
    expected = {"places": [15, 15], "days": [15], "reasons": [1, 2, 12], "procedures": [1, 14]}
    for part, counts in expected.items():
        found = voice_addresses(html, part)
        assert sorted(count_listed(officer, one) for one in found) == counts, part


def test_its_cases_go_on(app: Flask, march: Office, city: Unit) -> None:
    officer = _open(app, city)
    listed = officer.get(f"/admin/voices?unit={march.unit.id}&{BEFORE}").text
    [name, *_] = re.findall(r'href="/admin/voices/([a-z0-9]+)"', listed)
    assert officer.get(f"/admin/voices/{name}").status_code == 200


def test_its_deeds_are_read_by_who_reads_all_there_is(app: Flask, city: Unit) -> None:
    log = _open(app, city, Role.SYSTEM_ADMINISTRATOR).get("/admin/audit.jsonl").text
    assert '"unit_ended"' in log


def test_nobody_else_reaches_it(app: Flask, march: Office, city: Unit) -> None:
    with unit_of_work() as session:
        other = office.add_unit(
            session, "09", name="Phường Phú Thượng", kind=UnitKind.WARD, from_day=FOUNDED
        )
    officer = _open(app, other)
    assert officer.get(f"/admin/voices?unit={march.unit.id}&{BEFORE}").status_code == 404
    assert officer.get(f"/admin/overview?unit={city.id}&{BEFORE}").status_code == 404


def test_a_figure_of_units_that_went_elsewhere_leads_nowhere(app: Flask, march: Office) -> None:
    """Its list would hold fewer answers than were counted."""
    with unit_of_work() as session:
        before, after = (
            office.add_unit(session, code, name=code, kind=UnitKind.CITY, from_day=FOUNDED)
            for code in ("01", "02")
        )
        ward = office.get_unit(session, march.unit.id)
        succession.move_unit(session, ward, before, from_day=date(2026, 1, 1))
        succession.move_unit(session, ward, after, from_day=NOW.date())
    html = _open(app, before).get(f"/admin/overview?unit={before.id}&{BEFORE}").text
    assert 'data-part="places"' in html
    for part in ("places", "days", "reasons", "procedures"):
        assert not voice_addresses(html, part)
