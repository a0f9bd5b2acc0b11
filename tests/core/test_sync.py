"""Deliveries of a device's queue: each item settled for itself, each rating once."""

import random
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from satisfaction import clock, fleet, sync
from satisfaction.database import reading, unit_of_work
from satisfaction.fleet import Device
from satisfaction.models import Desk, Kiosk, Rating, RatingMark, RatingReason, Visit
from satisfaction.recording import ReasonsGiven
from satisfaction.sync import Delivery, OutcomeItem, RatingItem, ReasonsItem, SyncItem
from satisfaction.terms import Mark, Outcome, RecordingResult, RefusalReason
from tests.conftest import Office
from tests.making import finished_visit, finished_visits, tap
from tests.timing import quickest, slowness


def _device(ward: Office) -> Device:
    return Device(ward.kiosks[0].id, ward.desks[0].id, ward.unit.id)


def _deliver(
    ward: Office, *items: SyncItem, slow_by: timedelta = timedelta(0)
) -> list[RecordingResult]:
    delivery = Delivery(_device(ward), clock.now() - slow_by, items)
    with unit_of_work() as session:
        return [answer.result for answer in sync.accept_delivery(session, delivery)]


def _item(ward: Office, **fields: Any) -> RatingItem:
    visit = fields.pop("visit", None) or finished_visit(ward.desks[0])
    given = tap(ward, visit, **fields)
    return RatingItem(given.rating_id, given)


def _ratings() -> list[Rating]:
    with reading() as session:
        return list(session.scalars(select(Rating).order_by(Rating.device_counter)))


def _marks() -> list[Mark]:
    with reading() as session:
        return list(session.scalars(select(RatingMark.mark)))


def test_a_bad_item_does_not_hold_up_the_others(ward: Office) -> None:
    good = _item(ward, device_epoch=1, device_counter=1)
    bad = _item(ward, level=9, device_epoch=1, device_counter=2)
    skipped = finished_visit(ward.desks[0])
    items = (
        ReasonsItem(
            uuid.uuid4(),
            ReasonsGiven(
                rating_id=good.tap.rating_id, kiosk_id=ward.kiosks[0].id, reasons=("wait",)
            ),
        ),
        good,
        bad,
        OutcomeItem(uuid.uuid4(), skipped.token, Outcome.SKIPPED),
        OutcomeItem(uuid.uuid4(), uuid.uuid4(), Outcome.SKIPPED),
    )
    recorded, refused = RecordingResult.RECORDED, RecordingResult.REFUSED
    assert _deliver(ward, *items) == [recorded, recorded, refused, recorded, refused]
    assert _deliver(ward, *items)[:2] == [RecordingResult.KNOWN, RecordingResult.KNOWN]
    with reading() as session:
        assert session.get_one(Visit, skipped.id).outcome is Outcome.SKIPPED
        assert session.scalar(select(func.count()).select_from(RatingReason)) == 1


@pytest.mark.parametrize(
    ("slow_by", "day_shift", "marks"),
    [
        (timedelta(minutes=4), 0, []),
        (timedelta(hours=20), 0, [Mark.CLOCK_CORRECTED]),
        (timedelta(hours=-20), 0, [Mark.CLOCK_CORRECTED]),
        (timedelta(hours=25), None, [Mark.DAY_UNKNOWN]),
    ],
)
def test_a_wrong_clock_is_corrected_or_the_day_is_unknown(
    ward: Office, slow_by: timedelta, day_shift: int | None, marks: list[Mark]
) -> None:
    item = _item(ward, tapped_at=clock.now() - slow_by)
    assert _deliver(ward, item, slow_by=slow_by) == [RecordingResult.RECORDED]
    expected = None if day_shift is None else clock.today()
    assert _ratings()[0].local_day == expected
    assert _marks() == marks


def test_an_offset_measured_at_the_tap_outweighs_that_of_the_delivery(ward: Office) -> None:
    """As when the device's clock jumped back by three days while the rating was queued."""
    item = _item(ward, clock_offset_ms=0)
    _deliver(ward, item, slow_by=timedelta(days=3))
    assert _ratings()[0].local_day == clock.today()


def test_a_time_that_runs_against_the_counters_has_no_day(ward: Office, now: datetime) -> None:
    _deliver(ward, _item(ward, device_epoch=1, device_counter=5))
    back = _item(ward, device_epoch=1, device_counter=6, tapped_at=now - timedelta(minutes=6))
    near = _item(ward, device_epoch=1, device_counter=7, tapped_at=now - timedelta(minutes=4))
    _deliver(ward, back, near)
    assert [row.local_day for row in _ratings()] == [clock.today(), None, clock.today()]
    assert _marks() == [Mark.BACKDATED]


def test_a_backdated_rating_is_no_measure_for_the_next_delivery(
    ward: Office, now: datetime
) -> None:
    for counter, minutes in ((5, 0), (6, 60), (7, 59), (8, 4)):
        tapped_at = now - timedelta(minutes=minutes)
        _deliver(ward, _item(ward, device_epoch=1, device_counter=counter, tapped_at=tapped_at))
    assert [row.local_day for row in _ratings()] == [clock.today(), None, None, clock.today()]
    assert _marks() == [Mark.BACKDATED] * 2


def test_small_steps_back_over_many_deliveries_add_up(ward: Office, now: datetime) -> None:
    for counter, minutes in ((5, 0), (6, 4), (7, 8)):
        tapped_at = now - timedelta(minutes=minutes)
        _deliver(ward, _item(ward, device_epoch=1, device_counter=counter, tapped_at=tapped_at))
    assert [row.local_day for row in _ratings()] == [clock.today(), clock.today(), None]


def test_a_rating_of_an_unknown_day_is_no_measure(ward: Office, now: datetime) -> None:
    """A clock that stood days ahead says nothing of what was tapped after it was set right."""
    ahead = timedelta(days=40)
    wrong = _item(
        ward,
        device_epoch=1,
        device_counter=5,
        tapped_at=now + ahead,
        clock_offset_ms=-25 * 3600_000,
    )
    _deliver(ward, wrong)
    _deliver(ward, _item(ward, device_epoch=1, device_counter=6))
    assert [row.local_day for row in _ratings()] == [None, clock.today()]
    assert _marks() == [Mark.DAY_UNKNOWN]


def test_times_run_with_counters_in_an_epoch_whose_number_is_smaller(
    ward: Office, now: datetime
) -> None:
    _deliver(ward, _item(ward, device_epoch=9, device_counter=9))
    _deliver(ward, _item(ward, device_epoch=1, device_counter=1))
    back = _item(ward, device_epoch=1, device_counter=2, tapped_at=now - timedelta(hours=1))
    _deliver(ward, back)
    assert [row.local_day for row in _ratings()] == [clock.today(), None, clock.today()]
    assert _marks() == [Mark.BACKDATED]


def test_times_run_with_counters_after_a_device_was_paired_anew(
    ward: Office, now: datetime
) -> None:
    _deliver(ward, _item(ward, device_epoch=1, device_counter=5))
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, ward.kiosks[0].id))
        desk = session.get_one(Desk, ward.desks[0].id)
        again = fleet.enrol_kiosk(session, desk, name="máy mới").kiosk.id
        elsewhere = fleet.enrol_kiosk(
            session, session.get_one(Desk, ward.desks[1].id), name="quầy khác"
        ).kiosk.id
    hour = timedelta(hours=1)
    back = _item(ward, device_epoch=1, device_counter=6, tapped_at=now - hour, kiosk_id=again)
    stranger = _item(
        ward,
        visit=finished_visit(ward.desks[1]),
        desk=1,
        device_epoch=1,
        device_counter=7,
        tapped_at=now - hour,
        kiosk_id=elsewhere,
    )
    assert _deliver(ward, back) == [RecordingResult.RECORDED]
    assert _deliver(ward, stranger) == [RecordingResult.RECORDED]
    assert [row.local_day for row in _ratings()] == [clock.today(), None, clock.today()]
    assert _marks() == [Mark.BACKDATED]


def test_a_clock_that_jumped_ahead_unmeasured_is_corrected_by_the_delivery(ward: Office) -> None:
    """Tapped while nothing measured the clock, so that the last offset is that of before."""
    fast = timedelta(hours=1)
    item = _item(ward, clock_offset_ms=0, tapped_at=clock.now() + fast)
    assert _deliver(ward, item, slow_by=-fast) == [RecordingResult.RECORDED]
    (row,) = _ratings()
    assert (row.local_day, row.clock_offset_ms) == (clock.today(), -3600_000)
    assert _marks() == [Mark.CLOCK_CORRECTED]
    assert _deliver(ward, item) == [RecordingResult.KNOWN]


@pytest.mark.parametrize("measured", [timedelta(days=3), timedelta(0)])
def test_a_time_to_come_that_nothing_explains_has_no_day(ward: Office, measured: timedelta) -> None:
    item = _item(ward, clock_offset_ms=0, tapped_at=clock.now() + timedelta(days=3))
    assert _deliver(ward, item, slow_by=-measured) == [RecordingResult.RECORDED]
    assert _ratings()[0].local_day is None
    assert _marks() == [Mark.DAY_UNKNOWN]


def test_a_late_delivery_of_an_older_counter_is_no_backdating(ward: Office, now: datetime) -> None:
    _deliver(ward, _item(ward, device_epoch=1, device_counter=9))
    late = _item(ward, device_epoch=1, device_counter=8, tapped_at=now - timedelta(hours=1))
    earlier = _item(ward, device_epoch=1, device_counter=7, tapped_at=now - timedelta(hours=2))
    _deliver(ward, late)
    _deliver(ward, earlier)
    assert [row.local_day for row in _ratings()] == [clock.today()] * 3
    assert _marks() == []


def test_a_new_epoch_starts_its_times_anew(ward: Office, now: datetime) -> None:
    _deliver(ward, _item(ward, device_epoch=1, device_counter=9))
    renewed = _item(ward, device_epoch=2, device_counter=1, tapped_at=now - timedelta(hours=1))
    _deliver(ward, renewed)
    assert _marks() == []


def test_a_lobby_kiosk_rates_visits_of_any_desk_of_its_unit(ward: Office) -> None:
    with unit_of_work() as session:
        lobby = fleet.enrol_lobby_kiosk(session, ward.unit, name="Sảnh").kiosk
    with clock.replaced(clock.now() + timedelta(minutes=1)):
        given = [
            tap(ward, finished_visit(desk), desk_id=None, kiosk_id=lobby.id) for desk in ward.desks
        ]
        results = _deliver(ward, *[RatingItem(one.rating_id, one) for one in given])
    assert results == [RecordingResult.RECORDED] * 2
    assert {row.desk_id for row in _ratings()} == {desk.id for desk in ward.desks}


def test_a_lobby_kiosk_cannot_rate_an_unknown_visit(ward: Office) -> None:
    with unit_of_work() as session:
        lobby = fleet.enrol_lobby_kiosk(session, ward.unit, name="Sảnh").kiosk
    lost = replace(tap(ward, desk_id=None, kiosk_id=lobby.id), visit=uuid.uuid4())
    delivery = Delivery(_device(ward), clock.now(), [RatingItem(lost.rating_id, lost)])
    with unit_of_work() as session:
        answer = sync.accept_delivery(session, delivery)[0]
    assert answer.reason is RefusalReason.UNKNOWN_VISIT


def test_five_hundred_items_take_less_than_half_a_second(app: Flask, ward: Office) -> None:
    def deliver(items: list[RatingItem]) -> None:
        assert _deliver(ward, *items) == [RecordingResult.RECORDED] * 500

    batches = [
        [
            _item(ward, visit=visit, device_epoch=1, device_counter=batch * 500 + n)
            for n, visit in enumerate(finished_visits(ward.desks[0], 500), start=1)
        ]
        for batch in range(3)
    ]
    assert quickest(*[partial(deliver, items) for items in batches]) < 0.5 * slowness()


def test_any_interleaving_of_deliveries_leaves_each_rating_once(ward: Office) -> None:
    items = [_item(ward, device_epoch=1, device_counter=n) for n in range(1, 41)]
    draw = random.Random(7)
    for _ in range(12):
        _deliver(ward, *draw.choices(items, k=draw.randint(1, 30)))
    _deliver(ward, *items)
    assert [row.device_counter for row in _ratings()] == list(range(1, 41))
