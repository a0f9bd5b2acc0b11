"""A year's holidays are proposed, looked at, entered above, and hold for all units under it."""

from datetime import date, datetime, time

import pytest
from sqlalchemy.orm import Session

from satisfaction import calendars, clock, holiday_plans, office, public_holidays, succession
from satisfaction.errors import (
    DayIsOverError,
    HoursInvalidError,
    NotFoundError,
    OfficeChangeRefusedError,
)
from satisfaction.models import Unit
from satisfaction.opening import Change
from satisfaction.periods import Period
from satisfaction.terms import UnitKind
from tests.conftest import Office

CULTURE = date(2026, 11, 24)
OFF, WORK = date(2026, 8, 31), date(2026, 8, 22)
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))


@pytest.fixture
def city(ward: Office, session: Session) -> Unit:
    """Return a unit above the ward, with hours for both."""
    above = office.add_unit(
        session, "HN", name="Hà Nội", kind=UnitKind.CITY, from_day=date(2024, 1, 1)
    )
    unit = session.get_one(Unit, ward.unit.id)
    succession.move_unit(session, unit, above, from_day=date(2024, 1, 1))
    spans = calendars.read_spans("7:30-11:30, 13:30-17:00")
    week = calendars.Week((spans,) * 5 + ((),) * 2)
    calendars.set_week(session, above.id, week=week, from_day=date(2024, 1, 1))
    return above


def test_what_is_proposed_has_the_day_of_2026_and_the_swap() -> None:
    proposed = {one.day: one for one in public_holidays.propose_days(2026)}
    assert proposed[CULTURE].name == public_holidays.CULTURE_DAY_NAME
    assert proposed[WORK].is_working
    assert proposed[WORK].instead_of == OFF
    assert not proposed[OFF].is_working
    assert date(2026, 2, 17) in proposed
    assert date(2025, 11, 24) not in {one.day for one in public_holidays.propose_days(2025)}


def test_a_weekend_moves_the_new_holiday_on() -> None:
    days = {one.day: one.name for one in public_holidays.propose_days(2029)}
    assert date(2029, 11, 24) in days
    assert date(2029, 11, 26) in days


def test_an_older_library_is_completed() -> None:
    found = {date(2029, 1, 1): public_holidays.ProposedDay(date(2029, 1, 1), "Tết Dương lịch")}
    public_holidays._complete(found, 2029)
    assert sorted(found) == [date(2029, 1, 1), date(2029, 11, 24), date(2029, 11, 26)]


def test_days_that_are_taken_hold_for_the_units_under_it(
    ward: Office, city: Unit, session: Session
) -> None:
    change = Change({city.id}, city.id, None)
    planned = holiday_plans.plan_year(session, city.id, 2026)
    assert [one.day for one in planned if one.is_over] == [
        date(2026, 1, 1),
        *(date(2026, 2, day) for day in range(16, 21)),
    ]
    wanted = [one.day for one in planned if one.may_be_taken]
    taken = holiday_plans.take_days(session, change, year=2026, days=[*wanted, date(2026, 3, 11)])
    assert {one.day for one in taken} == set(wanted)
    calendar = calendars.read_calendar(session, YEAR)
    for day, is_open in ((CULTURE, False), (OFF, False), (WORK, True), (date(2026, 11, 25), True)):
        at = datetime.combine(day, time(9), tzinfo=clock.OFFICE_ZONE)
        assert calendar.is_open(ward.unit.id, at) is is_open, day
    again = holiday_plans.plan_year(session, city.id, 2026)
    assert not [one for one in again if one.may_be_taken]
    with pytest.raises(OfficeChangeRefusedError):
        holiday_plans.take_days(session, change, year=2026, days=wanted)


def test_a_swap_gives_the_working_day_the_hours_of_the_day_off(
    ward: Office, city: Unit, session: Session
) -> None:
    change = Change({city.id}, city.id, None)
    off, work = date(2026, 5, 4), date(2026, 5, 9)
    holiday_plans.swap_days(session, change, off=off, work=work, name="Hoán đổi")
    calendar = calendars.read_calendar(session, YEAR)
    hours = calendar.hours_on(ward.unit.id, work)
    closed = calendar.hours_on(ward.unit.id, off)
    assert hours is not None
    assert closed is not None
    assert calendars.write_spans(hours.spans) == "07:30–11:30, 13:30–17:00"
    assert closed.spans == ()


def test_a_swap_that_makes_no_sense_is_refused(ward: Office, session: Session) -> None:
    change = Change({ward.unit.id}, ward.unit.id, None)
    off, work = date(2026, 5, 4), date(2026, 5, 9)
    with pytest.raises(HoursInvalidError):
        holiday_plans.swap_days(session, change, off=off, work=work, name="x")
    with pytest.raises(OfficeChangeRefusedError):
        holiday_plans.swap_days(session, change, off=off, work=off, name="x")
    other = Change({ward.unit.id}, ward.unit.id + 1, None)
    with pytest.raises(NotFoundError):
        holiday_plans.swap_days(session, other, off=off, work=work, name="x")
    with pytest.raises(NotFoundError):
        holiday_plans.take_days(session, other, year=2026, days=[CULTURE])


def test_a_swap_of_days_that_are_over_is_refused(
    ward: Office, city: Unit, session: Session
) -> None:
    change = Change({city.id}, city.id, None)
    with pytest.raises(DayIsOverError):
        holiday_plans.swap_days(
            session, change, off=date(2026, 3, 2), work=date(2026, 5, 9), name="x"
        )
