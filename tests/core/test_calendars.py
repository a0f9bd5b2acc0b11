"""When units are open: typed hours, dated weeks, special days, and what stands above a unit."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import calendars, clock, office, succession
from satisfaction.calendars import Calendar, NewSpecialDay, Span, Week, read_spans, write_spans
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import HoursInvalidError, NotFoundError
from satisfaction.models import AuditEntry
from satisfaction.periods import day_period
from satisfaction.terms import AuditAction, UnitKind
from tests.conftest import Office

TUESDAY = date(2026, 3, 10)
HOURS = "07:30–11:30, 13:30–17:00"


def _week(weekdays: str = HOURS, weekend: str = "") -> Week:
    return Week((read_spans(weekdays),) * 5 + (read_spans(weekend),) * 2)


def _calendar(day: date = TUESDAY) -> Calendar:
    with reading() as session:
        return calendars.read_calendar(session, day_period(day))


def _at(hour: int, minute: int = 0, *, day: date = TUESDAY) -> datetime:
    return clock.start_of_day(day) + timedelta(hours=hour, minutes=minute)


@pytest.fixture
def above(ward: Office) -> int:
    """Return the city above the ward."""
    with unit_of_work() as session:
        city = office.add_unit(
            session, "01", name="Thành phố", kind=UnitKind.CITY, from_day=date(2024, 1, 1)
        )
        succession.move_unit(session, ward.unit, city, from_day=date(2024, 1, 1))
    return city.id


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", ""),
        (" 7:30-11:30 , 13h30 – 17h ", HOURS),
        ("13:30-17:00; 7:30-11:30", HOURS),
        ("0:00-24:00", "00:00–24:00"),
        ("8g—9g15", "08:00–09:15"),
    ],
)
def test_hours_are_read_as_people_type_them(typed: str, shown: str) -> None:
    assert write_spans(read_spans(typed)) == shown


@pytest.mark.parametrize(
    "typed",
    [
        "sáng",
        "7:30",
        "11:30-7:30",
        "8:00-8:00",
        "7:60-9:00",
        "7:30-24:01",
        "7:30-11:30, 11:00-12:00",
        "7-8",
        "1:00-2:00,3:00-4:00,5:00-6:00,7:00-8:00,9:00-10:00",
    ],
)
def test_what_is_no_hours_is_refused(typed: str) -> None:
    with pytest.raises(HoursInvalidError):
        read_spans(typed)


def test_a_week_has_seven_days() -> None:
    with pytest.raises(HoursInvalidError):
        Week((read_spans(HOURS),) * 6)


def test_nobody_knows_when_a_unit_without_hours_is_open(ward: Office) -> None:
    calendar = _calendar()
    assert calendar.is_open(ward.unit.id, _at(9)) is None
    assert calendar.open_since(ward.unit.id, _at(9)) is None
    assert calendar.week_of(ward.unit.id, TUESDAY) is None


@pytest.mark.parametrize(
    ("hour", "minute", "is_open"),
    [
        (7, 29, False),
        (7, 30, True),
        (11, 29, True),
        (11, 30, False),
        (16, 59, True),
        (17, 0, False),
    ],
)
def test_a_unit_is_open_from_the_first_minute_until_the_last(
    ward: Office, hour: int, minute: int, is_open: bool
) -> None:
    with unit_of_work() as session:
        calendars.set_week(session, ward.unit.id, week=_week(), from_day=TUESDAY)
    calendar = _calendar()
    assert calendar.is_open(ward.unit.id, _at(hour, minute)) is is_open
    since = calendar.open_since(ward.unit.id, _at(hour, minute))
    assert (since is not None) is is_open
    assert since in {None, _at(7, 30), _at(13, 30)}


def test_days_are_those_of_the_office(ward: Office) -> None:
    with unit_of_work() as session:
        calendars.set_week(session, ward.unit.id, week=_week("0:00-1:00"), from_day=TUESDAY)
    late_on_monday_in_utc = datetime(2026, 3, 9, 17, 30, tzinfo=UTC)
    assert _calendar().is_open(ward.unit.id, late_on_monday_in_utc) is True


def test_hours_are_dated_and_earlier_days_keep_theirs(ward: Office) -> None:
    later = TUESDAY + timedelta(days=7)
    with unit_of_work() as session:
        calendars.set_week(session, ward.unit.id, week=_week(), from_day=TUESDAY)
        calendars.set_week(session, ward.unit.id, week=_week("8:00-9:00"), from_day=later)
    assert _calendar(TUESDAY - timedelta(days=1)).hours_on(ward.unit.id, TUESDAY) is None
    before = _calendar().hours_on(ward.unit.id, TUESDAY)
    after = _calendar(later).hours_on(ward.unit.id, later)
    assert before is not None
    assert write_spans(before.spans) == HOURS
    assert after is not None
    assert after.spans == (Span(480, 540),)


def test_the_same_first_day_again_replaces_the_hours(ward: Office) -> None:
    with unit_of_work() as session:
        for text in ("8:00-9:00", HOURS):
            calendars.set_week(session, ward.unit.id, week=_week(text), from_day=TUESDAY)
    assert _calendar().is_open(ward.unit.id, _at(14)) is True


def test_a_unit_goes_by_what_stands_above_unless_it_has_hours_of_its_own(
    ward: Office, above: int
) -> None:
    with unit_of_work() as session:
        calendars.set_week(session, above, week=_week(), from_day=TUESDAY)
    assert _calendar().week_of(ward.unit.id, TUESDAY) == (_week(), above)
    with unit_of_work() as session:
        own = _week("8:00-9:00")
        calendars.set_week(session, ward.unit.id, week=own, from_day=TUESDAY)
    assert _calendar().week_of(ward.unit.id, TUESDAY) == (own, ward.unit.id)
    assert _calendar().is_open(above, _at(14)) is True
    with unit_of_work() as session:
        calendars.set_week(session, ward.unit.id, week=None, from_day=TUESDAY)
    assert _calendar().week_of(ward.unit.id, TUESDAY) == (_week(), above)


def test_a_holiday_above_closes_a_unit_with_hours_of_its_own(ward: Office, above: int) -> None:
    with unit_of_work() as session:
        calendars.set_week(session, ward.unit.id, week=_week(), from_day=TUESDAY)
        calendars.set_special_day(session, above, NewSpecialDay(TUESDAY, "Ngày nghỉ"))
    assert _calendar().is_open(ward.unit.id, _at(9)) is False
    with unit_of_work() as session:
        swapped = NewSpecialDay(TUESDAY, "Trực", read_spans("8:00-10:00"))
        calendars.set_special_day(session, ward.unit.id, swapped)
    assert _calendar().is_open(ward.unit.id, _at(9)) is True
    assert _calendar().is_open(ward.unit.id, _at(10)) is False
    with unit_of_work() as session:
        calendars.remove_special_day(session, ward.unit.id, TUESDAY)
        calendars.remove_special_day(session, above, TUESDAY)
    assert _calendar().is_open(ward.unit.id, _at(10)) is True
    with pytest.raises(NotFoundError), unit_of_work() as session:
        calendars.remove_special_day(session, above, TUESDAY)


def test_a_holiday_is_known_where_nobody_has_set_weekly_hours(ward: Office) -> None:
    with unit_of_work() as session:
        calendars.set_special_day(session, ward.unit.id, NewSpecialDay(TUESDAY, "Ngày nghỉ"))
    assert _calendar().is_open(ward.unit.id, _at(9)) is False
    tomorrow = TUESDAY + timedelta(days=1)
    assert _calendar(tomorrow).is_open(ward.unit.id, _at(9, day=tomorrow)) is None


def test_every_change_of_hours_is_in_the_log(app: Flask, ward: Office) -> None:
    with unit_of_work() as session:
        calendars.set_week(session, ward.unit.id, week=_week(), from_day=TUESDAY)
        calendars.set_special_day(session, ward.unit.id, NewSpecialDay(TUESDAY, "Nghỉ"))
        calendars.remove_special_day(session, ward.unit.id, TUESDAY)
    with reading() as session:
        changed = AuditEntry.action == AuditAction.OFFICE_CHANGED
        details = list(session.scalars(select(AuditEntry.detail).where(changed)))
    usual = {"name": "", "hours": HOURS}
    differs = {"name": "Nghỉ", "hours": ""}
    assert [(detail["what"], detail["before"], detail["after"]) for detail in details[1:]] == [
        ("special_day_set", usual, differs),
        ("special_day_removed", differs, usual),
    ]
    hours = details[0]
    assert (hours["what"], hours["from_day"], hours["before"]) == ("hours", "2026-03-10", {})
    assert (hours["after"]["monday"], hours["after"]["sunday"]) == (HOURS, "")
