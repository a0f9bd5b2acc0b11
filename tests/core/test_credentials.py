"""Credentials of devices: renewed in time, never at the price of a device that is locked out."""

from datetime import timedelta

import pytest
from flask import Flask

from satisfaction import clock, credentials, facts, fleet, heartbeats, visits
from satisfaction.database import db, reading, unit_of_work
from satisfaction.errors import KioskNotFoundError
from satisfaction.heartbeats import Beat
from satisfaction.models import CredentialRenewal, Kiosk, Rating
from satisfaction.recording import Recorder, Tap
from satisfaction.terms import RecordingResult
from tests.conftest import Office
from tests.making import finished_visit, tap

BEAT = Beat(
    queue_length=0,
    oldest_queued_at=None,
    device_epoch=1,
    next_counter=1,
    version="1",
    clock_offset_ms=0,
    free_bytes=None,
    last_tap_at=None,
    is_storage_kept=True,
)


def _beat(ward: Office, token: str) -> str | None:
    with unit_of_work() as session:
        return heartbeats.record_beat(session, ward.kiosks[0].id, BEAT, token=token).credential


def _ask(ward: Office) -> None:
    with unit_of_work() as session:
        credentials.ask_renewal(session, session.get_one(Kiosk, ward.kiosks[0].id))


def _is_known(ward: Office, token: str) -> bool:
    """Say whether a credential opens everything, or nothing, that devices ask for."""
    hashed = fleet.hash_token(token)
    with db.engine.connect() as connection:
        found = facts.find_kiosks(connection, [hashed])
    try:
        device, screen = fleet.find_device(hashed), visits.read_screen(hashed)
    except KioskNotFoundError:
        assert not found
        return False
    assert found[hashed].id == device.kiosk_id == screen.kiosk_id == ward.kiosks[0].id
    return True


def test_a_credential_is_left_alone_for_a_year(ward: Office) -> None:
    token = ward.tokens[0]
    assert _beat(ward, token) is None
    with clock.replaced(clock.now() + credentials.CREDENTIAL_LIFE - timedelta(seconds=1)):
        assert _beat(ward, token) is None
    with clock.replaced(clock.now() + credentials.CREDENTIAL_LIFE):
        assert _beat(ward, token) not in {None, token}


def test_both_credentials_are_good_until_the_new_one_was_used(ward: Office) -> None:
    old = ward.tokens[0]
    _ask(ward)
    new = _beat(ward, old)
    assert new is not None
    assert _is_known(ward, old)
    assert _is_known(ward, new)
    assert _beat(ward, new) is None
    assert not _is_known(ward, old)
    assert _is_known(ward, new)
    assert _beat(ward, new) is None


def test_a_lost_answer_brings_the_same_credential_again(ward: Office) -> None:
    _ask(ward)
    first = _beat(ward, ward.tokens[0])
    assert first is not None
    assert _beat(ward, ward.tokens[0]) == first
    assert _beat(ward, first) is None


def test_two_renewals_give_two_credentials(ward: Office) -> None:
    tokens = [ward.tokens[0]]
    for _ in range(2):
        _ask(ward)
        renewed = _beat(ward, tokens[-1])
        assert renewed is not None
        assert _beat(ward, renewed) is None
        tokens.append(renewed)
    assert len(set(tokens)) == 3
    assert [_is_known(ward, token) for token in tokens] == [False, False, True]


def test_revocation_ends_both_credentials_at_once(ward: Office) -> None:
    _ask(ward)
    new = _beat(ward, ward.tokens[0])
    assert new is not None
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, ward.kiosks[0].id))
    for token in (ward.tokens[0], new):
        with pytest.raises(KioskNotFoundError):
            fleet.find_device(fleet.hash_token(token))
        with pytest.raises(KioskNotFoundError):
            visits.read_screen(fleet.hash_token(token))


def test_ratings_in_flight_are_taken_with_either_credential(app: Flask, ward: Office) -> None:
    _ask(ward)
    new = _beat(ward, ward.tokens[0])
    assert new is not None
    recorder = Recorder(db.engine)
    for token in (ward.tokens[0], new):
        given = tap(ward, finished_visit(ward.desks[0]))

        def make(*, kiosk_id: int, desk_id: int, given: Tap = given) -> Tap:
            assert (kiosk_id, desk_id) == (given.kiosk_id, given.desk_id)
            return given

        outcome = recorder.record_delivered(fleet.hash_token(token), make)
        assert outcome.result is RecordingResult.RECORDED
    with reading() as session:
        assert session.query(Rating).count() == 2


def test_nobody_learns_the_new_credential_from_the_database(ward: Office) -> None:
    _ask(ward)
    new = _beat(ward, ward.tokens[0])
    assert new is not None
    with reading() as session:
        renewal = session.get_one(CredentialRenewal, ward.kiosks[0].id)
    assert renewal.token_hash == fleet.hash_token(new)
    assert renewal.salt not in {None, new.encode()}


def test_a_stranger_is_not_helped_by_a_renewal(ward: Office) -> None:
    _ask(ward)
    _beat(ward, ward.tokens[0])
    assert not _is_known(ward, "somebody")
