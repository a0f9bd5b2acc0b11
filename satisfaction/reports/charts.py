"""Whiskers, control charts, heat maps and plain bars as places and sizes. Refuses to pick colours.

One drawing for screen and print; the numbers themselves stand in the tables beside them.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

from satisfaction.figures import HourCount, ReasonCount
from satisfaction.findings import FEWEST, FEWEST_OF_CELL
from satisfaction.periods import parse_period
from satisfaction.statistics import ChartPoint, Interval, Verdict
from satisfaction.terms import Weekday

WHISKER_LEFT, WHISKER_RIGHT = 6.0, 146.0
CHART_LEFT, CHART_RIGHT, CHART_TOP, CHART_BOTTOM = 54.0, 756.0, 16.0, 266.0
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
MOST_TICKS = 6
MOST_DATES = 8
MOST_NAMED = 2
FROM_RIGHT = 540.0
SHADES = (4, 8, 12, 16)


@dataclass(frozen=True)
class Axis:
    """From which share to which a drawing goes, and between which places."""

    low: float
    high: float
    first: float
    last: float

    def place(self, share: float) -> float:
        """Return where a share stands; what lies beyond stands at the end."""
        part = (min(max(share, self.low), self.high) - self.low) / (self.high - self.low)
        return self.first + part * (self.last - self.first)


@dataclass(frozen=True)
class Whisker:
    """A share as a dot, its interval as a line, and the common share as a dashed one."""

    low: float
    dot: float
    high: float
    centre: float


def fit_whiskers(intervals: Iterable[Interval | None]) -> Axis:
    """Return the axis on which all these intervals find room."""
    known = [one for one in intervals if one is not None]
    low = min((one.low for one in known), default=0.0)
    high = max((one.high for one in known), default=1.0)
    return Axis(low, max(high, low + 0.01), WHISKER_LEFT, WHISKER_RIGHT)


def build_whisker(
    share: float | None, interval: Interval | None, *, centre: float | None, axis: Axis
) -> Whisker | None:
    """Return the drawing of a share with its interval."""
    if share is None or interval is None or centre is None:
        return None
    places = (interval.low, share, interval.high, centre)
    return Whisker(*[axis.place(one) for one in places])


@dataclass(frozen=True)
class Tick:
    """A line of the grid: where it stands, and the share that it stands for."""

    place: float
    share: float


@dataclass(frozen=True)
class Dot:
    """One day of a control chart; a hollow one is a weekend or has few answers.

    ``whole`` is of how many answers ``share`` is.
    """

    key: str
    x: float
    y: float
    share: float
    whole: int
    is_hollow: bool
    is_odd: bool
    is_named: bool
    has_date: bool

    @property
    def is_right(self) -> bool:
        """Whether its name has to stand on its left."""
        return self.x > FROM_RIGHT


@dataclass(frozen=True)
class ControlDrawing:
    """A control chart: its grid, the band with stepped limits, the common share, and the days.

    ``whole`` is of how many answers the common share is.
    """

    ticks: tuple[Tick, ...]
    band: str
    line: str
    centre_y: float
    centre: float
    whole: int
    dots: tuple[Dot, ...]


def build_control(points: Mapping[str, ChartPoint], centre: float | None) -> ControlDrawing | None:
    """Return the drawing of days with enough answers; None where two of them cannot be found.

    Shape: the keys are periods as they stand in addresses.
    """
    drawn = {key: one for key, one in points.items() if one.counted.whole >= FEWEST_OF_CELL}
    if centre is None or len(drawn) < 2:
        return None
    axis, ticks = _fit_shares(drawn.values())
    step = (CHART_RIGHT - CHART_LEFT) / len(drawn)
    edges = [CHART_LEFT + number * step for number in range(len(drawn) + 1)]
    dots = _dots(drawn, edges, axis)
    return ControlDrawing(
        ticks=ticks,
        band=_band([one.limits for one in drawn.values()], edges, axis),
        line="M" + "L".join(f"{dot.x:.1f} {dot.y:.1f}" for dot in dots),
        centre_y=axis.place(centre),
        centre=centre,
        whole=sum(one.counted.whole for one in points.values()),
        dots=dots,
    )


def _fit_shares(points: Iterable[ChartPoint]) -> tuple[Axis, tuple[Tick, ...]]:
    """Return an axis that ends at round shares, and the round shares between them."""
    shares: list[float] = []
    for point in points:
        assert point.limits is not None
        shares += [point.limits.low, point.limits.high, point.counted.share or 0.0]
    low, high = min(shares), max(shares)
    step = next((one for one in STEPS if (high - low) / one <= MOST_TICKS - 1), STEPS[-1])
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    last = max(last, first + 1)
    axis = Axis(first * step, last * step, CHART_BOTTOM, CHART_TOP)
    ticks = [Tick(axis.place(n * step), round(n * step, 4)) for n in range(first, last + 1)]
    return axis, tuple(ticks)


def _dots(drawn: Mapping[str, ChartPoint], edges: Sequence[float], axis: Axis) -> tuple[Dot, ...]:
    odd = {Verdict.BELOW, Verdict.ABOVE}
    beyond = [key for key, one in drawn.items() if one.verdict in odd]
    named = sorted(beyond, key=lambda key: drawn[key].counted.share or 0.0)[:MOST_NAMED]
    every = ceil(len(drawn) / MOST_DATES)
    dots = []
    for number, (key, point) in enumerate(drawn.items()):
        share = point.counted.share or 0.0
        dots.append(
            Dot(
                key=key,
                x=(edges[number] + edges[number + 1]) / 2,
                y=axis.place(share),
                share=share,
                whole=point.counted.whole,
                is_hollow=_is_weekend(key) or point.counted.whole < FEWEST,
                is_odd=point.verdict in odd,
                is_named=key in named,
                has_date=number % every == 0,
            )
        )
    return tuple(dots)


def _is_weekend(key: str) -> bool:
    period = parse_period(key)[1]
    return period.length_days == 1 and period.first_day.weekday() >= Weekday.SATURDAY


def _band(limits: Sequence[Interval | None], edges: Sequence[float], axis: Axis) -> str:
    """Return the outline of the limits, which step with the number of answers."""
    known = [one for one in limits if one is not None]
    spans = list(zip(pairwise(edges), known, strict=True))
    upper = [f"{x:.1f} {axis.place(one.high):.1f}" for span, one in spans for x in span]
    lower = [
        f"{x:.1f} {axis.place(one.low):.1f}" for span, one in reversed(spans) for x in span[::-1]
    ]
    return "M" + "L".join(upper + lower) + "Z"


@dataclass(frozen=True)
class Cell:
    """One hour of one weekday; ``shade`` is None where there are too few answers for a share.

    Units: ``percent`` is whole percents of answers that are not satisfied. How many answers there
    were is not drawn: with it, two months less one would give an hour that is hidden in the other.
    """

    is_empty: bool
    percent: int | None
    shade: int | None


@dataclass(frozen=True)
class HeatMap:
    """Weekdays by hours, as far as somebody answered in them."""

    hours: tuple[int, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


def build_heat(
    cells: Mapping[tuple[int, int], HourCount], hidden: Set[tuple[int, int]] = frozenset()
) -> HeatMap:
    """Return the map of the hours that are told on some weekday; hidden ones say nothing."""
    hours = tuple(sorted({hour for _, hour in cells.keys() - hidden}))
    weekdays = sorted({weekday for weekday, _ in cells})
    return HeatMap(
        hours,
        tuple(
            (
                weekday,
                tuple(
                    _cell(cells.get((weekday, hour)), is_hidden=(weekday, hour) in hidden)
                    for hour in hours
                ),
            )
            for weekday in weekdays
        ),
    )


def _cell(count: HourCount | None, *, is_hidden: bool) -> Cell:
    if count is None or is_hidden or count.answers < FEWEST_OF_CELL:
        return Cell(count is None, None, None)
    percent = floor(100 * (count.answers - count.satisfied) / count.answers + 0.5)
    return Cell(False, percent, sum(percent >= limit for limit in SHADES))


def measure_bars(rows: Sequence[ReasonCount]) -> tuple[tuple[ReasonCount, float], ...]:
    """Return each reason with the length of its bar.

    Units: percent of the longest.
    """
    most = max((row.count for row in rows), default=0)
    return tuple((row, round(100 * row.count / most, 1)) for row in rows)
