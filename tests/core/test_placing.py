"""On which day a tap belongs."""

from datetime import UTC, date, datetime, timedelta

import pytest

from satisfaction.placing import CountedTime, find_backdated, place
from satisfaction.terms import Mark

TAPPED = datetime(2026, 3, 10, 16, 58, tzinfo=UTC)
LATER = TAPPED + timedelta(days=2)
MINUTE_MS = 60_000


@pytest.mark.parametrize(
    ("offset_ms", "day", "marks"),
    [
        (None, date(2026, 3, 10), ()),
        (0, date(2026, 3, 10), ()),
        (5 * MINUTE_MS, date(2026, 3, 10), ()),
        (6 * MINUTE_MS, date(2026, 3, 11), (Mark.CLOCK_CORRECTED,)),
        (-6 * MINUTE_MS, date(2026, 3, 10), (Mark.CLOCK_CORRECTED,)),
        (24 * 60 * MINUTE_MS, date(2026, 3, 11), (Mark.CLOCK_CORRECTED,)),
        (24 * 60 * MINUTE_MS + 1, None, (Mark.DAY_UNKNOWN,)),
        (-72 * 60 * MINUTE_MS, None, (Mark.DAY_UNKNOWN,)),
    ],
)
def test_the_day_follows_the_corrected_time(
    offset_ms: int | None, day: date | None, marks: tuple[Mark, ...]
) -> None:
    placement = place(TAPPED, offset_ms, received_at=LATER)
    assert (placement.local_day, placement.marks) == (day, marks)


def test_a_clock_a_little_fast_makes_no_day_to_come() -> None:
    received = datetime(2026, 3, 10, 16, 59, 30, tzinfo=UTC)
    assert place(received + timedelta(minutes=2), 0, received_at=received).local_day == date(
        2026, 3, 10
    )


def _at(counter: int, minutes: float) -> CountedTime:
    return CountedTime(counter, TAPPED + timedelta(minutes=minutes))


def test_times_that_run_with_the_counters_are_left_alone() -> None:
    assert find_backdated([_at(1, 0)], [_at(2, 1), _at(3, -3.9), _at(4, 60)]) == set()


def test_a_later_counter_with_an_earlier_time_is_found() -> None:
    assert find_backdated([_at(1, 0)], [_at(3, -600), _at(2, -5.1), _at(4, 1)]) == {2, 3}


def test_a_jump_within_a_delivery_is_found_and_does_not_spread() -> None:
    assert find_backdated([], [_at(1, 0), _at(2, 60), _at(3, 10), _at(4, 61)]) == {3}


def test_what_was_accepted_between_is_a_measure_and_is_not_judged() -> None:
    accepted = [_at(1, 0), _at(4, 30), _at(6, 0)]
    assert find_backdated(accepted, [_at(3, 1), _at(5, 20), _at(7, 29)]) == {5}


def test_small_steps_back_add_up() -> None:
    assert find_backdated([_at(1, 0), _at(2, -4)], [_at(3, -8)]) == {3}


@pytest.mark.parametrize("offset_ms", [None, 0, 60 * MINUTE_MS])
def test_a_time_to_come_makes_no_day(offset_ms: int | None) -> None:
    received = TAPPED - timedelta(minutes=6)
    placement = place(TAPPED, offset_ms, received_at=received)
    assert (placement.local_day, placement.marks) == (None, (Mark.DAY_UNKNOWN,))
