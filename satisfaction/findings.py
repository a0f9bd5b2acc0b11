"""What figures say, found by rule: the sentence and the titles of the overview. Pure.

Refuses to call chance a finding: a difference is said only where its interval leaves out nought, a
desk or a day only beyond its control limits, a reason only where chance does not explain its lead.
Words are found elsewhere, by these values.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Generic, TypeVar

from satisfaction.statistics import (
    CONFIDENCE,
    ControlChart,
    Counted,
    Verdict,
    control_chart,
    difference_interval,
    sign_test,
)

FEWEST = 30
FEWEST_OF_CELL = 15
FEWEST_UNSATISFIED = 5
NOON = 12
Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Change(StrEnum):
    """How a share stands to that of the earlier period."""

    HIGHER = "higher"
    SAME = "same"
    LOWER = "lower"


class Amount(StrEnum):
    """Whether there is enough to speak of a share."""

    NOTHING = "nothing"
    FEW = "few"
    ENOUGH = "enough"


@dataclass(frozen=True)
class Outliers(Generic[Key]):
    """Which groups are beyond their limits, lowest share first, and how many were judged."""

    below: tuple[Key, ...]
    above: tuple[Key, ...]
    judged: int

    @property
    def is_quiet(self) -> bool:
        """Say whether groups were judged and chance explains them all."""
        return self.judged > 1 and not self.below and not self.above


@dataclass(frozen=True)
class Difference:
    """A share against an earlier one; ``of`` is the smaller of their two wholes.

    Units: ``points`` are a fraction −1 to 1.
    """

    change: Change
    points: float
    earlier: Counted
    of: int


def find_amount(whole: int, *, fewest: int = FEWEST) -> Amount:
    """Say whether so many answers are enough for a share."""
    if not whole:
        return Amount.NOTHING
    return Amount.FEW if whole < fewest else Amount.ENOUGH


def find_difference(
    counted: Counted, earlier: Counted | None, *, fewest: int = FEWEST
) -> Difference | None:
    """Return how a share changed; None where one of the two has too few answers for a share."""
    if earlier is None or min(counted.whole, earlier.whole) < fewest:
        return None
    interval = difference_interval(counted, earlier)
    share, before = counted.share, earlier.share
    assert interval is not None
    assert share is not None
    assert before is not None
    change = Change.SAME
    if 0.0 not in interval:
        change = Change.HIGHER if share > before else Change.LOWER
    return Difference(change, share - before, earlier, min(counted.whole, earlier.whole))


def find_outliers(chart: ControlChart[Key]) -> Outliers[Key]:
    """Return the groups of a chart that are beyond their limits."""
    judged = {
        key: point for key, point in chart.points.items() if point.verdict is not Verdict.TOO_FEW
    }
    ordered = sorted(judged, key=lambda key: judged[key].counted.share or 0.0)
    return Outliers(
        tuple(key for key in ordered if judged[key].verdict is Verdict.BELOW),
        tuple(key for key in ordered if judged[key].verdict is Verdict.ABOVE),
        len(judged),
    )


def chart_groups(groups: Mapping[Key, Counted], *, fewest: int = FEWEST) -> ControlChart[Key]:
    """Judge groups around the share of all of them; a single one has nothing to be judged by."""
    chart = control_chart(groups, fewest=fewest)
    filled = sum(1 for group in groups.values() if group.whole)
    if filled > 1:
        return chart
    return control_chart(groups, fewest=max((one.whole for one in groups.values()), default=0) + 1)


def find_worst_hour(
    unsatisfied: Mapping[Key, Counted], *, fewest: int = FEWEST_OF_CELL
) -> tuple[Key, Counted] | None:
    """Return the hour with the largest share of answers that are not satisfied, if it is odd.

    The largest of many cells is always somewhere; it is said only where it is beyond its limit.
    """
    outliers = find_outliers(chart_groups(unsatisfied, fewest=fewest))
    if not outliers.above:
        return None
    worst = outliers.above[-1]
    return worst, unsatisfied[worst]


def hide_few(
    amounts: Mapping[Key, int], *, fewest: int = FEWEST_OF_CELL, whole: int = FEWEST
) -> frozenset[Key]:
    """Return the groups of a whole that may not be shown one by one, for they would name somebody.

    Too small a whole is hidden altogether. What the hidden groups hold together can be had from the
    whole less what is shown, so a small rest takes the smallest shown group with it.
    """
    if sum(amounts.values()) < whole:
        return frozenset(amounts)
    hidden = {key for key, amount in amounts.items() if amount < fewest}
    shown = sorted(amounts.keys() - hidden, key=lambda key: amounts[key])
    if shown and 0 < sum(amounts[key] for key in hidden) < fewest:
        hidden.add(shown[0])
    return frozenset(hidden)


def hide_hours(unsatisfied: Mapping[tuple[int, int], Counted]) -> frozenset[tuple[int, int]]:
    """Return the hours of weekdays that may not be shown: for few answers, or for whom they name.

    Single low answers are known by their day and half-day to those who may see them. Where a
    weekday's half-day has few of them in all, its hours would say when each of them was given.
    """
    hidden = set(hide_few({place: one.whole for place, one in unsatisfied.items()}))
    halves: dict[tuple[int, bool], int] = {}
    for (weekday, hour), one in unsatisfied.items():
        half = weekday, hour < NOON
        halves[half] = halves.get(half, 0) + one.amount
    for weekday, hour in unsatisfied:
        if 0 < halves[weekday, hour < NOON] < FEWEST_UNSATISFIED:
            hidden.add((weekday, hour))
    return frozenset(hidden)


def find_most(
    amounts: Iterable[tuple[Key, int]], *, whole: int, fewest: int = FEWEST_OF_CELL, most: int = 3
) -> tuple[Key, ...]:
    """Return what so many answers chose most, or the few that stand above all the rest together.

    The fewest whose last is parted from the next by more than chance; none where there are no such,
    where they are all that was chosen, or where too few answered. An answer may choose several:
    those that chose both of two tell nothing of them, and only make the test more careful.
    """
    given = sorted(((key, amount) for key, amount in amounts if amount), key=lambda one: -one[1])
    if whole < fewest:
        return ()
    steps = pairwise([*(amount for _, amount in given), 0])
    for place, (amount, following) in enumerate(steps, start=1):
        if place > most or 1 < place == len(given):
            return ()
        if sign_test(amount, following) < 1 - CONFIDENCE:
            return tuple(key for key, _ in given[:place])
    return ()


def choose_in_turn(*sources: Sequence[Thing], most: int = 3) -> tuple[Thing, ...]:
    """Return at most so many things, in turn from each source, and in the order of the sources.

    In turn, so that many things of one kind never hide the only one of another.
    """
    taken = [0] * len(sources)
    for rank in range(max(map(len, sources), default=0)):
        for place, source in enumerate(sources):
            if rank < len(source) and sum(taken) < most:
                taken[place] += 1
    return tuple(
        thing for source, length in zip(sources, taken, strict=True) for thing in source[:length]
    )
