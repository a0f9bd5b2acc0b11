"""Kiosks: enrolled by a code, once; recognised by a credential; revoked at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from satisfaction import clock, fleet
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import KioskNotFoundError, PairingRefusedError
from satisfaction.fleet import PairingPlace
from satisfaction.models import Kiosk, PairingCode
from tests.conftest import Office


def _code(ward: Office) -> str:
    desk = ward.desks[0]
    place = PairingPlace(unit_id=ward.unit.id, desk_id=desk.id, name="Bàn 1, máy mới")
    with unit_of_work() as session:
        return fleet.make_pairing_code(session, place)


def _pair(code: str) -> fleet.Enrolment:
    with unit_of_work() as session:
        return fleet.pair_device(session, code)


def test_a_code_enrols_one_device_once(ward: Office) -> None:
    code = _code(ward)
    enrolment = _pair(f" {code[:4].lower()}-{code[4:]} ")
    assert fleet.find_device(fleet.hash_token(enrolment.token)).desk_id == ward.desks[0].id
    with pytest.raises(PairingRefusedError):
        _pair(code)


def test_a_code_is_worth_nothing_after_ten_minutes(ward: Office) -> None:
    code = _code(ward)
    late = clock.now() + fleet.CODE_LIFE
    with clock.replaced(late), pytest.raises(PairingRefusedError):
        _pair(code)


def test_neither_codes_nor_credentials_are_kept_in_the_clear(ward: Office) -> None:
    code = _code(ward)
    token = _pair(code).token
    with reading() as session:
        assert session.scalars(select(PairingCode)).one().code_hash == fleet.hash_token(code)
        hashes = set(session.scalars(select(Kiosk.token_hash)))
    assert fleet.hash_token(token) in hashes
    assert token.encode() not in hashes


def test_a_revoked_credential_is_refused_at_once(ward: Office) -> None:
    token = _pair(_code(ward)).token
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, fleet.get_kiosk(session, token))
    with pytest.raises(KioskNotFoundError):
        fleet.find_device(fleet.hash_token(token))


def test_a_replaced_device_stands_at_the_same_desk_beside_the_old(ward: Office) -> None:
    replacement = _pair(_code(ward)).kiosk
    assert replacement.desk_id == ward.kiosks[0].desk_id
    assert replacement.id != ward.kiosks[0].id


def test_a_lobby_kiosk_has_no_desk(ward: Office) -> None:
    with unit_of_work() as session:
        enrolment = fleet.enrol_lobby_kiosk(session, ward.unit, name="Sảnh")
    assert fleet.find_device(fleet.hash_token(enrolment.token)).desk_id is None


def test_codes_expire_in_the_future_when_made(ward: Office) -> None:
    _code(ward)
    with reading() as session:
        made = session.scalars(select(PairingCode)).one()
    assert made.expires_at - made.made_at == timedelta(minutes=10)
