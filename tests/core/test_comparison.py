"""Only comparable periods are compared; every other says why not."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction import calendars, office, succession
from satisfaction.calendars import NewSpecialDay, Week, read_spans
from satisfaction.comparison import (
    Comparable,
    Obstacle,
    compare_days,
    find_comparable,
    find_earlier,
)
from satisfaction.database import reading, unit_of_work
from satisfaction.periods import Period, month_period, parse_period
from satisfaction.terms import PeriodKind, SuccessionExtent, SuccessionKind, UnitKind
from tests.conftest import Office

TODAY = date(2026, 3, 10)
WORKDAY = read_spans("7:30-11:30, 13:30-17:00")


def _find(ward: Office, word: str, today: date = TODAY) -> Comparable:
    kind, period = parse_period(word)
    with reading() as session:
        return find_comparable(session, ward.unit.id, kind, period=period, today=today)


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("2026-03", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026-01", date(2025, 12, 1), date(2025, 12, 31)),
        ("2026-Q1", date(2025, 10, 1), date(2025, 12, 31)),
        ("2026-H1", date(2025, 7, 1), date(2025, 12, 31)),
        ("2026-9M", date(2025, 1, 1), date(2025, 9, 30)),
        ("2026", date(2025, 1, 1), date(2025, 12, 31)),
        ("2026-W11", date(2026, 3, 2), date(2026, 3, 8)),
        ("2026-03-10", date(2026, 3, 3), date(2026, 3, 3)),
    ],
)
def test_a_whole_period_follows_another_of_its_kind(word: str, first: date, last: date) -> None:
    earlier = find_earlier(*parse_period(word))
    assert (earlier.first_day, earlier.last_day) == (first, last)


@given(
    first=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    length=st.integers(1, 400),
    kind=st.sampled_from([PeriodKind.DATES, PeriodKind.DAY, PeriodKind.WEEK]),
)
def test_any_two_dates_are_followed_back_on_the_same_weekdays(
    first: date, length: int, kind: PeriodKind
) -> None:
    period = Period(first, first + timedelta(days=length))
    earlier = find_earlier(kind, period)
    assert earlier.end_day <= period.first_day
    assert earlier.length_days == period.length_days
    assert (period.first_day - earlier.first_day).days % 7 == 0


def test_a_running_month_is_compared_with_as_many_days_of_the_same_weekdays(
    ward: Office,
) -> None:
    found = _find(ward, "2026-03")
    assert found.is_running
    assert found.shown == Period(date(2026, 3, 1), date(2026, 3, 11))
    assert found.earlier == Period(date(2026, 2, 1), date(2026, 2, 11))
    assert [day.weekday() for day in found.earlier.days()] == [
        day.weekday() for day in found.shown.days()
    ]


@pytest.mark.parametrize("day", [29, 30])
def test_the_end_of_a_running_month_never_meets_its_own_beginning(ward: Office, day: int) -> None:
    found = _find(ward, "2026-03", date(2026, 3, day))
    assert found.earlier is not None
    assert found.earlier.end_day <= date(2026, 3, 1)


def test_a_month_that_is_over_is_compared_with_the_whole_month_before(ward: Office) -> None:
    found = _find(ward, "2026-02")
    assert not found.is_running
    assert found.earlier == month_period(date(2026, 1, 1))


def test_a_period_to_come_is_compared_with_nothing(ward: Office) -> None:
    assert _find(ward, "2026-05").obstacle is Obstacle.NOT_BEGUN


def test_a_unit_is_not_compared_with_the_time_before_it(ward: Office) -> None:
    assert _find(ward, "2024-01").obstacle is Obstacle.NEW
    assert _find(ward, "2024-02").obstacle is None


def _open(ward: Office, days: int, from_day: date) -> None:
    week = Week((WORKDAY,) * days + ((),) * (7 - days))
    with unit_of_work() as session:
        calendars.set_week(session, ward.unit.id, week=week, from_day=from_day)


def test_months_that_worked_on_other_weekdays_are_not_compared(ward: Office) -> None:
    _open(ward, 5, date(2025, 1, 1))
    assert _find(ward, "2026-02").obstacle is None
    _open(ward, 6, date(2026, 2, 1))
    assert _find(ward, "2026-02").obstacle is Obstacle.OTHER_WEEKDAYS


def test_a_month_with_a_long_holiday_is_not_compared(ward: Office) -> None:
    _open(ward, 5, date(2025, 1, 1))
    with unit_of_work() as session:
        for day in range(14, 23):
            special = NewSpecialDay(date(2026, 2, day), "Tết")
            calendars.set_special_day(session, ward.unit.id, special)
    assert _find(ward, "2026-02").obstacle is Obstacle.OTHER_LENGTH


@pytest.mark.parametrize(
    ("days", "earlier", "obstacle"),
    [
        ({0: 4, 1: 4}, {0: 5, 1: 4}, None),
        ({0: 4, 1: 4}, {0: 4, 5: 4}, Obstacle.OTHER_WEEKDAYS),
        ({0: 3}, {0: 4}, None),
        ({0: 2}, {0: 4}, Obstacle.OTHER_LENGTH),
        ({0: 4}, {0: 2}, Obstacle.OTHER_LENGTH),
        ({}, {}, None),
        ({}, {0: 1}, Obstacle.OTHER_WEEKDAYS),
    ],
)
def test_days_of_work_compare_by_their_weekdays_and_their_number(
    days: dict[int, int], earlier: dict[int, int], obstacle: Obstacle | None
) -> None:
    assert compare_days(Counter(days), Counter(earlier)) is obstacle


@pytest.mark.parametrize(
    ("kind", "obstacle"),
    [(SuccessionKind.MERGED, Obstacle.OTHER_STRUCTURE), (SuccessionKind.RENAMED, None)],
)
def test_a_break_in_the_structure_is_not_compared_across(
    ward: Office, kind: SuccessionKind, obstacle: Obstacle | None
) -> None:
    with unit_of_work() as session:
        other = office.add_unit(
            session, "x", name="Cũ", kind=UnitKind.WARD, from_day=date(2024, 1, 1)
        )
        succession.add_succession(
            session,
            other,
            successor=ward.unit,
            kind=kind,
            extent=SuccessionExtent.WHOLE,
            from_day=date(2026, 2, 1),
        )
    assert _find(ward, "2026-02").obstacle is obstacle
    assert _find(ward, "2026-01").obstacle is None


def test_a_unit_that_came_under_another_is_a_break(ward: Office) -> None:
    with unit_of_work() as session:
        other = office.add_unit(
            session, "x", name="Cũ", kind=UnitKind.WARD, from_day=date(2024, 1, 1)
        )
        succession.move_unit(session, other, ward.unit, from_day=date(2026, 2, 1))
    assert _find(ward, "2026-02").obstacle is Obstacle.OTHER_STRUCTURE
