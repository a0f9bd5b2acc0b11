"""What has to be seen to: each kind of alert with its figures, and none where all is well."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from satisfaction import calendars, clock, fleet, heartbeats, watch
from satisfaction.database import reading, unit_of_work
from satisfaction.heartbeats import Beat, KioskTrouble
from satisfaction.terms import Channel
from satisfaction.watch import URGENCY, Alert, DeskTrouble
from tests.conftest import Office, make_office
from tests.making import finished_visit, rated_visit

VERSION = "abc12345"
MINUTE = timedelta(minutes=1)
WELL = Beat(
    queue_length=0,
    oldest_queued_at=None,
    device_epoch=1,
    next_counter=1,
    version=VERSION,
    clock_offset_ms=0,
    free_bytes=10**9,
    last_tap_at=None,
    is_storage_kept=True,
)


def _beat(ward: Office, beat: Beat = WELL) -> None:
    """Have both devices of the office be well, but for what the first one says."""
    with unit_of_work() as session:
        heartbeats.record_beat(session, ward.kiosks[0].id, beat)
        heartbeats.record_beat(session, ward.kiosks[1].id, WELL)


def _open(ward: Office, hours: str = "07:30-11:30, 13:30-17:00") -> None:
    week = calendars.Week((calendars.read_spans(hours),) * 7)
    with unit_of_work() as session:
        calendars.set_week(session, ward.unit.id, week=week, from_day=date(2024, 1, 1))


def _alerts(ward: Office, after: timedelta = timedelta(0)) -> list[Alert]:
    with clock.replaced(clock.now() + after), reading() as session:
        return watch.list_alerts(session, {ward.unit.id}, version=VERSION)


def test_nothing_is_said_while_all_is_well(ward: Office) -> None:
    _beat(ward)
    assert _alerts(ward) == []


@pytest.mark.parametrize(
    ("change", "kind", "figures"),
    [
        ({"queue_length": 201}, KioskTrouble.LONG_QUEUE, {"queue": 201}),
        ({"clock_offset_ms": -400_000}, KioskTrouble.WRONG_CLOCK, {"seconds": 400}),
        ({"version": "old"}, KioskTrouble.OLD_VERSION, {}),
        ({"is_storage_kept": False}, KioskTrouble.STORE_NOT_KEPT, {}),
        ({"next_counter": 4}, KioskTrouble.RATINGS_MISSING, {"missing": 3}),
    ],
)
def test_each_trouble_of_a_device_is_an_alert_with_its_figures(
    ward: Office, change: dict[str, Any], kind: KioskTrouble, figures: dict[str, int]
) -> None:
    _beat(ward, replace(WELL, **change))
    assert [(one.kind, one.subject, one.figures) for one in _alerts(ward)] == [
        (kind, "Bàn 1", figures)
    ]


@pytest.mark.parametrize(("queue", "is_said"), [(200, False), (201, True)])
def test_a_queue_is_long_beyond_two_hundred(ward: Office, queue: int, is_said: bool) -> None:
    _beat(ward, replace(WELL, queue_length=queue))
    assert bool(_alerts(ward)) is is_said


def test_a_queue_is_old_beyond_a_day(ward: Office) -> None:
    oldest = clock.now()
    _beat(ward, replace(WELL, queue_length=1, oldest_queued_at=oldest))
    _open(ward, "")
    assert _alerts(ward, timedelta(hours=24)) == []
    (alert,) = _alerts(ward, timedelta(hours=24) + MINUTE)
    assert (alert.kind, alert.since, alert.figures) == (
        KioskTrouble.OLD_QUEUE,
        oldest,
        {"queue": 1},
    )


def test_a_device_is_silent_in_opening_hours_only(ward: Office) -> None:
    _open(ward)
    _beat(ward)
    heard = clock.now()
    assert _alerts(ward, 5 * MINUTE) == []
    silent = _alerts(ward, 6 * MINUTE)
    assert [(one.kind, one.since) for one in silent] == [(KioskTrouble.SILENT, heard)] * 2
    noon, evening, next_morning = timedelta(hours=3), timedelta(hours=9), timedelta(hours=22.5)
    assert _alerts(ward, noon) == []
    assert _alerts(ward, evening) == []
    assert _alerts(ward, next_morning + 4 * MINUTE) == []
    assert len(_alerts(ward, next_morning + 6 * MINUTE)) == 2


def test_a_device_is_silent_at_any_hour_where_nobody_has_set_hours(ward: Office) -> None:
    _beat(ward)
    assert len(_alerts(ward, timedelta(hours=14))) == 2


def test_nobody_listens_on_a_holiday(ward: Office) -> None:
    _open(ward)
    _beat(ward)
    with unit_of_work() as session:
        holiday = calendars.NewSpecialDay(clock.today(), "Ngày nghỉ")
        calendars.set_special_day(session, ward.unit.id, holiday)
    assert _alerts(ward, timedelta(hours=1)) == []


def test_a_device_that_never_spoke_is_said_since_it_was_paired(ward: Office) -> None:
    _beat(ward)
    with unit_of_work() as session:
        fleet.enrol_kiosk(session, ward.desks[0], name="Máy mới")
    (alert,) = _alerts(ward)
    assert (alert.kind, alert.subject) == (KioskTrouble.NEVER_SEEN, "Máy mới")
    assert alert.since == clock.now()


@pytest.mark.parametrize(("served", "is_said"), [(39, False), (40, True)])
def test_a_desk_that_served_forty_and_was_never_rated_is_said(
    ward: Office, served: int, is_said: bool
) -> None:
    _beat(ward)
    for _ in range(served):
        finished_visit(ward.desks[1], channel=Channel.IN_PERSON)
    alerts = _alerts(ward)
    assert [(one.kind, one.subject, one.unit_name) for one in alerts] == (
        [(DeskTrouble.NEVER_RATED, "Bàn 2", "Phường Tây Hồ")] if is_said else []
    )
    if is_said:
        assert alerts[0].figures == {"served": 40, "days": 7}
        rated_visit(ward, 4, at=clock.now(), desk=1)
        assert _alerts(ward) == []


def test_alerts_are_those_of_the_officers_units_and_the_most_urgent_comes_first(
    ward: Office,
) -> None:
    with unit_of_work() as session:
        make_office(session, "00091", "Phường Phú Thượng")
    _beat(ward, replace(WELL, version="old", next_counter=2, queue_length=300, device_epoch=1))
    kinds = [alert.kind for alert in _alerts(ward)]
    assert kinds == sorted(kinds, key=URGENCY.index)
    assert {alert.unit_name for alert in _alerts(ward)} == {"Phường Tây Hồ"}


def test_every_kind_of_alert_has_its_urgency_and_words() -> None:
    from satisfaction.web.fleet_words import ALERT_WORDS

    kinds = {*KioskTrouble, *DeskTrouble}
    assert set(URGENCY) == kinds
    assert set(ALERT_WORDS) == kinds
