"""An attack on suppressed tables: what follows, exactly, from everything that is shown.

It knows that answers are whole numbers from nought, that every table has the same answers, and
every number shown; it solves equations over fractions and narrows each unknown to an interval.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

Name = Hashable
Sum = Mapping[Name, int]


@dataclass
class Attack:
    """Equations between unknown whole numbers from nought."""

    equations: list[tuple[dict[Name, int], int]] = field(default_factory=list)

    def learn(self, names: Iterable[Name], value: int) -> None:
        """Add that some unknowns add up to what is shown."""
        self.equations.append((dict.fromkeys(names, 1), value))

    def define(self, name: Name, parts: Iterable[Name]) -> None:
        """Add an unknown that is the sum of others, so that it can be a target itself."""
        self.equations.append(({name: -1} | dict.fromkeys(parts, 1), 0))

    def derive(self) -> dict[Name, int]:
        """Return every unknown that is known for certain, and its value."""
        known = self._solve()
        while True:
            found = known | self._narrow(known)
            if found == known:
                return known
            known = found

    def _solve(self) -> dict[Name, int]:
        """Eliminate over fractions; an unknown is known where its row has no other left."""
        rows: dict[Name, tuple[dict[Name, Fraction], Fraction]] = {}
        for terms, value in self.equations:
            row = {name: Fraction(factor) for name, factor in terms.items() if factor}
            right = Fraction(value)
            for pivot in [name for name in row if name in rows]:
                row, right = _subtract(row, right, rows[pivot], pivot)
            if not row:
                assert right == 0, "what is shown contradicts itself"
                continue
            pivot = next(iter(row))
            factor = row[pivot]
            row, right = {n: one / factor for n, one in row.items()}, right / factor
            for other in [name for name, (terms_, _) in rows.items() if pivot in terms_]:
                rows[other] = _subtract(*rows[other], (row, right), pivot)
            rows[pivot] = (row, right)
        return {name: int(right) for name, (row, right) in rows.items() if len(row) == 1}

    def _narrow(self, known: Mapping[Name, int]) -> dict[Name, int]:
        """Narrow each unknown by every equation until nothing moves."""
        low: dict[Name, int] = {name: 0 for terms, _ in self.equations for name in terms}
        high: dict[Name, float] = dict.fromkeys(low, float("inf"))
        for name, value in known.items():
            low[name] = value
            high[name] = value
        moved = True
        while moved:
            moved = False
            for terms, value in self.equations:
                for name in terms:
                    moved |= _tighten(terms, value, name, low, high)
        return {name: low[name] for name in low if low[name] == high[name]}


def _subtract(
    row: dict[Name, Fraction],
    right: Fraction,
    other: tuple[dict[Name, Fraction], Fraction],
    pivot: Name,
) -> tuple[dict[Name, Fraction], Fraction]:
    factor = row[pivot]
    merged = dict(row)
    for name, term in other[0].items():
        merged[name] = merged.get(name, Fraction(0)) - factor * term
    return {n: term for n, term in merged.items() if term}, right - factor * other[1]


def _tighten(
    terms: Mapping[Name, int],
    value: int,
    name: Name,
    low: dict[Name, int],
    high: dict[Name, float],
) -> bool:
    """Narrow one unknown by one equation; say whether it moved."""
    least = sum(
        factor * (low[one] if factor > 0 else high[one])
        for one, factor in terms.items()
        if one != name
    )
    most = sum(
        factor * (high[one] if factor > 0 else low[one])
        for one, factor in terms.items()
        if one != name
    )
    factor = terms[name]
    ends = sorted([(value - least) / factor, (value - most) / factor])
    moved = False
    if ends[0] > low[name]:
        low[name], moved = ceil(ends[0]), True
    if ends[1] < high[name]:
        high[name], moved = floor(ends[1]), True
    return moved
