"""Reporting periods: half-open ranges of local days, written and read alike."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from satisfaction.errors import InvalidPeriodError
from satisfaction.periods import (
    Period,
    day_period,
    iso_week,
    kind_of,
    month_period,
    months_over,
    months_period,
    parse_period,
    quarter_period,
    week_period,
    year_period,
)
from satisfaction.terms import PeriodKind


@pytest.mark.parametrize(
    ("text", "kind", "first", "end"),
    [
        ("2024", PeriodKind.YEAR, date(2024, 1, 1), date(2025, 1, 1)),
        ("2024-Q1", PeriodKind.QUARTER, date(2024, 1, 1), date(2024, 4, 1)),
        ("2024-Q2", PeriodKind.QUARTER, date(2024, 4, 1), date(2024, 7, 1)),
        ("2024-Q4", PeriodKind.QUARTER, date(2024, 10, 1), date(2025, 1, 1)),
        ("2024-H1", PeriodKind.HALF_YEAR, date(2024, 1, 1), date(2024, 7, 1)),
        ("2024-H2", PeriodKind.HALF_YEAR, date(2024, 7, 1), date(2025, 1, 1)),
        ("2024-9M", PeriodKind.NINE_MONTHS, date(2024, 1, 1), date(2024, 10, 1)),
        ("2024-02", PeriodKind.MONTH, date(2024, 2, 1), date(2024, 3, 1)),
        ("2024-12", PeriodKind.MONTH, date(2024, 12, 1), date(2025, 1, 1)),
        ("2024-02-29", PeriodKind.DAY, date(2024, 2, 29), date(2024, 3, 1)),
        ("2024-12-31", PeriodKind.DAY, date(2024, 12, 31), date(2025, 1, 1)),
        ("2024-W01", PeriodKind.WEEK, date(2024, 1, 1), date(2024, 1, 8)),
        ("2020-W53", PeriodKind.WEEK, date(2020, 12, 28), date(2021, 1, 4)),
        ("2026-W01", PeriodKind.WEEK, date(2025, 12, 29), date(2026, 1, 5)),
    ],
)
def test_a_written_period_is_read(text: str, kind: PeriodKind, first: date, end: date) -> None:
    assert parse_period(text) == (kind, Period(first, end))


@pytest.mark.parametrize(
    "text",
    [
        *("", "24", "2024-Q0", "2024-Q5", "2024-H3", "2024-6M", "2024-13", "2024-00"),
        *("2024-02-30", "2023-02-29", "2024-W00", "2024-W53", "2024-W54", "2024-1", "2024-Q1 "),
        *("0000", "0000-01", "9999", "9999-12", "9999-12-31", "9999-W52", "٢٠٢٤", "２０２４-Q1"),
        "2024-Q1\n",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidPeriodError):
        parse_period(text)


@given(st.text(max_size=12) | st.from_regex(r"[0-9]{4}-[0-9QHWM-]{0,6}", fullmatch=True))
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        _, period = parse_period(text)
    except InvalidPeriodError:
        return
    assert period.length_days >= 1


@pytest.mark.parametrize("end", [date(2024, 1, 1), date(2023, 12, 31)])
def test_a_period_without_a_day_is_refused(end: date) -> None:
    with pytest.raises(InvalidPeriodError):
        Period(date(2024, 1, 1), end)


@pytest.mark.parametrize(
    ("first_month", "month_count"), [(0, 1), (13, 1), (1, 0), (1, 13), (12, 2)]
)
def test_months_beyond_the_year_are_refused(first_month: int, month_count: int) -> None:
    with pytest.raises(InvalidPeriodError):
        months_period(2024, first_month, month_count=month_count)


years = st.integers(2000, 2199)


@given(years)
def test_a_year_is_its_quarters_its_halves_its_months(year: int) -> None:
    whole = year_period(year)
    assert whole.length_days in {365, 366}
    for parts in (
        [quarter_period(year, n) for n in range(1, 5)],
        [months_period(year, n, month_count=6) for n in (1, 7)],
        [months_period(year, n, month_count=1) for n in range(1, 13)],
        [months_period(year, 1, month_count=9), quarter_period(year, 4)],
    ):
        assert parts[0].first_day == whole.first_day
        assert parts[-1].end_day == whole.end_day
        for before, after in pairwise(parts):
            assert before.end_day == after.first_day


@given(st.dates(date(2000, 1, 1), date(2199, 12, 31)))
def test_a_day_lies_in_its_own_day_week_month_and_nowhere_else(day: date) -> None:
    for period in (day_period(day), week_period(day), month_period(day), year_period(day.year)):
        assert day in period
        assert period.end_day not in period
        assert period.last_day in period
        assert period.first_day - timedelta(days=1) not in period
        assert list(period.days())[-1] == period.last_day
    week = week_period(day)
    assert (week.first_day.weekday(), week.length_days) == (0, 7)
    assert {iso_week(one) for one in week.days()} == {iso_week(day)}
    assert parse_period(iso_week(day)) == (PeriodKind.WEEK, week)


def test_clipping_keeps_what_is_in_both() -> None:
    quarter = quarter_period(2024, 1)
    assert quarter.clipped(date(2024, 3, 1), date(2025, 1, 1)) == month_period(date(2024, 3, 5))
    assert quarter.clipped(date(2023, 1, 1), date(2025, 1, 1)) == quarter
    assert quarter.clipped(date(2024, 4, 1), date(2025, 1, 1)) is None


@given(
    first=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    length=st.integers(1, 800),
    today=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)
@example(first=date(2020, 4, 1), length=30, today=date(2020, 4, 30))
@example(first=date(2020, 4, 1), length=30, today=date(2020, 5, 1))
def test_months_that_are_over_change_with_a_month_and_not_with_a_day(
    first: date, length: int, today: date
) -> None:
    asked = Period(first, first + timedelta(days=length))
    found = months_over(asked, today)
    assert found.first_day.day == found.end_day.day == 1
    assert found.end_day <= today
    assert found.end_day <= asked.end_day
    whole = {
        month
        for month in map(month_period, asked.days())
        if asked.first_day <= month.first_day and month.end_day <= min(today, asked.end_day)
    }
    if whole:
        assert found == Period(min(whole).first_day, max(whole).end_day)
    else:
        assert found == month_period(found.first_day)
        following = month_period(found.end_day)
        assert following.end_day > min(asked.end_day, today)


def test_every_written_period_is_known_by_its_days() -> None:
    for word in ("2024", "2024-Q1", "2024-H2", "2024-9M", "2024-03", "2024-W07", "2024-03-31"):
        kind, period = parse_period(word)
        assert kind_of(period) is kind
    first = parse_period("2024-03")[1].first_day
    assert kind_of(Period(first, first.replace(day=9))) is PeriodKind.DATES
