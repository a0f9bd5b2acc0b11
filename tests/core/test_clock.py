"""The only clock: aware instants in UTC, days of the office."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from satisfaction import clock

HANOI = timezone(timedelta(hours=7))


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2025, 12, 31, 16, 59, 59, 999_999, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 12, 31, 17, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 1, 0, 0, tzinfo=HANOI), date(2026, 1, 1)),
        (datetime(2026, 1, 1, 5, 0, tzinfo=timezone(timedelta(hours=14))), date(2025, 12, 31)),
    ],
)
def test_an_instant_lies_in_the_office_s_day(instant: datetime, day: date) -> None:
    assert clock.local_day(instant) == day
    assert clock.start_of_day(day) <= instant < clock.end_of_day(day)
    assert clock.local_time(instant).date() == day


def test_a_naive_time_has_no_place() -> None:
    naive = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    for place in (clock.local_day, clock.local_time, clock.require_aware):
        with pytest.raises(ValueError, match="zone"):
            place(naive)


def test_a_replaced_clock_is_put_back_even_after_an_error() -> None:
    fixed = datetime(2024, 3, 31, 17, 0, tzinfo=UTC)

    def fail() -> None:
        with clock.replaced(fixed):
            assert (clock.now(), clock.today()) == (fixed, date(2024, 4, 1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert clock.now() > fixed


def test_a_clock_can_be_replaced_by_another_source() -> None:
    ticks = iter(datetime(2024, 1, 1, second, tzinfo=UTC) for second in range(3))
    with clock.replaced(lambda: next(ticks)):
        assert clock.now() < clock.now() < clock.now()
