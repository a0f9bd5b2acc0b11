"""What a share says and what it does not: intervals and control limits. Pure; counts in, words out.

Refuses shares without their denominator, and any order of merit: a desk is compared with the
limits within which chance alone would put it, never with its neighbour.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import exp, lgamma, log, sqrt
from statistics import NormalDist
from typing import Generic, TypeVar

CONFIDENCE = 0.95
SIGMAS = 3.0
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Interval:
    """The shares, from ``low`` to ``high``, with which what was counted agrees.

    Units: fractions 0 to 1.
    """

    low: float
    high: float

    def __contains__(self, share: float | None) -> bool:
        """Say whether a share lies within, the ends included; one that does not exist does not."""
        return share is not None and self.low <= share <= self.high


@dataclass(frozen=True)
class Counted:
    """So many of so many.

    Raises: ValueError unless 0 ≤ amount ≤ whole.
    """

    amount: int
    whole: int

    def __post_init__(self) -> None:
        """Refuse what cannot have been counted."""
        if not 0 <= self.amount <= self.whole:
            raise ValueError(f"{self.amount} of {self.whole} cannot be counted")

    @property
    def share(self) -> float | None:
        """The fraction; None where nothing was counted."""
        return self.amount / self.whole if self.whole else None


class Verdict(StrEnum):
    """Where a group stands to the limits of chance."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class ChartPoint:
    """One group of a p-chart; ``limits`` are its own, because they depend on how many answered.

    Units: fractions 0 to 1. ``limits`` is None where nobody answered.
    """

    counted: Counted
    limits: Interval | None
    verdict: Verdict


@dataclass(frozen=True)
class ControlChart(Generic[Key]):
    """A p-chart: the share of all groups together, and each group with its stepped limits.

    Units: ``centre`` is a fraction 0 to 1, or None where nobody answered at all.
    """

    centre: float | None
    points: Mapping[Key, ChartPoint]

    def outside(self) -> list[Key]:
        """Return the groups beyond their limits, in the order in which they were given."""
        odd = {Verdict.BELOW, Verdict.ABOVE}
        return [key for key, point in self.points.items() if point.verdict in odd]


def wilson_interval(counted: Counted, *, confidence: float = CONFIDENCE) -> Interval | None:
    """Return the score interval of a share, without correction for continuity.

    It keeps its promise with few answers and near 0 and 1, where p ± 1,96 s does not.
    Shape: None where nothing was counted, for then any share agrees.
    Source: E. B. Wilson, 1927; method 3 of R. G. Newcombe, Statistics in Medicine 17 (1998) 857.
    """
    if not counted.whole:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    n, p = counted.whole, counted.amount / counted.whole
    middle = p + z * z / (2 * n)
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the ends the exact bound is the end itself, which rounding would miss by a hair.
    low = 0.0 if counted.amount == 0 else (middle - reach) / scale
    high = 1.0 if counted.amount == n else (middle + reach) / scale
    return Interval(low, high)


def difference_interval(
    first: Counted, second: Counted, *, confidence: float = CONFIDENCE
) -> Interval | None:
    """Return the interval of the first share minus the second, of two separate groups.

    A difference is real where 0 lies outside.
    Units: fractions −1 to 1. Shape: None where one of the groups is empty.
    Source: method 10 of R. G. Newcombe, Statistics in Medicine 17 (1998) 873.
    """
    one = wilson_interval(first, confidence=confidence)
    other = wilson_interval(second, confidence=confidence)
    if one is None or other is None:
        return None
    p, q = first.amount / first.whole, second.amount / second.whole
    down = sqrt((p - one.low) ** 2 + (other.high - q) ** 2)
    up = sqrt((one.high - p) ** 2 + (q - other.low) ** 2)
    return Interval(p - q - down, p - q + up)


def sign_test(first: int, second: int) -> float:
    """Return how often chance alone parts two amounts at least as far, were both as likely.

    Exact and on both sides, so that the largest of many may be tested against the next.
    Units: a fraction 0 to 1.
    Source: W. J. Dixon and A. M. Mood, Journal of the American Statistical Association 41 (1946)
    557; for the largest of many K. Hung and W. Fithian, Annals of Statistics 47 (2019) 758.
    Raises: ValueError for an amount below nought.
    """
    if min(first, second) < 0:
        raise ValueError(f"{first} and {second} cannot be counted")
    whole, more = first + second, max(first, second)
    ways = lgamma(whole + 1) - lgamma(more + 1) - lgamma(whole - more + 1)
    part, tail = exp(ways - whole * log(2)), 0.0
    for amount in range(more, whole + 1):
        tail += part
        part *= (whole - amount) / (amount + 1)
    return min(1.0, 2 * tail)


def control_limits(centre: float, whole: int, *, sigmas: float = SIGMAS) -> Interval:
    """Return between which shares chance alone puts so many answers around a common share.

    Units: fractions 0 to 1; the limits end there.
    Source: W. A. Shewhart's chart for shares of unequal groups: p̄ ± 3√(p̄(1−p̄)/n).
    Raises: ValueError without answers, or for a share beyond 0 and 1.
    """
    if whole < 1 or not 0 <= centre <= 1:
        raise ValueError(f"no limits for {whole} answers around {centre}")
    reach = sigmas * sqrt(centre * (1 - centre) / whole)
    return Interval(max(0.0, centre - reach), min(1.0, centre + reach))


def control_chart(
    groups: Mapping[Key, Counted], *, fewest: int, sigmas: float = SIGMAS
) -> ControlChart[Key]:
    """Judge each group by the limits around the share of all of them together.

    A group with fewer than ``fewest`` answers is counted in and not judged.
    """
    amount = sum(group.amount for group in groups.values())
    whole = sum(group.whole for group in groups.values())
    centre = Counted(amount, whole).share
    points = {key: _point(group, centre, fewest, sigmas) for key, group in groups.items()}
    return ControlChart(centre, points)


def _point(group: Counted, centre: float | None, fewest: int, sigmas: float) -> ChartPoint:
    share = group.share
    if centre is None or share is None:
        return ChartPoint(group, None, Verdict.TOO_FEW)
    limits = control_limits(centre, group.whole, sigmas=sigmas)
    if group.whole < fewest:
        return ChartPoint(group, limits, Verdict.TOO_FEW)
    if share in limits:
        return ChartPoint(group, limits, Verdict.WITHIN)
    return ChartPoint(group, limits, Verdict.BELOW if share < limits.low else Verdict.ABOVE)
