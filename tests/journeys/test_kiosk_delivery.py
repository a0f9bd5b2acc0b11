"""Between the touch and the server: each rating arrives once, and the device says how it is."""

import json
import re
import shutil
import time
import urllib.parse
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from satisfaction import clock, fleet
from satisfaction.database import db, reading, unit_of_work
from satisfaction.fleet import PairingPlace
from satisfaction.models import Heartbeat, Kiosk, Rating, RatingReason, Refusal
from satisfaction.sync import MOST_ITEMS
from tests.conftest import Office
from tests.journeys.browsing import Tabs, Wsgi, threaded_server
from tests.journeys.devices import until
from tests.journeys.kiosks import KioskAtDesk, key, rest
from tests.journeys.queues import (
    fill_queue,
    look_at_store,
    make_ratings,
    plant_visits,
    stored_ratings,
)

pytestmark = pytest.mark.journey
NEVER_DELIVERS = "if (navigator.locks) navigator.locks.request = async () => {};"
TOO_LONG_AGO_MS = 91 * 24 * 3600_000
PLANT = """async ([amount, at]) => {
  const request = indexedDB.open("hailong");
  const db = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result) });
  const transaction = db.transaction("items", "readwrite");
  const items = transaction.objectStore("items");
  for (let counter = 1; counter <= amount; counter += 1) {
    items.add({id: `${counter}`, kind: "rating", epoch: 1, counter, at, about: "", body: {}});
  }
  await new Promise((resolve) => { transaction.oncomplete = resolve });
  db.close();
}"""
CLEAR = """async () => {
  const request = indexedDB.open("hailong");
  const db = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result) });
  db.transaction("items", "readwrite").objectStore("items").clear();
  db.close();
}"""


class Interference:
    """Stands before the server and spoils its answers to a queue, one after another.

    ``plan`` names what happens to the next deliveries; after the last nothing happens any more.
    """

    def __init__(self) -> None:
        self.plan: list[str] = []
        self.sizes: list[int] = []
        self.times: list[float] = []
        self.live = 0
        self.is_closed = False

    def around(self, wsgi: Wsgi) -> Wsgi:
        """Return an application with this in between."""

        def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            if path == "/kiosk/ratings" and not self.is_closed:
                self.live += 1
            if path in {"/kiosk/ratings", "/kiosk/sync"} and self.is_closed:
                return _say(start_response, "500 Broken", "text/plain", b"")
            if path != "/kiosk/sync":
                passed: Iterable[bytes] = wsgi(environ, start_response)
                return passed
            return self._deliver(wsgi, environ, start_response)

        return answer

    def _deliver(self, wsgi: Wsgi, environ: Any, start_response: Any) -> Iterable[bytes]:
        self.times.append(time.monotonic())
        deed = self.plan.pop(0) if self.plan else "pass"
        if deed == "sign-in":
            return _say(start_response, "200 OK", "text/html", b"Sign in to Wi-Fi")
        if deed == "busy":
            wait = ("Retry-After", "3")
            return _say(start_response, "503 Busy", "application/problem+json", b"{}", wait)
        told: list[Any] = []
        body = b"".join(wsgi(environ, lambda status, headers, *_: told.append((status, headers))))
        status, headers = told[0]
        document = json.loads(body)
        self.sizes.append(len(document["items"]))
        if deed == "half":
            document["items"] = document["items"][: len(document["items"]) // 2]
            body = json.dumps(document).encode()
        elif deed == "truncated":
            body = body[: len(body) // 2]
        elif deed == "empty":
            body = b"{}"
        return _say(start_response, status, dict(headers)["Content-Type"], body)


def _say(
    start_response: Any, status: str, kind: str, body: bytes, *more: tuple[str, str]
) -> list[bytes]:
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body))), *more])
    return [body]


@pytest.fixture
def interference() -> Interference:
    """Return what stands between the device and the server."""
    return Interference()


@pytest.fixture
def kiosk(
    app: Flask, browser: Browser, ward_now: Office, interference: Interference
) -> Iterator[KioskAtDesk]:
    """Return a kiosk whose queue can be interfered with."""
    with threaded_server(app, around=interference.around) as address:
        tabs = Tabs(browser, address)
        tabs.allow("50[03]|ERR_FAILED")
        yield KioskAtDesk(ward_now, tabs)
        tabs.close()
    assert tabs.unexpected() == []


def _asked(page: Page) -> None:
    page.locator(".keys").wait_for()
    rest(page)


def _queue(page: Page, ward: Office, amount: int) -> set[str]:
    ratings = make_ratings(ward, plant_visits(ward, amount))
    fill_queue(page, ratings)
    return {rating["id"] for rating in ratings}


def _wait_until_delivered(page: Page, names: set[str], *, seconds: float = 20) -> None:
    until(page, lambda: stored_ratings().keys() >= names, seconds=seconds)
    until(page, lambda: look_at_store(page)["items"] == [])


def test_a_tap_hears_that_its_visit_was_rated_when_another_page_delivers_it(
    kiosk: KioskAtDesk,
) -> None:
    kiosk.serve()
    elsewhere = kiosk.open()
    page = kiosk.open(script=NEVER_DELIVERS)
    for each in (elsewhere, page):
        _asked(each)
    kiosk.tabs.allow("409")
    page.route("**/kiosk/screen*", lambda route: route.abort())
    key(elsewhere, 4).click()
    until(elsewhere, kiosk.counted)
    beside = page.context.new_page()
    beside.add_init_script("delete navigator.locks?.request")
    beside.goto("/kiosk/")
    beside.locator(".wait").wait_for()
    key(page, 5).click()
    expect(page.get_by_text("Phiếu này đã được đánh giá.")).to_be_visible()
    assert [given.level for given in kiosk.counted()] == [4]


def test_a_long_queue_goes_in_batches_and_one_tap_alone_goes_live(
    kiosk: KioskAtDesk, interference: Interference
) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    kiosk.serve()
    _asked(page)
    key(page, 5).click()
    until(page, lambda: len(kiosk.counted()) == 1)
    assert (interference.live, interference.sizes) == (1, [])
    interference.is_closed = True
    names = _queue(page, kiosk.ward, MOST_ITEMS + 120)
    interference.is_closed = False
    _wait_until_delivered(page, names)
    assert max(interference.sizes) <= MOST_ITEMS
    assert len(interference.sizes) < 12
    assert interference.live == 1
    assert set(stored_ratings().values()) == {1}
    assert len(look_at_store(page)["kept"]) == len(names) + 1


@pytest.mark.parametrize("deed", ["half", "truncated", "empty", "sign-in"])
def test_an_item_is_forgotten_only_on_its_own_answer(
    kiosk: KioskAtDesk, interference: Interference, deed: str
) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    interference.plan = [deed, deed]
    names = _queue(page, kiosk.ward, 40)
    _wait_until_delivered(page, names)
    assert interference.plan == []
    assert stored_ratings() == dict.fromkeys(names, 1)
    with reading() as session:
        assert session.scalars(select(Refusal)).all() == []


def test_a_server_that_asks_for_patience_is_left_alone(
    kiosk: KioskAtDesk, interference: Interference
) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    interference.plan = ["busy"]
    names = _queue(page, kiosk.ward, 3)
    _wait_until_delivered(page, names)
    first, second = interference.times[:2]
    assert second - first >= 3.0


def test_each_minute_the_server_hears_how_the_device_is(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    _asked(page)
    key(page, 3).click()
    until(page, lambda: len(kiosk.counted()) == 1)
    (kept,) = look_at_store(page)["kept"]
    page.reload()
    until(page, lambda: _beat() is not None and _beat().next_counter == 2)
    beat = _beat()
    assert (beat.device_epoch, beat.queue_length, beat.oldest_queued_at) == (kept["epoch"], 0, None)
    assert re.fullmatch("[0-9a-f]{8}", beat.version)
    assert abs(beat.clock_offset_ms) < 2_000
    assert (beat.free_bytes or 0) > 10**6
    assert beat.last_tap_at is not None
    assert clock.now() - beat.last_tap_at < timedelta(minutes=1)
    assert (beat.missing, beat.is_storage_kept) == (0, False)


def _beat() -> Any:
    with reading() as session:
        return session.scalars(select(Heartbeat)).one_or_none()


def test_what_a_restored_server_lacks_is_delivered_again(
    app: Flask, kiosk: KioskAtDesk, engine_file: Path
) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    kiosk.serve()
    _asked(page)
    with Restored(engine_file):
        key(page, 2).click()
        page.locator(".reasons").wait_for()
        rest(page)
        page.get_by_role("checkbox", name="Chờ lâu").check()
        page.get_by_role("button", name="Gửi").click()
        until(page, lambda: [given.reasons for given in kiosk.counted()] == [("wait",)])
        until(page, lambda: look_at_store(page)["items"] == [])
    assert kiosk.counted() == []
    page.reload()
    page.locator(".wait").wait_for()
    until(page, lambda: [given.reasons for given in kiosk.counted()] == [("wait",)])
    until(page, lambda: look_at_store(page)["items"] == [])
    page.reload()
    until(page, lambda: _beat() is not None and _beat().missing == 0)
    with reading() as session:
        assert len(session.scalars(select(Rating)).all()) == 1
        assert len(session.scalars(select(RatingReason)).all()) == 1


def test_the_answer_that_was_not_counted_is_not_asked_for_again(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    fill_queue(page, make_ratings(kiosk.ward, plant_visits(kiosk.ward, 1) * 2))
    until(page, lambda: len(look_at_store(page)["kept"]) == 2)
    page.reload()
    until(page, lambda: _beat() is not None and _beat().next_counter == 3)
    page.wait_for_timeout(500)
    assert look_at_store(page)["items"] == []
    assert _beat().missing == 0
    assert len(kiosk.counted()) == 1


@pytest.mark.parametrize(("amount", "ago_ms"), [(20_000, 0), (1, TOO_LONG_AGO_MS)])
def test_a_full_queue_pauses_the_screen_until_it_was_delivered(
    kiosk: KioskAtDesk, interference: Interference, amount: int, ago_ms: int
) -> None:
    page = kiosk.open(script=NEVER_DELIVERS)
    page.locator(".wait").wait_for()
    interference.is_closed = True
    page.evaluate(PLANT, [amount, round(time.time() * 1000) - ago_ms])
    kiosk.serve()
    page.reload()
    expect(page.get_by_role("heading")).to_have_text("Màn hình đang tạm nghỉ")
    expect(page.get_by_text("máy đầy ý kiến chưa gửi")).to_be_visible()
    page.wait_for_timeout(3_000)
    assert page.locator(".key").count() == 0
    page.evaluate(CLEAR)
    _asked(page)


def test_a_store_that_is_full_pauses_the_screen_until_there_is_room(kiosk: KioskAtDesk) -> None:
    page = kiosk.tabs.context().new_page()
    browser = page.context.new_cdp_session(page)
    quota = {"origin": kiosk.tabs.address}
    browser.send("Storage.overrideQuotaForOrigin", quota | {"quotaSize": 1})
    kiosk.serve()
    page.goto(f"/kiosk/enrol/{kiosk.ward.tokens[0]}")
    expect(page.get_by_role("heading")).to_have_text("Màn hình đang tạm nghỉ")
    expect(page.get_by_text("máy không lưu được ý kiến")).to_be_visible()
    page.wait_for_timeout(3_000)
    assert page.locator(".key").count() == 0
    browser.send("Storage.overrideQuotaForOrigin", quota)
    _asked(page)
    key(page, 4).click()
    until(page, lambda: [given.level for given in kiosk.counted()] == [4])


def test_no_question_waits_longer_than_two_seconds_however_quiet_it_was(
    kiosk: KioskAtDesk,
) -> None:
    page = kiosk.open(has_own_time=True)
    page.locator(".wait").wait_for()
    page.clock.pause_at(clock.now() + timedelta(minutes=1))
    page.clock.fast_forward("45:00")
    for _ in range(5):
        # The page sets its next alarm once it has read the answer; a busy machine needs time.
        page.wait_for_timeout(1_500)
        with page.expect_response("**/kiosk/screen*"):
            page.clock.run_for(2_000)


def test_a_revoked_device_keeps_its_queue_until_a_new_pairing(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    kiosk.tabs.allow("401")
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, kiosk.ward.kiosks[0].id))
        place = PairingPlace(unit_id=kiosk.ward.unit.id, desk_id=kiosk.desk.id, name="Máy mới")
        code = fleet.make_pairing_code(session, place)
    names = _queue(page, kiosk.ward, 30)
    expect(page.get_by_role("heading")).to_have_text("Màn hình đang tạm nghỉ")
    page.wait_for_timeout(2_500)
    assert len(look_at_store(page)["items"]) == 30
    assert kiosk.counted() == []
    page.goto(f"/kiosk/pair?{urllib.parse.urlencode({'code': code})}")
    page.locator("form button[name=key]").first.wait_for()
    page.evaluate("document.querySelector('form').submit()")
    page.locator(".wait").wait_for()
    _wait_until_delivered(page, names)
    assert stored_ratings() == dict.fromkeys(names, 1)


def test_a_device_that_moves_to_another_desk_begins_another_row_of_numbers(
    kiosk: KioskAtDesk,
) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    names = _queue(page, kiosk.ward, 3)
    _wait_until_delivered(page, names)
    page.reload()
    until(page, lambda: _beat() is not None and _beat().next_counter == 4)
    first = _beat().device_epoch
    page.goto(f"/kiosk/enrol/{kiosk.ward.tokens[1]}")

    def beats() -> list[tuple[bool, int, int]]:
        with reading() as session:
            heard = session.scalars(select(Heartbeat).order_by(Heartbeat.kiosk_id)).all()
            return [(beat.device_epoch == first, beat.next_counter, beat.missing) for beat in heard]

    until(page, lambda: beats() == [(True, 4, 0), (False, 1, 0)])
    with reading() as session:
        assert session.scalars(select(Refusal)).all() == []


@pytest.fixture
def engine_file(app: Flask) -> Path:
    """Return the database's file."""
    return Path(app.config["SETTINGS"].data) / "hailong.sqlite3"


class Restored:
    """Copy the database at the beginning of a block, and put the copy back at its end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._copy = file.with_suffix(".copy")

    def __enter__(self) -> None:
        db.engine.dispose()
        with reading() as session:
            session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self._file, self._copy)

    def __exit__(self, *_: object) -> None:
        db.engine.dispose()
        for rest_of_it in self._file.parent.glob(f"{self._file.name}-*"):
            rest_of_it.unlink()
        shutil.copy(self._copy, self._file)
