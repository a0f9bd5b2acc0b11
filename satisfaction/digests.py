"""What a letter says, from figures that were read: the finding first, and nothing that is not so.

Pure: refuses to read, to render and to send. A share stands only where there are enough answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from satisfaction.concerns import Concern
from satisfaction.figures import CountRow, is_few
from satisfaction.heartbeats import KioskTrouble
from satisfaction.periods import Period
from satisfaction.statistics import Counted, difference_interval
from satisfaction.terms import ALLEGATIONS, LetterKind

MOST_CONCERNS = 5
MOST_REASONS = 3
MOST_LINES = 12


@dataclass(frozen=True)
class Line:
    """A desk, or a unit where there are many desks, as counts: one day has few answers."""

    name: str
    detail: str
    answers: int
    satisfied: int
    dissatisfied: int


@dataclass(frozen=True)
class Device:
    """A device that somebody has to see to."""

    name: str
    trouble: KioskTrouble
    since: datetime | None
    queue: int = 0


@dataclass(frozen=True)
class Correction:
    """What an earlier letter said of a period, and what is so now."""

    period: Period
    stated: int
    answers: int
    satisfied: int

    @property
    def late(self) -> int:
        """How many answers came after the letter; negative where some were voided."""
        return self.answers - self.stated


@dataclass(frozen=True)
class Before:
    """The figures of the period that this one is compared with."""

    period: Period
    row: CountRow


class Finding(StrEnum):
    """What the first sentence says."""

    CLOSED = "closed"
    NOTHING = "nothing"
    FEW = "few"
    SHARE = "share"


class Comparison(StrEnum):
    """How the share stands to that of the period before, as far as chance allows to say."""

    NONE = "none"
    USUAL = "usual"
    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that was read for one unit and one period.

    ``is_open`` is None where nobody has set hours; ``closed_days`` are those of a longer period.
    """

    kind: LetterKind
    unit_name: str
    is_demonstration: bool
    period: Period
    planned_at: datetime
    as_of: datetime
    is_open: bool | None
    total: CountRow
    before: Before | None = None
    by_unit: bool = False
    lines: tuple[Line, ...] = ()
    concerns: tuple[Concern, ...] = ()
    devices: tuple[Device, ...] = ()
    device_count: int = 0
    closed_days: tuple[date, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reader:
    """For whom a letter is: what may be seen, and why the letter comes."""

    address: str
    subscription_id: int
    sees_reasons: bool
    sees_allegations: bool
    has_account: bool
    hour: int


@dataclass(frozen=True, kw_only=True)
class Digest:
    """One reader's letter, before it is put into words."""

    facts: Facts
    reader: Reader
    finding: Finding
    comparison: Comparison
    concerns: tuple[Concern, ...]
    hidden_concerns: int
    lines: tuple[Line, ...]
    hidden_lines: int
    corrections: tuple[Correction, ...]

    @property
    def needs(self) -> int:
        """How many answers somebody has to look at."""
        return self.facts.total.dissatisfied

    @property
    def is_needed(self) -> bool:
        """Whether anything has to be handled at all."""
        return bool(self.needs or self.facts.devices)

    @property
    def is_late(self) -> bool:
        """Whether the letter comes more than an hour after its time."""
        return (self.facts.as_of - self.facts.planned_at).total_seconds() > 3600

    def frozen(self) -> dict[str, Any]:
        """Return the figures that are kept with the letter, as it stated them."""
        total = self.facts.total
        return {
            "answers": total.answers,
            "satisfied": total.satisfied,
            "dissatisfied": total.dissatisfied,
            "finished": total.finished_visits,
            "rated": total.rated_visits,
            "as_of": self.facts.as_of.isoformat(),
            "reasons": self.reader.sees_reasons,
            "allegations": self.reader.sees_allegations,
            "corrections": [
                {
                    "first_day": one.period.first_day.isoformat(),
                    "end_day": one.period.end_day.isoformat(),
                    "answers": one.answers,
                    "satisfied": one.satisfied,
                }
                for one in self.corrections
            ],
        }


def build_digest(
    facts: Facts, reader: Reader, *, corrections: tuple[Correction, ...] = ()
) -> Digest:
    """Return what one reader's letter says."""
    concerns = tuple(_for_reader(one, reader) for one in facts.concerns)
    return Digest(
        facts=facts,
        reader=reader,
        finding=_find(facts),
        comparison=_compare(facts),
        concerns=concerns[:MOST_CONCERNS],
        hidden_concerns=sum(one.amount for one in concerns[MOST_CONCERNS:]),
        lines=facts.lines[:MOST_LINES],
        hidden_lines=max(0, len(facts.lines) - MOST_LINES),
        corrections=corrections,
    )


def _for_reader(concern: Concern, reader: Reader) -> Concern:
    """Leave out the reasons that a reader may not see."""
    if not reader.sees_reasons:
        return replace(concern, reasons=())
    reasons = (
        one for one in concern.reasons if reader.sees_allegations or one.code not in ALLEGATIONS
    )
    return replace(concern, reasons=tuple(reasons)[:MOST_REASONS])


def _find(facts: Facts) -> Finding:
    if facts.total.answers:
        return Finding.FEW if is_few(facts.total.answers) else Finding.SHARE
    return Finding.CLOSED if facts.is_open is False else Finding.NOTHING


def _compare(facts: Facts) -> Comparison:
    """Compare only where both have enough answers, and call a difference only what is one."""
    if facts.before is None:
        return Comparison.NONE
    now, before = facts.total, facts.before.row
    if is_few(now.answers) or is_few(before.answers):
        return Comparison.NONE
    difference = difference_interval(
        Counted(now.satisfied, now.answers), Counted(before.satisfied, before.answers)
    )
    if difference is None or 0 in difference:
        return Comparison.USUAL
    return Comparison.HIGHER if difference.low > 0 else Comparison.LOWER


def read_stated(kept: Mapping[str, Any], period: Period) -> dict[Period, int]:
    """Return for each period that a kept letter spoke of how many answers it stated."""
    stated = {period: int(kept["answers"])}
    for one in kept.get("corrections", ()):
        of = Period(date.fromisoformat(one["first_day"]), date.fromisoformat(one["end_day"]))
        stated[of] = int(one["answers"])
    return stated
