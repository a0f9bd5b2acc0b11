"""When no letter comes: a day without answers on which every device works, and a closed one."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from satisfaction import calendars, clock, heartbeats, recording
from satisfaction.database import reading, unit_of_work
from satisfaction.heartbeats import Beat
from satisfaction.models import JobRun
from satisfaction.terms import LetterKind
from tests.conftest import Office
from tests.jobs.posting import PostOffice
from tests.jobs.test_letters import (
    DAY,
    EVENING,
    TODAY,
    office,
    open_ward,
    plain_of,
    rate_day,
    subscribe,
    tick,
)
from tests.making import finished_visit, tap

__all__ = ["office", "open_ward"]
WELL = Beat(
    queue_length=0,
    oldest_queued_at=None,
    device_epoch=1,
    next_counter=1,
    version="abc12345",
    clock_offset_ms=0,
    free_bytes=10**9,
    last_tap_at=None,
    is_storage_kept=True,
)
DAILY = frozenset({LetterKind.DAILY})


def hear(ward: Office, at: datetime, **wrong: Any) -> None:
    """Have both devices be heard at a time, the first with what is wrong with it."""
    with clock.replaced(at), unit_of_work() as session:
        heartbeats.record_beat(session, ward.kiosks[0].id, replace(WELL, **wrong))
        heartbeats.record_beat(session, ward.kiosks[1].id, WELL)


def since_today(ward: Office, **fields: Any) -> None:
    """Subscribe a reader whose first letter is today's."""
    one = subscribe(ward, kinds=DAILY, **fields)
    with unit_of_work() as session:
        session.merge(one).created_at = EVENING - timedelta(hours=1)


def results() -> dict[date, Any]:
    """Return what the ledger says of each day's letters."""
    with reading() as session:
        return {run.local_day: run.result for run in session.scalars(select(JobRun))}


def rate_late(ward: Office, day: date, level: int, *, at: datetime) -> None:
    """Rate a visit of one day that reaches the server later."""
    given = clock.start_of_day(day) + timedelta(hours=15)
    visit = finished_visit(ward.desks[0], at=given)
    with clock.replaced(at), unit_of_work() as session:
        late = tap(ward, visit, level=level, tapped_at=given)
        recording.record_rating(session, late)


def test_a_worked_day_without_answers_and_with_sound_devices_has_no_letter(
    open_ward: Office, office: PostOffice
) -> None:
    since_today(open_ward)
    hear(open_ward, EVENING - timedelta(hours=1))
    assert tick(EVENING, office) == 0
    assert results() == {TODAY: {"nothing": 1}}
    hear(open_ward, EVENING + DAY - timedelta(hours=1), clock_offset_ms=3_600_000)
    assert tick(EVENING + DAY, office) == 1
    assert "Bàn 1: đồng hồ sai." in plain_of(office.arrived[-1])


@pytest.mark.parametrize(("ago", "letters"), [(timedelta(minutes=1), 0), (timedelta(hours=3), 1)])
def test_without_hours_a_device_that_fell_silent_brings_a_letter(
    ward: Office, office: PostOffice, ago: timedelta, letters: int
) -> None:
    since_today(ward)
    hear(ward, EVENING - ago)
    assert tick(EVENING, office) == letters
    if letters:
        assert office.arrived[0]["Subject"].startswith("Bàn 1 mất liên lạc từ 15:00;")


def test_on_a_closed_day_no_device_is_a_reason_and_an_answer_is(
    open_ward: Office, office: PostOffice
) -> None:
    since_today(open_ward)
    with unit_of_work() as session:
        for day in (TODAY, TODAY + DAY):
            holiday = calendars.NewSpecialDay(day, "Ngày nghỉ bù")
            calendars.set_special_day(session, open_ward.unit.id, holiday)
    hear(open_ward, EVENING - timedelta(hours=5), clock_offset_ms=3_600_000)
    assert tick(EVENING, office) == 0
    assert results() == {TODAY: {"closed": 1}}
    rate_day(open_ward, TODAY + DAY, "5")
    assert tick(EVENING + DAY, office) == 1
    assert "1 lượt" in office.arrived[-1]["Subject"]


def test_what_comes_late_to_a_silent_day_is_in_the_next_letter(
    open_ward: Office, office: PostOffice
) -> None:
    since_today(open_ward)
    hear(open_ward, EVENING - timedelta(hours=1))
    assert tick(EVENING, office) == 0
    rate_late(open_ward, TODAY, 5, at=EVENING + timedelta(hours=2))
    rate_day(open_ward, TODAY + DAY, "4")
    assert tick(EVENING + DAY, office) == 1
    said = "Thứ Ba 10/03/2026: bổ sung 1 lượt đến muộn; nay 1 trong 1 lượt hài lòng."
    assert said in plain_of(office.arrived[-1])


def test_who_wants_letters_only_when_needed_learns_of_a_late_complaint(
    open_ward: Office, office: PostOffice
) -> None:
    since_today(open_ward, is_only_when_needed=True)
    rate_day(open_ward, TODAY, "55")
    hear(open_ward, EVENING - timedelta(hours=1))
    assert tick(EVENING, office) == 0
    assert results() == {TODAY: {"letters": 0, "unneeded": 1, "answers": 2}}
    for day, level in ((1, 5), (2, 1)):
        rate_late(open_ward, TODAY, level, at=EVENING + (day - 1) * DAY + timedelta(hours=2))
        rate_day(open_ward, TODAY + day * DAY, "5")
        hear(open_ward, EVENING + day * DAY - timedelta(hours=1))
        assert tick(EVENING + day * DAY, office) == (level == 1)
    said = "Thứ Ba 10/03/2026: bổ sung 2 lượt đến muộn; nay 3 trong 4 lượt hài lòng."
    assert said in plain_of(office.arrived[-1])
