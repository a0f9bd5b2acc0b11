"""The link that a kiosk shows for a citizen who wants to write more by phone."""

import re
import uuid
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from satisfaction import recording
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Comment, Invitation
from satisfaction.web.addresses import qr_svg
from tests.conftest import Office
from tests.kiosk.phones import Phone
from tests.making import finished_visit, tap


@pytest.fixture
def kiosk(app: Flask, ward: Office) -> FlaskClient:
    """Return the first desk's kiosk."""
    client = app.test_client()
    client.set_cookie("kiosk", ward.tokens[0])
    return client


def test_a_kiosk_hands_its_visit_over_to_a_phone(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    visit = finished_visit(ward.desks[0])
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, visit, level=2))
    answer = kiosk.get("/kiosk/invitation")
    assert answer.status_code == 200
    assert answer.json is not None
    url = answer.json["url"]
    assert re.fullmatch(r"http://localhost/R/[A-Z2-7]{26}", url)
    assert answer.json["svg"] == qr_svg(url)
    phone = Phone(app)
    phone.open(url.removeprefix("http://localhost"))
    phone.send(comment="Viết thêm")
    with reading() as session:
        assert session.scalar(select(Comment.body)) == "Viết thêm"


def test_the_visit_may_be_named(kiosk: FlaskClient, ward: Office) -> None:
    older = finished_visit(ward.desks[0])
    finished_visit(ward.desks[0])
    assert kiosk.get(f"/kiosk/invitation?visit={older.token}").status_code == 200
    with reading() as session:
        assert session.scalar(select(Invitation.visit_id)) == older.id


def test_another_desks_visit_or_none_at_all_is_not_found(
    app: Flask, kiosk: FlaskClient, ward: Office
) -> None:
    assert kiosk.get("/kiosk/invitation").status_code == 404
    foreign = finished_visit(ward.desks[1])
    for named in (foreign.token, uuid.uuid4()):
        answer = kiosk.get(f"/kiosk/invitation?visit={named}")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert kiosk.get("/kiosk/invitation?visit=x").status_code == 400
    assert app.test_client().get("/kiosk/invitation").status_code == 401


def test_a_visit_gets_only_so_many_links(kiosk: FlaskClient, ward: Office) -> None:
    finished_visit(ward.desks[0])
    codes = [kiosk.get("/kiosk/invitation").status_code for _ in range(11)]
    assert codes == [200] * 10 + [409]


@pytest.mark.parametrize(
    ("base", "modules"),
    [
        ("https://danhgia.vn", 25),
        ("http://192.168.1.10:8000", 29),
        ("https://danhgia.tayho.hanoi.gov.vn", 29),
        (f"https://{'a' * 40}", 29),
    ],
)
def test_a_symbol_is_small_and_has_no_style(base: str, modules: int) -> None:
    svg = qr_svg(f"{base}/R/{'A' * 26}")
    root = ET.fromstring(svg)
    assert root.get("viewBox") == f"0 0 {modules + 8} {modules + 8}"
    assert "style" not in svg
    assert {element.tag for element in root} == {"path"}
    assert len(svg) < 4000
