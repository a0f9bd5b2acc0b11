"""A real browser, the real server, and everything that goes wrong between them.

Whoever was thanked is counted, once. The short form is part of every run; ``make faults`` runs
the long one.
"""

import time
import urllib.parse
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Error, Page
from sqlalchemy import select

from satisfaction import clock, fleet
from satisfaction.database import db, reading, unit_of_work
from satisfaction.fleet import PairingPlace
from satisfaction.models import Kiosk, Rating, RatingMark, Visit
from satisfaction.terms import Mark
from tests.faults.serving import copy_database
from tests.faults.stands import (
    IS_LONG,
    LONGEST_SECONDS,
    QUEUED,
    ROUNDS,
    Stand,
    counted,
    start_waiting,
)
from tests.journeys.devices import Device, until, wait_until_kept
from tests.journeys.kiosks import key, rest
from tests.journeys.queues import fill_queue, look_at_store, make_ratings, plant_visits

pytestmark = pytest.mark.journey
MOST_LOADS = 10
WRONG = [timedelta(hours=1), -timedelta(days=3), -timedelta(hours=1), timedelta(days=3)]


def test_the_server_stops_before_during_and_after_a_tap(stand: Stand) -> None:
    for _ in range(ROUNDS):
        for moment in ("before", "during", "after"):
            page = start_waiting(stand)
            stand.meet(page)
            if moment == "before":
                stand.product.stop()
            key(page, 5).click(no_wait_after=True)
            if moment == "after":
                until(page, lambda: len(counted()) == len(stand.rated))
            stand.product.stop()
            page.locator(".thanks").wait_for()
            stand.product.start()
            stand.wait_for_delivery(page)
            page.context.close()
    stand.say("server stopped before, during and after a tap")


def test_answers_are_lost_and_the_network_is_cut_in_the_middle_of_a_batch(stand: Stand) -> None:
    page = start_waiting(stand)
    for _ in range(ROUNDS):
        stand.wire.cuts = ["answering", "asking"] * (2 if IS_LONG else 1)
        stand.queue(page, QUEUED)
        stand.wait_for_delivery(page)
        assert stand.wire.cuts == []
    stand.say(f"{len(stand.wire.made)} times the wire cut, half of them after the commit")


def test_a_tab_is_killed_and_two_tabs_share_a_queue(stand: Stand) -> None:
    page = start_waiting(stand)
    stand.meet(page)
    stand.wire.is_down = True
    key(page, 4).click()
    page.locator(".thanks").wait_for()
    context = page.context
    _crash(page)
    stand.wire.is_down = False
    tabs = [context.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto("/kiosk/")
        tab.locator("#screen h1").wait_for()
    for _ in range(ROUNDS):
        for tab in tabs:
            stand.queue(tab, QUEUED // 2)
    stand.wait_for_delivery(tabs[0])
    stand.say("tab killed, then two tabs with one queue")


def _crash(page: Page) -> None:
    """Have a page's own process die, as when the memory of a tablet is short."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash", timeout=5000)
    page.close()


def test_the_clock_is_wrong_and_jumps_while_queued(stand: Stand) -> None:
    for wrong in WRONG if IS_LONG else WRONG[:2]:
        page = stand.kiosk.tabs.context().new_page()
        page.clock.install(time=clock.now() + wrong)
        with page.expect_response("**/kiosk/screen*"):
            page.goto(f"/kiosk/enrol/{stand.ward.tokens[0]}")
        stand.meet(page)
        stand.wire.is_down = True
        key(page, 5).click()
        page.locator(".thanks").wait_for()
        page.clock.set_system_time(clock.now())
        stand.wire.is_down = False
        until(page, lambda: len(counted()) == len(stand.rated), seconds=LONGEST_SECONDS)
        page.context.close()
    stand.say("clock 1 h and 3 days wrong, jumping while queued")
    with reading() as session:
        days = list(session.scalars(select(Rating.local_day).order_by(Rating.seq)))
    assert days == [clock.today(), None] * (len(days) // 2)


def test_the_clock_jumps_ahead_while_the_network_is_cut(stand: Stand) -> None:
    page = stand.kiosk.tabs.context().new_page()
    page.clock.install(time=clock.now())
    with page.expect_response("**/kiosk/screen*"):
        page.goto(f"/kiosk/enrol/{stand.ward.tokens[0]}")
    for _ in range(ROUNDS):
        stand.meet(page)
        stand.wire.is_down = True
        page.clock.set_system_time(clock.now() + timedelta(hours=1))
        key(page, 5).click()
        page.locator(".thanks").wait_for()
        stand.wire.is_down = False
        stand.wait_for_delivery(page)
        page.clock.set_system_time(clock.now())
        page.locator(".wait").wait_for()
    stand.say("clock jumped 1 h ahead while the network was cut")
    with reading() as session:
        days = set(session.scalars(select(Rating.local_day)))
        marks = list(session.scalars(select(RatingMark.mark)))
    assert days == {clock.today()}
    assert marks == [Mark.CLOCK_CORRECTED] * ROUNDS


def test_a_device_is_paired_anew_with_a_full_queue(stand: Stand) -> None:
    page = start_waiting(stand)
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, stand.ward.kiosks[0].id))
        place = PairingPlace(
            unit_id=stand.ward.unit.id, desk_id=stand.ward.desks[0].id, name="máy mới"
        )
        code = fleet.make_pairing_code(session, place)
    stand.queue(page, QUEUED)
    page.get_by_text("Màn hình đang tạm nghỉ").wait_for()
    assert len(look_at_store(page)["items"]) == QUEUED
    _pair(page, code)
    stand.wait_for_delivery(page)
    stand.say("revoked and paired anew with a full queue")


def _pair(page: Page, code: str) -> None:
    """Enter a code as the form does."""
    page.goto(f"/kiosk/pair?{urllib.parse.urlencode({'code': code})}")
    page.evaluate("document.querySelector('form').submit()")
    page.locator("#screen h1").wait_for()


def test_the_server_is_restored_from_last_nights_backup(app: Flask, stand: Stand) -> None:
    page = start_waiting(stand)
    amount = min(QUEUED, 400)
    stand.queue(page, amount // 2)
    stand.wait_for_delivery(page)
    visits = plant_visits(stand.ward, amount // 2)
    stand.product.stop()
    db.engine.dispose()
    put_back = copy_database(app.config["SETTINGS"])
    stand.product.start()
    fill_queue(page, make_ratings(stand.ward, visits))
    stand.rated += visits
    for level in (5, 4):
        stand.meet(page)
        key(page, level).click()
        page.locator(".thanks").wait_for()
    stand.wait_for_delivery(page)
    known = len(counted())
    stand.meet(page)
    stand.product.stop()
    key(page, 4).click()
    page.locator(".thanks").wait_for()
    db.engine.dispose()
    put_back()
    # Counted before the page can find the server and deliver again.
    gone = known - len(counted())
    db.engine.dispose()
    stand.product.start()
    _load_again(page)
    stand.wait_for_delivery(page)
    stand.say(f"server restored from last night's backup, {gone} gone")
    assert gone == len(visits) + 2
    with reading() as session:
        remade = set(session.scalars(select(Visit.token).where(Visit.is_restored)))
    assert {str(visit) for visit in remade} == set(stand.rated[-3:])


def _load_again(page: Page) -> None:
    """Load the page as a device does: again, while connections of the last server are tried."""
    for _ in range(MOST_LOADS):
        try:
            page.goto("/kiosk/")
            return
        except Error:
            page.wait_for_timeout(500)
    raise AssertionError("the page does not load")


def test_nothing_of_an_answer_lies_readable_on_the_disk(
    browser: Browser, stand: Stand, tmp_path: Path
) -> None:
    port = stand.wire.address.rpartition(":")[2]
    address = f"http://kiosk.test:{port}"
    flag = "--host-resolver-rules=MAP kiosk.test 127.0.0.1"
    secure, plainly = tmp_path / "secure", tmp_path / "plain"
    sealed = _search_disk(Device(browser, secure, stand.wire.address), stand, profile=secure)
    plain = _search_disk(Device(browser, plainly, address, flags=(flag,)), stand, profile=plainly)
    print(f"\nreadable on the disk: {sorted(sealed)} on a secure address, {sorted(plain)} on none")
    assert sealed == set()
    assert plain >= {"visit", "answer", "reasons"}
    stand.say("killed with sealed and with open queues")


def _search_disk(device: Device, stand: Stand, *, profile: Path) -> set[str]:
    """Tap on a device that is paired and offline, kill it, and search every byte it left.

    Started again it delivers what it kept. It is stopped once before, because a browser writes a
    new credential to the disk only after a while.
    """
    with unit_of_work() as session:
        place = PairingPlace(unit_id=stand.ward.unit.id, desk_id=stand.ward.desks[0].id, name="tạm")
        code = fleet.make_pairing_code(session, place)
    page = device.start("/kiosk/pair")
    _pair(page, code)
    if device.address == stand.wire.address:
        wait_until_kept(page)
    device.close()
    page = device.start()
    page.locator("#screen h1").wait_for()
    visit = stand.kiosk.serve("KQ91837")
    page.locator(".keys").wait_for()
    rest(page)
    stand.wire.is_down = True
    key(page, 2).click()
    page.locator(".reasons").wait_for()
    rest(page)
    page.get_by_role("checkbox", name="Chờ lâu").check()
    page.get_by_role("button", name="Gửi").click()
    page.locator(".thanks").wait_for()
    credential = next(one["value"] for one in page.context.cookies() if "kiosk" in one["name"])
    time.sleep(1)
    device.kill()
    left = b"\n".join(path.read_bytes() for path in profile.rglob("*") if path.is_file())
    secrets = {
        "visit": [str(visit.token).encode(), str(visit.token).encode("utf-16-le")],
        "ticket": [b"KQ91837", "KQ91837".encode("utf-16-le")],
        "answer": [b'"\x05levelI', b'"\ttapped_at"'],
        "reasons": [b'"\x04wait'],
        "credential": [credential.encode()],
    }
    stand.wire.is_down = False
    page = device.start()
    stand.rated.append(str(visit.token))
    stand.wait_for_delivery(page)
    device.close()
    return {name for name, words in secrets.items() if any(word in left for word in words)}
