"""Which counts of a month may go beyond those who see single answers. Pure; refuses to round.

A number is shown only where it is a sum of *blocks*: a block is some lines by a group of levels,
and has no answer or at least as many as the limit. So every count that follows from what is shown
is a sum of blocks as well, and none is small.

Source: docs/adr/0019-small-counts-are-hidden-by-blocks.md, with the proof.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from satisfaction.terms import Leaning

Counts = tuple[int, ...]
Groups = tuple[tuple[int, ...], ...]
Grid = Mapping[str, Counts]


@dataclass(frozen=True)
class Ladder:
    """How levels may be added up, the finest first; each rung joins groups of the one before.

    Shape: level by level; by what they count as; satisfied against all others; everything.
    """

    rungs: tuple[Groups, ...]

    @property
    def coarsest_with_share(self) -> int:
        """The last rung that still has a satisfied share."""
        return len(self.rungs) - 2


def make_ladder(leanings: Sequence[Leaning]) -> Ladder:
    """Return the ladder of a scale, or of several side by side."""

    def places(*wanted: Leaning) -> tuple[int, ...]:
        return tuple(n for n, leaning in enumerate(leanings) if leaning in wanted)

    dissatisfied, neutral = places(Leaning.DISSATISFIED), places(Leaning.NEUTRAL)
    satisfied = places(Leaning.SATISFIED)
    everything = tuple(range(len(leanings)))
    rungs = (
        tuple((n,) for n in everything),
        (dissatisfied, neutral, satisfied),
        (dissatisfied + neutral, satisfied),
        (everything,),
    )
    return Ladder(tuple(tuple(group for group in rung if group) for rung in rungs))


def add_up(counts: Sequence[int], groups: Groups) -> Counts:
    """Return the counts of groups of levels."""
    return tuple(sum(counts[place] for place in group) for group in groups)


@dataclass(frozen=True)
class Shown:
    """What may be shown of one table: lines by groups of levels, and the other lines together.

    ``others`` is None where every line is shown; ``joined`` names the lines that it stands for.
    """

    rung: int
    lines: Mapping[str, Counts]
    others: Counts | None
    joined: frozenset[str]


@dataclass(frozen=True)
class Released:
    """What may be shown of a period: its total, and each table; ``rung`` is the total's."""

    rung: int
    total: Counts
    tables: Mapping[str, Shown]


def release_month(tables: Mapping[str, Grid], ladder: Ladder, *, limit: int) -> Released | None:
    """Return what may be shown of a month, or nothing where its answers are fewer than the limit.

    Shape: every table has the same answers, each in one line; ``ladder`` is that of their levels.
    """
    levels = len(ladder.rungs[0])
    grids = list(tables.values())
    whole = _total(grids[0].values(), levels) if grids else (0,) * levels
    rung = next(
        (n for n, groups in enumerate(ladder.rungs) if _is_safe(add_up(whole, groups), limit)),
        None,
    )
    if rung is None:
        return None
    return Released(
        rung,
        add_up(whole, ladder.rungs[rung]),
        {name: _choose(grid, ladder, rung=rung, limit=limit) for name, grid in tables.items()},
    )


def _total(rows: Iterable[Counts], width: int) -> Counts:
    return tuple(map(sum, zip(*rows, strict=True))) or (0,) * width


def _is_safe(counts: Counts, limit: int) -> bool:
    """Say whether no count is small; nought is no small count, because it is nobody's answer."""
    return all(count == 0 or count >= limit for count in counts)


def _choose(grid: Grid, ladder: Ladder, *, rung: int, limit: int) -> Shown:
    """Return the table on the rung that shows most lines, the finer one where several do.

    Never finer than the total, or levels that the total joins could be told apart.
    """
    last = max(rung, ladder.coarsest_with_share)
    tried = [_join(grid, ladder.rungs[n], rung=n, limit=limit) for n in range(rung, last + 1)]
    return max(tried, key=lambda shown: (len(shown.lines), -shown.rung))


def _join(grid: Grid, groups: Groups, *, rung: int, limit: int) -> Shown:
    """Show the lines without a small count, and join the others until they have none either.

    One line alone would be the total less all others, so that at least two with answers are joined.
    """
    counts = {key: add_up(levels, groups) for key, levels in grid.items()}
    shown = {key: line for key, line in counts.items() if _is_safe(line, limit)}
    joined = {key: line for key, line in counts.items() if key not in shown}
    while joined and (len(joined) == 1 or not _is_safe(_total(joined.values(), 0), limit)):
        candidates = [key for key, line in shown.items() if any(line)]
        assert candidates, "the total has no small count, so that all lines together have none"
        nearest = min(candidates, key=lambda key: (sum(shown[key]), key))
        joined[nearest] = shown.pop(nearest)
    others = _total(joined.values(), 0) if joined else None
    return Shown(rung, shown, others, frozenset(joined))


def add_months(months: Sequence[Released], ladder: Ladder) -> Released:
    """Return what may be shown of several months together: sums of what each of them shows.

    Nothing new can follow from it. A line is shown where every month shows it.
    """
    rung = max(month.rung for month in months)
    names = dict.fromkeys(chain.from_iterable(month.tables for month in months))
    total = _total([_regroup(m.total, ladder, m.rung, rung) for m in months], 0)
    return Released(
        rung, total, {name: _add_tables([m.tables[name] for m in months], ladder) for name in names}
    )


def _regroup(counts: Counts, ladder: Ladder, fine: int, coarse: int) -> Counts:
    """Return the counts of a rung added up to a coarser one."""
    places = [set(group) for group in ladder.rungs[fine]]
    return tuple(
        sum(count for count, place in zip(counts, places, strict=True) if place <= set(group))
        for group in ladder.rungs[coarse]
    )


def _add_tables(tables: Sequence[Shown], ladder: Ladder) -> Shown:
    rung = max(table.rung for table in tables)
    width = len(ladder.rungs[rung])
    joined = frozenset().union(*[table.joined for table in tables])
    lines: dict[str, Counts] = {}
    others: list[Counts] = []
    for table in tables:
        for key, counts in table.lines.items():
            regrouped = _regroup(counts, ladder, table.rung, rung)
            if key in joined:
                others.append(regrouped)
            else:
                before = lines.get(key, (0,) * width)
                lines[key] = _total([before, regrouped], width)
        if table.others is not None:
            others.append(_regroup(table.others, ladder, table.rung, rung))
    return Shown(rung, lines, _total(others, width) if joined else None, joined)
