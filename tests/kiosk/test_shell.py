"""What a device is given to keep: one edition, complete, with no visit on it."""

import hashlib
import re
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from flask.testing import FlaskClient

from satisfaction import clock, emblems, office
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import unit_of_work
from satisfaction.models import Desk
from satisfaction.terms import UnitKind
from tests.conftest import NOW, Office
from tests.core.test_emblems import picture
from tests.kiosk.conftest import client_of
from tests.making import finished_visit

EDITION = "Shell-Edition"


def _edition(kiosk: FlaskClient) -> str:
    edition: str = kiosk.get("/kiosk/shell/files").get_json()["edition"]
    return edition


def test_the_page_to_be_kept_waits_whatever_was_asked_before(
    kiosk: FlaskClient, ward: Office
) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="047")
    answer = kiosk.get("/kiosk/shell")
    page = answer.get_data(as_text=True)
    assert answer.headers[EDITION] == _edition(kiosk)
    assert "please touch this screen" in page
    assert str(visit.token) not in page
    assert "047" not in page
    assert str(visit.token) in kiosk.get("/kiosk/").get_data(as_text=True)


def test_every_page_of_the_kiosk_says_which_edition_it_is(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    edition = _edition(kiosk)
    assert kiosk.get("/kiosk/").headers[EDITION] == edition
    finished_visit(ward.desks[0])
    assert kiosk.get("/kiosk/").headers[EDITION] == edition
    assert kiosk.get("/kiosk/screen").get_json()["shell"] == edition
    assert app.test_client().get("/kiosk/").headers[EDITION] == "none"
    assert app.test_client().get("/kiosk/paused").headers[EDITION] == "none"


def test_an_edition_names_all_that_its_page_uses(kiosk: FlaskClient, app: Flask) -> None:
    listed = kiosk.get("/kiosk/shell/files").get_json()
    paths = {urlsplit(address).path for address in listed["files"]}
    page = kiosk.get("/kiosk/shell").get_data(as_text=True)
    assert set(re.findall(r'(?:src|href)="(/static/[^"?]+)', page)) <= paths
    static = Path(str(app.static_folder))
    scripts = [path for path in paths if path.endswith(".js") and "/vendor/" not in path]
    for script in scripts:
        text = (static / script.removeprefix("/static/")).read_text(encoding="utf-8")
        for name in re.findall(r'from "\./([\w-]+\.js)"', text):
            assert f"/static/js/{name}" in paths
    sheet = (static / "css" / "kiosk.css").read_text(encoding="utf-8")
    for name in re.findall(r"url\([\"']?\.\./([\w/.-]+)", sheet):
        assert f"/static/{name}" in paths


def test_every_file_is_named_with_its_digest(kiosk: FlaskClient) -> None:
    listed = kiosk.get("/kiosk/shell/files").get_json()
    for address in [*listed["files"], *listed["audio"][:3]]:
        with closing(kiosk.get(address)) as answer:
            digest = hashlib.sha256(answer.data).hexdigest()
        assert digest.startswith(parse_qs(urlsplit(address).query)["v"][0])
    assert len(listed["audio"]) > 100
    assert any(one.startswith("/static/audio/chime.ogg?v=") for one in listed["audio"])


def test_a_chime_is_named_on_the_page_only_where_the_office_wants_it(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    edition = _edition(kiosk)
    assert '"chime":null' in kiosk.get("/kiosk/").text.replace(" ", "")
    with unit_of_work() as session:
        change_configuration(session, ward.unit, Changes(has_chime=True))
    wanting = client_of(app, ward.tokens[0])
    assert '"/static/audio/chime.ogg?v=' in wanting.get("/kiosk/").text
    assert _edition(wanting) != edition


def test_another_desk_or_another_name_of_it_is_another_edition(
    kiosk: FlaskClient, other_kiosk: FlaskClient, ward: Office
) -> None:
    edition = _edition(kiosk)
    assert _edition(other_kiosk) != edition
    with unit_of_work() as session:
        desk = session.get(Desk, ward.desks[0].id)
        assert desk is not None
        desk.name = "Bàn số một"
    assert _edition(kiosk) != edition


def test_what_another_unit_changes_is_no_other_edition(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    edition = _edition(kiosk)
    with clock.replaced(NOW + timedelta(minutes=1)):
        with unit_of_work() as session:
            other = office.add_unit(
                session,
                "00777",
                name="Phường khác",
                kind=UnitKind.WARD,
                from_day=date(2024, 1, 1),
            )
            office.configure_unit(session, other, scale=office.load_scales(session)["five"])
        assert _edition(kiosk) == edition
        with unit_of_work() as session:
            change_configuration(session, ward.unit, Changes(idle_seconds=120))
        assert _edition(client_of(app, ward.tokens[0])) != edition


def test_the_worker_may_answer_for_the_kiosk_and_nothing_else(app: Flask) -> None:
    answer = app.test_client().get("/kiosk/service-worker.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Service-Worker-Allowed" not in answer.headers
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_offices_own_mark_is_part_of_the_edition(
    kiosk: FlaskClient, app: Flask, ward: Office
) -> None:
    before = _edition(kiosk)
    with unit_of_work() as session:
        digest = emblems.keep_drawing(session, emblems.read_drawing(picture()))
        change_configuration(session, ward.unit, Changes(emblem_digest=digest))
    listed = kiosk.get("/kiosk/shell/files").get_json()
    assert listed["edition"] != before
    address = f"/kiosk/marks/{digest}.png?v={digest[:12]}"
    assert address in listed["files"]
    assert f'src="{address}"' in kiosk.get("/kiosk/shell").text
    answer = app.test_client().get(address)
    assert hashlib.sha256(answer.data).hexdigest() == digest
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert app.test_client().get(f"/kiosk/marks/{'0' * 64}.png").status_code == 404
