"""Small counts stay hidden: everything that is shown of a year is given to an attack on it."""

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from satisfaction.suppression import (
    Grid,
    Ladder,
    Released,
    Shown,
    add_months,
    add_up,
    make_ladder,
    release_month,
)
from satisfaction.terms import Leaning
from tests.attack import Attack

LIMIT = 5
FIVE = (
    Leaning.DISSATISFIED,
    Leaning.DISSATISFIED,
    Leaning.NEUTRAL,
    Leaning.SATISFIED,
    Leaning.SATISFIED,
)
LADDER = make_ladder(FIVE)
LINES = {"desk": 4, "procedure": 3, "channel": 2, "day": 4}
Month = dict[str, dict[str, tuple[int, ...]]]
Answer = tuple[int, int, int, int, int]


def tabulate(answers: Sequence[Answer]) -> Month:
    """Return the tables of a month's answers: each has a line in every table, and a level."""
    tables: dict[str, dict[str, list[int]]] = {
        name: {str(n): [0] * 5 for n in range(lines)} for name, lines in LINES.items()
    }
    for *places, level in answers:
        for (name, table), place in zip(tables.items(), places, strict=True):
            table[str(place % LINES[name])][level] += 1
    return {
        name: {key: tuple(line) for key, line in table.items()} for name, table in tables.items()
    }


answers = st.tuples(
    st.integers(0, 3),
    st.integers(0, 2),
    st.integers(0, 1),
    st.integers(0, 3),
    st.sampled_from([0, 1, 2, 3, 3, 4, 4, 4]),
)
runs = st.tuples(answers, st.integers(1, 9)).map(lambda run: [run[0]] * run[1])
histories = st.lists(runs, max_size=14).map(lambda found: tabulate(list(chain(*found))))


class Sought:
    """An attack, and the true value of every count that it might find."""

    def __init__(self) -> None:
        self.attack = Attack()
        self.truth: dict[Hashable, int] = {}

    def meet(self, month: int, tables: Month) -> None:
        """Name every count of a month: cells, lines, and both by groups of levels."""
        levels = [(month, "all", level) for level in range(5)]
        for name, grid in tables.items():
            for key, counts in grid.items():
                cells = [(month, name, key, level) for level in range(5)]
                self.truth |= dict(zip(cells, counts, strict=True))
                self._meet_groups((month, name, key), cells, counts)
            for level in range(5):
                self.attack.define(levels[level], [(month, name, key, level) for key in grid])
        whole = [sum(column) for column in zip(*tables["desk"].values(), strict=True)]
        self.truth |= dict(zip(levels, whole, strict=True))
        self._meet_groups((month, "all"), levels, whole)

    def _meet_groups(
        self, name: Hashable, cells: Sequence[Hashable], counts: Sequence[int]
    ) -> None:
        for group in {group for rung in LADDER.rungs for group in rung if len(group) > 1}:
            self.attack.define((name, group), [cells[level] for level in group])
            self.truth[name, group] = sum(counts[level] for level in group)

    def read(self, months: Sequence[int], shown: Released, tables: Mapping[int, Month]) -> None:
        """Learn every number that is shown of one month, or of several together."""
        for group, count in zip(LADDER.rungs[shown.rung], shown.total, strict=True):
            self.attack.learn([(m, "all", level) for m in months for level in group], count)
        for name, table in shown.tables.items():
            for keys, counts in _blocks(table):
                for group, count in zip(LADDER.rungs[table.rung], counts, strict=True):
                    cells = [
                        (m, name, key, level)
                        for m in months
                        for key in keys
                        if key in tables[m][name]
                        for level in group
                    ]
                    self.attack.learn(cells, count)

    def found(self) -> dict[Hashable, int]:
        """Return the small counts that were found, which are all right."""
        known = self.attack.derive()
        assert {name: known[name] for name in known} == {name: self.truth[name] for name in known}
        return {name: value for name, value in known.items() if 0 < value < LIMIT}


def _blocks(table: Shown) -> list[tuple[list[str], tuple[int, ...]]]:
    lines = [([key], counts) for key, counts in table.lines.items()]
    others = [] if table.others is None else [(sorted(table.joined), table.others)]
    return lines + others


@settings(max_examples=60, deadline=None)
@given(st.lists(histories, min_size=1, max_size=3))
def test_no_small_count_follows_from_the_tables_of_a_quarter(history: list[Month]) -> None:
    sought, months = Sought(), dict(enumerate(history))
    released = {n: release_month(tables, LADDER, limit=LIMIT) for n, tables in months.items()}
    for n, tables in months.items():
        sought.meet(n, tables)
    shown = {n: one for n, one in released.items() if one is not None}
    for n, one in shown.items():
        sought.read([n], one, months)
    if len(shown) > 1:
        sought.read(list(shown), add_months(list(shown.values()), LADDER), months)
    assert sought.found() == {}


def _naively(tables: Month) -> Released:
    """Hide small cells and nothing else, as one would without thinking of the totals."""
    total = tuple(sum(column) for column in zip(*tables["desk"].values(), strict=True))
    return Released(0, total, {})


def test_the_attack_finds_what_is_hidden_alone() -> None:
    tables = tabulate([(0, 0, 0, 0, 4)] * 20 + [(1, 0, 0, 0, 4)] * 20 + [(1, 0, 0, 0, 0)] * 2)
    sought = Sought()
    sought.meet(0, tables)
    for level, count in enumerate(_naively(tables).total):
        sought.attack.learn([(0, "all", level)], count)
    for key, counts in tables["desk"].items():
        for level, count in enumerate(counts):
            if count == 0 or count >= LIMIT:
                sought.attack.learn([(0, "desk", key, level)], count)
    assert sought.found()[0, "desk", "1", 0] == 2


def test_the_attack_finds_a_month_that_a_quarter_gives_away() -> None:
    few = tabulate([(0, 0, 0, 0, 4)] * 3 + [(1, 0, 0, 0, 4)] * 9 + [(2, 0, 0, 0, 4)] * 9)
    many = tabulate([(0, 0, 0, 0, 4)] * 9 + [(1, 0, 0, 0, 4)] * 9)
    sought, months = Sought(), {0: few, 1: many}
    for n, tables in months.items():
        sought.meet(n, tables)
        one = release_month(tables, LADDER, limit=LIMIT)
        assert one is not None
        sought.read([n], one, months)
    assert sought.found() == {}
    both = sum(few["desk"]["0"]) + sum(many["desk"]["0"])
    sought.attack.learn([(n, "desk", "0", level) for n in (0, 1) for level in range(5)], both)
    assert 3 in sought.found().values()


@settings(max_examples=100, deadline=None)
@given(histories)
def test_every_number_is_a_block_without_a_small_count(tables: Month) -> None:
    shown = release_month(tables, LADDER, limit=LIMIT)
    whole = sum(map(sum, tables["desk"].values()))
    if shown is None:
        assert 0 < whole < LIMIT
        return
    numbers = list(shown.total)
    for name, table in shown.tables.items():
        assert table.rung >= shown.rung
        assert table.lines.keys() | table.joined == tables[name].keys()
        assert len(table.joined) != 1
        for keys, counts in _blocks(table):
            numbers += counts
            rows = [add_up(tables[name][key], LADDER.rungs[table.rung]) for key in keys]
            assert counts == tuple(map(sum, zip(*rows, strict=True)))
        assert sum(sum(counts) for _, counts in _blocks(table)) == sum(shown.total) == whole
    assert all(number == 0 or number >= LIMIT for number in numbers)


def test_lines_without_small_counts_are_shown_whole() -> None:
    grid: Grid = {"1": (5, 6, 7, 80, 90), "2": (0, 0, 9, 30, 40)}
    shown = release_month({"desk": grid}, LADDER, limit=LIMIT)
    assert shown is not None
    assert shown.total == (5, 6, 16, 110, 130)
    assert shown.tables["desk"] == Shown(0, grid, None, frozenset())


@pytest.mark.parametrize(
    ("whole", "total"),
    [
        ((9, 9, 9, 9, 9), (9, 9, 9, 9, 9)),
        ((2, 3, 9, 9, 9), (5, 9, 18)),
        ((1, 1, 9, 9, 9), (11, 18)),
        ((1, 0, 0, 9, 9), (19,)),
        ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0)),
    ],
)
def test_levels_are_added_up_until_none_is_few(
    whole: tuple[int, ...], total: tuple[int, ...]
) -> None:
    shown = release_month({"desk": {"1": whole}}, LADDER, limit=LIMIT)
    assert shown is not None
    assert shown.total == total


def test_a_scale_of_one_kind_has_a_ladder_too() -> None:
    ladder: Ladder = make_ladder([Leaning.SATISFIED])
    shown = release_month({"desk": {"1": (7,), "2": (2,), "3": (5,)}}, ladder, limit=LIMIT)
    assert shown is not None
    assert shown.tables["desk"] == Shown(0, {"1": (7,)}, (7,), frozenset({"2", "3"}))
