"""What figures say is found by rule: chance is never a finding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction.findings import (
    FEWEST,
    FEWEST_OF_CELL,
    Amount,
    Change,
    chart_groups,
    choose_in_turn,
    find_amount,
    find_difference,
    find_most,
    find_outliers,
    find_worst_hour,
    hide_few,
    hide_hours,
)
from satisfaction.statistics import Counted

OFFICE = {"1": (470, 493), "2": (520, 553), "3": (841, 906), "4": (307, 366), "8": (15, 15)}


def _groups(shares: dict[str, tuple[int, int]]) -> dict[str, Counted]:
    return {key: Counted(*share) for key, share in shares.items()}


@pytest.mark.parametrize(
    ("whole", "amount"),
    [(0, Amount.NOTHING), (1, Amount.FEW), (29, Amount.FEW), (30, Amount.ENOUGH)],
)
def test_thirty_answers_are_enough_for_a_share(whole: int, amount: Amount) -> None:
    assert find_amount(whole) is amount


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        ((3001, 3222), (2802, 3000), Change.SAME),
        ((2900, 3222), (2802, 3000), Change.LOWER),
        ((3100, 3222), (2700, 3000), Change.HIGHER),
        ((30, 30), (30, 30), Change.SAME),
        ((0, 100), (100, 100), Change.LOWER),
    ],
)
def test_a_difference_is_said_only_where_its_interval_leaves_out_nought(
    now: tuple[int, int], before: tuple[int, int], change: Change
) -> None:
    found = find_difference(Counted(*now), Counted(*before))
    assert found is not None
    assert found.change is change
    assert found.points == pytest.approx(now[0] / now[1] - before[0] / before[1])


@pytest.mark.parametrize(
    ("now", "before"), [((29, 29), (100, 100)), ((100, 100), (29, 29)), ((0, 0), (0, 0))]
)
def test_too_few_answers_have_no_difference(now: tuple[int, int], before: tuple[int, int]) -> None:
    assert find_difference(Counted(*now), Counted(*before)) is None
    assert find_difference(Counted(*now), None) is None


def test_only_the_desk_beyond_its_limit_is_found() -> None:
    outliers = find_outliers(chart_groups(_groups(OFFICE)))
    assert (outliers.below, outliers.above, outliers.judged) == (("4",), (), 4)
    assert not outliers.is_quiet


def test_desks_within_their_limits_are_quiet() -> None:
    calm = {key: share for key, share in OFFICE.items() if key != "4"}
    outliers = find_outliers(chart_groups(_groups(calm)))
    assert outliers.is_quiet
    assert outliers.judged == 3


def test_several_outliers_are_named_lowest_first() -> None:
    groups = _groups({"a": (50, 100), "b": (30, 100), "c": (980, 1000), "d": (960, 1000)})
    outliers = find_outliers(chart_groups(groups))
    assert outliers.below == ("b", "a")
    assert outliers.above == ("d", "c")


@pytest.mark.parametrize("groups", [{}, {"1": (0, 0)}, {"1": (5, 9)}, {"1": (5, 900)}])
def test_a_single_desk_has_nothing_to_be_judged_by(groups: dict[str, tuple[int, int]]) -> None:
    outliers = find_outliers(chart_groups(_groups(groups)))
    assert (outliers.below, outliers.above, outliers.judged) == ((), (), 0)
    assert not outliers.is_quiet


def test_the_largest_of_many_hours_is_no_finding_by_itself() -> None:
    even = {(day, hour): Counted(4 + (day + hour) % 3, 60) for day in range(5) for hour in range(9)}
    assert find_worst_hour(even) is None
    assert find_worst_hour(even | {(0, 8): Counted(26, 80)}) == ((0, 8), Counted(26, 80))


def test_an_hour_with_few_answers_is_no_finding() -> None:
    hours = {(day, 8): Counted(3, 60) for day in range(5)} | {(5, 8): Counted(14, 14)}
    assert find_worst_hour(hours) is None
    assert find_worst_hour({}) is None


@pytest.mark.parametrize(
    ("amounts", "most"),
    [
        ([], ""),
        ([0], ""),
        ([30], "a"),
        ([30, 12, 9], "a"),
        ([9, 8, 8, 8, 8], ""),
        ([30, 29, 2], "ab"),
        ([30, 30, 28, 2], "abc"),
        ([30, 30, 29, 28, 2], ""),
        ([30, 28], ""),
        ([2, 30, 12], "b"),
    ],
)
def test_what_is_chosen_most_stands_above_the_rest_by_more_than_chance(
    amounts: list[int], most: str
) -> None:
    assert "".join(find_most(zip("abcde", amounts, strict=False), whole=sum(amounts))) == most


def test_what_few_have_chosen_is_no_finding() -> None:
    assert find_most([("wait", 1)], whole=1) == ()
    assert find_most([("wait", FEWEST_OF_CELL - 1)], whole=FEWEST_OF_CELL - 1) == ()
    assert find_most([("wait", FEWEST_OF_CELL)], whole=FEWEST_OF_CELL) == ("wait",)


@given(amounts=st.lists(st.integers(0, 90), max_size=9), more=st.integers(1, 40))
def test_what_is_chosen_most_is_so_with_a_wider_lead_as_well(amounts: list[int], more: int) -> None:
    chosen = dict(enumerate(amounts))
    found = find_most(chosen.items(), whole=sum(amounts))
    rest = [amount for key, amount in chosen.items() if key not in found]
    assert len(found) <= 3
    assert all(chosen[key] > amount for key in found for amount in rest)
    if len(found) == 1:
        wider = chosen | {found[0]: chosen[found[0]] + more}
        assert find_most(wider.items(), whole=sum(wider.values())) == found


def test_no_kind_of_todo_hides_another() -> None:
    assert choose_in_turn(["a", "b", "c", "d"], ["case"], ["device"]) == ("a", "case", "device")
    assert choose_in_turn(["a"], [], ["d", "e", "f"]) == ("a", "d", "e")
    assert choose_in_turn(["a", "b"], ["case"]) == ("a", "b", "case")
    assert choose_in_turn() == ()
    assert choose_in_turn(["a", "b"], ["case"], most=1) == ("a",)


shares = st.integers(0, 400).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


@given(groups=st.dictionaries(st.text(max_size=3), shares, max_size=12))
def test_whatever_is_found_is_judged_once(groups: dict[str, tuple[int, int]]) -> None:
    outliers = find_outliers(chart_groups(_groups(groups)))
    found = [*outliers.below, *outliers.above]
    assert len(found) == len(set(found)) <= outliers.judged
    assert all(groups[key][1] >= 30 for key in found)
    whole = sum(amount for _, amount in groups.values())
    centre = sum(amount for amount, _ in groups.values()) / whole if whole else 0
    assert all(groups[key][0] / groups[key][1] < centre for key in outliers.below)
    assert all(groups[key][0] / groups[key][1] > centre for key in outliers.above)


@given(sources=st.lists(st.lists(st.integers(), max_size=5), max_size=4), most=st.integers(0, 5))
def test_things_are_taken_from_the_front_of_each_source(
    sources: list[list[int]], most: int
) -> None:
    chosen = choose_in_turn(*sources, most=most)
    assert len(chosen) == min(most, sum(map(len, sources)))
    if most >= len(sources):
        assert all(not source or source[0] in chosen for source in sources)


@given(
    st.dictionaries(st.integers(0, 20), st.integers(min_value=1, max_value=60), max_size=12),
)
def test_what_is_left_over_for_hidden_groups_is_no_small_group(amounts: dict[int, int]) -> None:
    hidden = hide_few(amounts)
    shown = amounts.keys() - hidden
    assert all(amounts[key] >= FEWEST_OF_CELL for key in shown)
    rest = sum(amounts[key] for key in hidden)
    assert rest == 0 or rest >= FEWEST_OF_CELL or not shown
    if sum(amounts.values()) < FEWEST:
        assert not shown


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 6), st.integers(7, 17)),
        st.integers(1, 60).flatmap(
            lambda whole: st.integers(0, min(whole, 6)).map(lambda low: Counted(low, whole))
        ),
        max_size=20,
    )
)
def test_no_hour_tells_when_one_of_few_low_answers_was_given(
    cells: dict[tuple[int, int], Counted],
) -> None:
    hidden = hide_hours(cells)
    assert hide_few({place: one.whole for place, one in cells.items()}) <= hidden
    for weekday, hour in cells.keys() - hidden:
        low = sum(
            one.amount for (day, at), one in cells.items() if (day, at < 12) == (weekday, hour < 12)
        )
        assert low == 0 or low >= 5
