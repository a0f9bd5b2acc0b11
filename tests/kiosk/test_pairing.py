"""A device becomes a kiosk by a code, typed with nothing but a form."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from satisfaction import clock, fleet
from satisfaction.database import reading, unit_of_work
from satisfaction.fleet import CODE_LIFE, PairingPlace
from satisfaction.models import Kiosk, SignInThrottle
from satisfaction.throttling import FREE_FAILURES
from tests.conftest import Office

REFUSED = "Mã này không dùng được"


@pytest.fixture
def device(app: Flask, ward: Office) -> FlaskClient:
    """Return a device that is no kiosk yet."""
    return app.test_client()


def _code(ward: Office) -> str:
    place = PairingPlace(unit_id=ward.unit.id, desk_id=ward.desks[0].id, name="Bàn 1, mới")
    with unit_of_work() as session:
        return fleet.make_pairing_code(session, place)


def _kiosks() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Kiosk)) or 0


def test_a_code_makes_a_kiosk_once(app: Flask, device: FlaskClient, ward: Office) -> None:
    code = _code(ward)
    assert device.get("/kiosk/screen").status_code == 401
    answer = device.post("/kiosk/pair", data={"code": f"{code[:4].lower()} {code[4:]}"})
    assert (answer.status_code, answer.location) == (303, "/kiosk/")
    assert device.get("/kiosk/screen").status_code == 200
    again = app.test_client().post("/kiosk/pair", data={"code": code})
    assert again.status_code == 422
    assert REFUSED in again.text
    assert _kiosks() == 3


def test_a_scanned_code_stands_in_the_form_and_nothing_has_happened(
    device: FlaskClient, ward: Office
) -> None:
    code = _code(ward)
    assert f'value="{code}"' in device.get(f"/kiosk/pair?code={code}").text
    assert device.get("/kiosk/screen").status_code == 401


@pytest.mark.parametrize(
    "address",
    [
        "https://danhgia.example.gov.vn/kiosk/pair?code={}",
        "HTTP://10.0.0.5:8000/KIOSK/PAIR?CODE={}",
        "2Fhttps://may-chu.xa-2345.example.gov.vn/kiosk/pair?code={}\r",
    ],
)
def test_a_reader_that_types_the_whole_address_gives_the_code(
    device: FlaskClient, ward: Office, address: str
) -> None:
    code = _code(ward)
    typed = address.format(code)
    form = device.get("/kiosk/pair").text
    longest = re.search(r'name="code" value="" maxlength="(\d+)"', form)
    assert longest is not None
    assert len(typed) < int(longest[1])
    assert device.post("/kiosk/pair", data={"code": typed}).status_code == 303


def test_keys_on_the_page_write_a_code_without_a_program(device: FlaskClient, ward: Office) -> None:
    code = written = _code(ward)
    page = device.post("/kiosk/pair", data={"code": code[:6], "key": "2"}).text
    assert f'value="{code[:6]}2"' in page
    page = device.post("/kiosk/pair", data={"code": f"{code[:6]}2", "key": "erase"}).text
    assert f'value="{code[:6]}"' in page
    assert device.post("/kiosk/pair", data={"code": written}).status_code == 303


@pytest.mark.parametrize("typed", ["", "ABCD2345", "<script>", "ẫ" * 900, "\x00"])
def test_a_wrong_code_gets_one_plain_answer(device: FlaskClient, ward: Office, typed: str) -> None:
    answer = device.post("/kiosk/pair", data={"code": typed})
    assert answer.status_code == 422
    assert answer.text.count(REFUSED) == 1
    assert "<script>" not in answer.text


def test_an_expired_code_gets_the_same_answer(device: FlaskClient, ward: Office) -> None:
    code = _code(ward)
    with clock.replaced(clock.now() + CODE_LIFE):
        assert REFUSED in device.post("/kiosk/pair", data={"code": code}).text


def test_guessing_becomes_slow_for_one_network_and_not_for_another(
    device: FlaskClient, ward: Office
) -> None:
    code = _code(ward)
    for _ in range(FREE_FAILURES):
        assert device.post("/kiosk/pair", data={"code": "ABCD2345"}).status_code == 422
    answer = device.post("/kiosk/pair", data={"code": code})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    with reading() as session:
        (throttle,) = session.scalars(select(SignInThrottle)).all()
    assert b"127.0.0" not in throttle.key_hash
    elsewhere = {"REMOTE_ADDR": "10.9.8.7"}
    assert (
        device.post("/kiosk/pair", data={"code": "X"}, environ_overrides=elsewhere).status_code
        == 422
    )
    with clock.replaced(clock.now() + timedelta(minutes=1)):
        assert device.post("/kiosk/pair", data={"code": code}).status_code == 303
    with reading() as session:
        assert 0 in session.scalars(select(SignInThrottle.failures)).all()


def test_another_site_cannot_pair_a_device(device: FlaskClient, ward: Office) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = device.post("/kiosk/pair", data={"code": _code(ward)}, headers=foreign)
    assert answer.status_code == 403
    assert _kiosks() == 2
