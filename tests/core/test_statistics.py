"""Intervals and control limits against published tables, and what must hold for any counts."""

from math import comb

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from satisfaction.statistics import (
    Counted,
    Verdict,
    control_chart,
    control_limits,
    difference_interval,
    sign_test,
    wilson_interval,
)


@st.composite
def counts(draw: st.DrawFn, fewest: int = 0, most: int = 5000) -> Counted:
    """Draw so many of so many."""
    whole = draw(st.integers(fewest, most))
    return Counted(draw(st.integers(0, whole)), whole)


@pytest.mark.parametrize(
    ("amount", "whole", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_that_of_newcombes_first_table(
    amount: int, whole: int, low: float, high: float
) -> None:
    interval = wilson_interval(Counted(amount, whole))
    assert interval is not None
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_difference_is_that_of_newcombes_second_table(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    interval = difference_interval(Counted(*first), Counted(*second))
    assert interval is not None
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


def test_only_the_eleventh_of_montgomerys_purchase_orders_is_beyond_its_limit() -> None:
    sizes = [100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120]
    sizes += [120, 110, 80, 80, 80, 90, 100, 100, 100, 100, 90, 90]
    faulty = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
    groups = {n: Counted(*both) for n, both in enumerate(zip(faulty, sizes, strict=True), start=1)}
    chart = control_chart(groups, fewest=30)
    assert chart.centre == pytest.approx(234 / 2450)
    assert chart.outside() == [11]
    assert chart.points[11].verdict is Verdict.ABOVE
    limits = chart.points[1].limits
    assert limits is not None
    assert limits.low == pytest.approx(0.007, abs=1e-3)
    assert limits.high == pytest.approx(0.184, abs=1e-3)


@pytest.mark.parametrize(
    ("whole", "fewer"),
    [(6, 0), (9, 1), (12, 2), (15, 3), (20, 5), (25, 7), (30, 9), (40, 13), (49, 17), (100, 39)],
)
def test_amounts_part_where_the_table_of_dixon_and_mood_says(whole: int, fewer: int) -> None:
    assert sign_test(whole - fewer, fewer) < 0.05
    assert sign_test(whole - fewer - 1, fewer + 1) > 0.05


def test_eight_of_ten_deer_with_longer_hind_legs_are_zars_example() -> None:
    assert sign_test(8, 2) == pytest.approx(0.109375)


@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 50))
def test_amounts_are_the_likelier_the_nearer_they_are(one: int, other: int, more: int) -> None:
    chance = sign_test(one, other)
    assert chance == sign_test(other, one)
    assert 0 <= chance <= 1
    assert sign_test(one, one) == 1
    further = sign_test(max(one, other) + more, min(one, other))
    assert further <= chance + 1e-9


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_chance_of_two_amounts_is_counted_out(one: int, other: int) -> None:
    whole = one + other
    ways = sum(comb(whole, amount) for amount in range(max(one, other), whole + 1))
    assert sign_test(one, other) == pytest.approx(min(1, 2 * ways / 2**whole), rel=1e-9)


def test_nothing_counted_is_no_share_and_no_interval() -> None:
    nobody = Counted(0, 0)
    assert nobody.share is None
    assert wilson_interval(nobody) is None
    assert difference_interval(nobody, Counted(1, 2)) is None
    assert difference_interval(Counted(1, 2), nobody) is None
    chart = control_chart({"1": nobody, "2": nobody}, fewest=30)
    assert chart.centre is None
    assert {point.verdict for point in chart.points.values()} == {Verdict.TOO_FEW}


@pytest.mark.parametrize(("amount", "whole"), [(-1, 5), (6, 5), (0, -1)])
def test_what_cannot_be_counted_is_refused(amount: int, whole: int) -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        Counted(amount, whole)


def test_an_amount_below_nought_is_not_tested() -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        sign_test(-1, 3)


@pytest.mark.parametrize(("centre", "whole"), [(0.5, 0), (-0.1, 5), (1.1, 5)])
def test_limits_need_answers_and_a_share(centre: float, whole: int) -> None:
    with pytest.raises(ValueError, match="no limits"):
        control_limits(centre, whole)


@given(counts(fewest=1))
def test_the_share_lies_within_its_interval_and_that_between_nought_and_one(
    counted: Counted,
) -> None:
    interval = wilson_interval(counted)
    assert interval is not None
    assert counted.share in interval
    assert 0 <= interval.low < interval.high <= 1


@given(counts(fewest=1))
def test_the_other_side_of_a_share_has_the_mirrored_interval(counted: Counted) -> None:
    interval = wilson_interval(counted)
    mirrored = wilson_interval(Counted(counted.whole - counted.amount, counted.whole))
    assert interval is not None
    assert mirrored is not None
    assert mirrored.low == pytest.approx(1 - interval.high)
    assert mirrored.high == pytest.approx(1 - interval.low)


@given(counts(fewest=1, most=500), st.integers(2, 50))
def test_more_answers_with_the_same_share_say_more(counted: Counted, times: int) -> None:
    few = wilson_interval(counted)
    many = wilson_interval(Counted(counted.amount * times, counted.whole * times))
    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


@given(counts(fewest=1), counts(fewest=1))
def test_a_difference_turned_round_changes_its_sign_only(first: Counted, second: Counted) -> None:
    forth = difference_interval(first, second)
    back = difference_interval(second, first)
    assert forth is not None
    assert back is not None
    assert back.low == pytest.approx(-forth.high)
    assert back.high == pytest.approx(-forth.low)
    assert -1 <= forth.low <= forth.high <= 1


@given(st.lists(counts(), min_size=1, max_size=12), st.integers(1, 100))
def test_a_group_is_judged_by_its_own_limits_unless_it_is_too_small(
    groups: list[Counted], fewest: int
) -> None:
    chart = control_chart(dict(enumerate(groups)), fewest=fewest)
    assume(chart.centre is not None)
    assert chart.centre is not None
    for point in chart.points.values():
        if point.counted.whole < fewest:
            assert point.verdict is Verdict.TOO_FEW
            continue
        assert point.limits is not None
        assert chart.centre in point.limits
        assert (point.verdict is Verdict.WITHIN) == (point.counted.share in point.limits)


@given(counts(fewest=30))
def test_one_group_alone_is_never_beyond_its_limits(counted: Counted) -> None:
    chart = control_chart({"only": counted}, fewest=30)
    assert chart.outside() == []
