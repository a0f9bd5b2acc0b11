"""The administrator's devices: what is wrong with them, pairing, revoking, what was not counted."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import clock, heartbeats, office, recording
from satisfaction.database import reading, unit_of_work
from satisfaction.heartbeats import Beat
from satisfaction.models import CredentialRenewal, Kiosk, KioskEvent
from satisfaction.refusals import PAGE_LENGTH, RefusedItem, keep_refused_item
from satisfaction.terms import KioskEventKind, RefusalReason, Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office
from tests.making import finished_visit, rated_visit, tap

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once


@pytest.fixture
def administrator(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer who looks after the ward's devices."""
    make_officer("tuan", Role.ADMINISTRATOR, unit=ward.unit)
    return signed_in(app, "tuan")


def _beat(ward: Office) -> None:
    beat = Beat(
        queue_length=201,
        oldest_queued_at=clock.now() - timedelta(hours=25),
        device_epoch=7,
        next_counter=1,
        version="old",
        clock_offset_ms=600_000,
        free_bytes=5_000_000,
        last_tap_at=clock.now(),
        is_storage_kept=False,
    )
    with unit_of_work() as session:
        heartbeats.record_beat(session, ward.kiosks[0].id, beat)


def test_every_trouble_of_a_device_is_said_in_words(
    administrator: OfficersBrowser, ward: Office
) -> None:
    _beat(ward)
    page = administrator.get("/admin/fleet").text
    for word in (
        "hơn 200 lượt chưa gửi",
        "có lượt chờ gửi hơn 24 giờ",
        "đồng hồ sai",
        "phiên bản cũ",
        "bộ nhớ có thể bị xóa",
        "chưa báo lần nào",
        "Đồng hồ của máy lệch hơn 5 phút",
    ):
        assert word in page


def test_each_alert_says_what_to_do_in_both_languages(
    administrator: OfficersBrowser, ward: Office
) -> None:
    _beat(ward)
    page = administrator.get("/admin/fleet").text
    for kind in ("long_queue", "old_queue", "wrong_clock", "old_version", "never_seen"):
        assert f'data-alert="{kind}"' in page
    assert "201 lượt chưa gửi được" in page
    assert "Xem mạng từ máy đến máy chủ" in page
    english = administrator.get("/admin/fleet?lang=en").text
    assert "201 ratings could not be sent" in english
    assert "Check the network between the device and the server" in english


def test_a_fleet_that_is_well_has_no_alert(administrator: OfficersBrowser, ward: Office) -> None:
    for kiosk in ward.kiosks:
        administrator.post(f"/admin/fleet/{kiosk.id}/revoke")
    page = administrator.get("/admin/fleet").text
    assert "Mọi máy và bàn đều ổn." in page
    assert "data-alert" not in page


def test_a_silent_device_is_said_to_be_silent(administrator: OfficersBrowser, ward: Office) -> None:
    _beat(ward)
    with clock.replaced(clock.now() + timedelta(minutes=6)):
        assert "mất liên lạc" in administrator.get("/admin/fleet").text


def test_a_code_shown_once_pairs_a_device_at_the_desk(
    app: Flask, administrator: OfficersBrowser, ward: Office
) -> None:
    page = administrator.post("/admin/fleet/codes", {"place": f"desk-{ward.desks[0].id}"}).text
    found = re.search(r'data-code="([0-9A-Z]{8})"', page)
    assert found is not None
    assert "<svg" in page
    device = app.test_client()
    assert device.post("/kiosk/pair", data={"code": found[1]}).status_code == 303
    with reading() as session:
        newest = session.scalars(select(Kiosk).order_by(Kiosk.id.desc())).first()
    assert newest is not None
    assert (newest.desk_id, newest.name) == (ward.desks[0].id, "Bàn 1")


def test_a_code_for_the_lobby_has_no_desk(
    app: Flask, administrator: OfficersBrowser, ward: Office
) -> None:
    sent = {"place": f"lobby-{ward.unit.id}", "name": "Sảnh A"}
    page = administrator.post("/admin/fleet/codes", sent).text
    code = page.split('data-code="')[1][:8]
    app.test_client().post("/kiosk/pair", data={"code": code})
    with reading() as session:
        lobby = session.scalars(select(Kiosk).where(Kiosk.desk_id.is_(None))).one()
    assert lobby.name == "Sảnh A"


@pytest.mark.parametrize("place", ["", "desk-", "desk-999", "lobby-999", "x-1", "desk-1e9"])
def test_a_code_for_no_place_of_ours_is_refused(
    administrator: OfficersBrowser, ward: Office, place: str
) -> None:
    assert administrator.post("/admin/fleet/codes", {"place": place}).status_code == 404


def test_a_revoked_device_leaves_the_list_and_is_refused(
    app: Flask, administrator: OfficersBrowser, ward: Office
) -> None:
    kiosk = ward.kiosks[0]
    device = app.test_client()
    device.set_cookie("kiosk", ward.tokens[0])
    assert device.get("/kiosk/screen").status_code == 200
    for _ in range(2):
        assert administrator.post(f"/admin/fleet/{kiosk.id}/revoke").status_code == 303
    assert device.get("/kiosk/screen").status_code == 401
    assert f'data-kiosk="{kiosk.id}"' not in administrator.get("/admin/fleet").text


def test_what_was_not_counted_is_shown_without_any_level(
    administrator: OfficersBrowser, ward: Office
) -> None:
    with unit_of_work() as session:
        recording.record_ratings(session.connection(), [tap(ward, level=9)])
        item = RefusedItem(
            item_id=recording.new_rating_id(),
            kiosk_id=ward.kiosks[0].id,
            reason=RefusalReason.MALFORMED,
            content={"level": 2},
        )
        keep_refused_item(session.connection(), item)
    page = administrator.get("/admin/fleet").text
    assert "mức không thuộc thang đo" in page
    assert "không đọc được" in page


def test_everything_that_was_not_counted_can_be_paged_through(
    administrator: OfficersBrowser, ward: Office
) -> None:
    total = 2 * PAGE_LENGTH + 1
    with unit_of_work() as session:
        for level in range(total):
            item = RefusedItem(
                item_id=recording.new_rating_id(),
                kiosk_id=ward.kiosks[0].id,
                reason=RefusalReason.MALFORMED,
                content={"level": level},
            )
            keep_refused_item(session.connection(), item)
    pages = [administrator.get(f"/admin/fleet?page={number}").text for number in (1, 2, 3, 9)]
    shown = [page.count("không đọc được") for page in pages]
    assert shown == [PAGE_LENGTH, PAGE_LENGTH, 1, 1]
    assert all(f"data-total>{total}<" in page for page in pages)
    assert all("trên 3" in page for page in pages)
    assert [page.count('rel="next"') for page in pages] == [1, 1, 0, 0]
    assert [page.count('rel="prev"') for page in pages] == [0, 1, 1, 1]


def test_ratings_of_an_unknown_day_are_shown_by_device(
    administrator: OfficersBrowser, ward: Office
) -> None:
    visit = finished_visit(ward.desks[0])
    with unit_of_work() as session:
        given = tap(ward, visit, clock_offset_ms=3 * 24 * 3_600_000)
        recording.record_rating(session, given)
    assert "Bàn 1: 1 lượt không rõ ngày" in administrator.get("/admin/fleet").text


@pytest.mark.parametrize(("served", "is_said"), [(39, False), (40, True)])
def test_a_desk_that_served_many_and_was_never_rated_is_said(
    administrator: OfficersBrowser, ward: Office, served: int, is_said: bool
) -> None:
    for _ in range(served):
        finished_visit(ward.desks[1])
    assert ('data-alert="never_rated"' in administrator.get("/admin/fleet").text) is is_said
    if is_said:
        rated_visit(ward, 4, at=clock.now(), desk=1)
        assert 'data-alert="never_rated"' not in administrator.get("/admin/fleet").text


def test_a_unit_may_take_opinions_that_name_no_visit(
    administrator: OfficersBrowser, ward: Office
) -> None:
    for word, allows in (("1", True), ("0", False)):
        sent = {"unit": str(ward.unit.id), "unlinked": word}
        with clock.replaced(clock.now() + timedelta(seconds=1 + (not allows))):
            assert administrator.post("/admin/fleet/policy", sent).status_code == 303
            with reading() as session:
                found = office.find_configuration(session, ward.unit.id, clock.now())
        assert found is not None
        assert found.allows_unlinked is allows


def test_nothing_of_another_unit_is_shown(
    administrator: OfficersBrowser, elsewhere: Office, ward: Office
) -> None:
    with unit_of_work() as session:
        session.add(
            KioskEvent(
                kiosk_id=elsewhere.kiosks[0].id,
                at=clock.now(),
                kind=KioskEventKind.STORE_CLEARED,
                detail={},
            )
        )
    page = administrator.get("/admin/fleet").text
    assert "Bộ nhớ của máy đã bị xóa" not in page
    assert f'data-kiosk="{elsewhere.kiosks[0].id}"' not in page
    assert "Phú Thượng" not in page


def test_a_device_is_given_a_new_credential_on_demand(
    app: Flask, administrator: OfficersBrowser, ward: Office
) -> None:
    for _ in range(2):
        answer = administrator.post(f"/admin/fleet/{ward.kiosks[0].id}/renew")
        assert answer.status_code == 303
    with reading() as session:
        renewal = session.get_one(CredentialRenewal, ward.kiosks[0].id)
    assert renewal.asked_at is not None
    administrator.post(f"/admin/fleet/{ward.kiosks[1].id}/revoke")
    assert administrator.post(f"/admin/fleet/{ward.kiosks[1].id}/renew").status_code == 404
