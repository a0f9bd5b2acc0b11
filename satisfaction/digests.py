"""What a letter says, from figures that were read: the finding first, and nothing that is not so.

Pure: refuses to read, to render and to send. A share stands only where there are enough answers,
and no letter is so long that a mail program would cut it.
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
from satisfaction.releases import Release, satisfied_of
from satisfaction.statistics import Counted, difference_interval
from satisfaction.terms import ALLEGATIONS, Dimension, LetterKind
from satisfaction.text import cut
from satisfaction.troubles import Trouble

MOST_CONCERNS = 5
MOST_REASONS = 3
MOST_LINES = 12
MOST_DEVICES = 8
LONGEST_NAME = 100
NOBODY = CountRow(
    key="", label="", finished_visits=None, rated_visits=None, levels=(), unlinked=0, voided=0
)


@dataclass(frozen=True)
class Line:
    """A desk, or a unit where there are many desks, as counts: one day has few answers.

    What is None is not told to who sees no single answers; ``joined`` lines stand as one.
    """

    name: str
    detail: str
    answers: int
    satisfied: int | None
    dissatisfied: int | None
    joined: int = 0


@dataclass(frozen=True)
class Device:
    """A device that somebody has to see to."""

    name: str
    trouble: KioskTrouble
    since: datetime | None
    queue: int = 0


@dataclass(frozen=True)
class Correction:
    """What an earlier letter said of a period, or would have said, and what is so now.

    ``new_concerns`` are dissatisfied answers that nobody was told of.
    """

    period: Period
    stated: int
    answers: int
    satisfied: int
    dissatisfied: int = 0
    new_concerns: int = 0

    @property
    def late(self) -> int:
        """How many answers came after the letter; negative where some were voided."""
        return self.answers - self.stated


@dataclass(frozen=True)
class Owed:
    """Answers to citizens that are owed past their day, and since when the oldest one waits."""

    amount: int = 0
    oldest_day: date | None = None


@dataclass(frozen=True)
class Before:
    """The figures of the period that this one is compared with."""

    period: Period
    row: CountRow


@dataclass(frozen=True)
class Stated:
    """What somebody was told of a period: how many answers, and how many dissatisfied ones."""

    answers: int
    dissatisfied: int


class Finding(StrEnum):
    """What the first sentence says.

    The last three are for who sees no single answers: that devices have to be seen to, what is
    released of a month, and that nothing is.
    """

    CLOSED = "closed"
    NOTHING = "nothing"
    FEW = "few"
    SHARE = "share"
    DEVICES = "devices"
    RELEASED = "released"
    HIDDEN = "hidden"


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
    ``release`` takes the place of all counts for who sees no single answers; ``troubles`` are
    those of the system itself, for who runs it. ``owed`` are the answers owed past their day, and
    ``owed_in_all`` those to allegations with them.
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
    release: Release | None = None
    troubles: tuple[Trouble, ...] = ()
    owed: Owed = Owed()
    owed_in_all: Owed = Owed()


@dataclass(frozen=True, kw_only=True)
class Reader:
    """For whom a letter is: what may be seen, and why the letter comes.

    Whoever has no account sees no single answers, and so only what is released.
    """

    address: str
    subscription_id: int
    sees_reasons: bool
    sees_allegations: bool
    has_account: bool
    hour: int
    sees_system: bool = False


@dataclass(frozen=True, kw_only=True)
class Digest:
    """One reader's letter, before it is put into words.

    ``lacks_file`` says that a report belongs to the letter and could not be made.
    """

    facts: Facts
    reader: Reader
    finding: Finding
    comparison: Comparison
    concerns: tuple[Concern, ...]
    hidden_concerns: int
    lines: tuple[Line, ...]
    hidden_lines: int
    devices: tuple[Device, ...]
    hidden_devices: int
    corrections: tuple[Correction, ...]
    troubles: tuple[Trouble, ...] = ()
    owed: Owed = Owed()
    lacks_file: bool = False

    @property
    def needs(self) -> int:
        """How many answers somebody has to look at."""
        return self.facts.total.dissatisfied

    @property
    def is_needed(self) -> bool:
        """Whether anything has to be handled at all, be it of a day that was told of before."""
        new_concerns = any(one.new_concerns for one in self.corrections)
        return bool(
            self.needs or self.facts.devices or new_concerns or self.troubles or self.owed.amount
        )

    @property
    def is_late(self) -> bool:
        """Whether the letter comes more than an hour after its time."""
        return (self.facts.as_of - self.facts.planned_at).total_seconds() > 3600

    def frozen(self) -> dict[str, Any]:
        """Return the figures that are kept with the letter, as it stated them.

        A letter without single answers keeps none, so that nothing is ever corrected by them.
        """
        if not self.reader.has_account:
            return {"as_of": self.facts.as_of.isoformat(), "guest": True}
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
            "troubles": len(self.troubles),
            "corrections": [
                {
                    "first_day": one.period.first_day.isoformat(),
                    "end_day": one.period.end_day.isoformat(),
                    "answers": one.answers,
                    "satisfied": one.satisfied,
                    "dissatisfied": one.dissatisfied,
                }
                for one in self.corrections
            ],
        }

    def shorter(self) -> "Digest":
        """Return the same letter with half of what it lists, for one that would be cut."""
        concerns, lines = -(-len(self.concerns) // 2), -(-len(self.lines) // 2)
        devices = -(-len(self.devices) // 2)
        left_out = sum(one.amount for one in self.concerns[concerns:])
        return replace(
            self,
            concerns=self.concerns[:concerns],
            hidden_concerns=self.hidden_concerns + left_out,
            lines=self.lines[:lines],
            hidden_lines=self.hidden_lines + len(self.lines) - lines,
            devices=self.devices[:devices],
            hidden_devices=self.hidden_devices + len(self.devices) - devices,
        )


def build_digest(
    facts: Facts, reader: Reader, *, corrections: tuple[Correction, ...] = ()
) -> Digest:
    """Return what one reader's letter says; ``facts`` are those that the reader may be told."""
    assert reader.has_account or not facts.total.answers, "single answers for who sees none"
    concerns = tuple(_for_reader(one, reader) for one in facts.concerns)
    lines = _released_lines(facts.release) if facts.release is not None else facts.lines
    devices = tuple(replace(one, name=cut(one.name, LONGEST_NAME)) for one in facts.devices)
    return Digest(
        facts=replace(facts, unit_name=cut(facts.unit_name, LONGEST_NAME)),
        reader=reader,
        finding=_find(facts, reader),
        comparison=_compare(facts),
        concerns=concerns[:MOST_CONCERNS],
        hidden_concerns=sum(one.amount for one in concerns[MOST_CONCERNS:]),
        lines=tuple(_fitting(one) for one in lines[:MOST_LINES]),
        hidden_lines=max(0, len(lines) - MOST_LINES),
        devices=devices[:MOST_DEVICES],
        hidden_devices=max(0, len(devices) - MOST_DEVICES),
        corrections=corrections,
        troubles=facts.troubles if reader.sees_system else (),
        owed=_owed_to(facts, reader),
    )


def _owed_to(facts: Facts, reader: Reader) -> Owed:
    """Return the answers owed in all that a reader sees: who sees no voices sees no cases."""
    if not reader.sees_reasons:
        return Owed()
    return facts.owed_in_all if reader.sees_allegations else facts.owed


def without_counts(facts: Facts, *, limit: int, release: Release | None = None) -> Facts:
    """Return what somebody may be told who sees no single answers: devices, and a release.

    How much waits in a device is a count of answers as well; a small one is left out.
    """
    devices = tuple(one if one.queue >= limit else replace(one, queue=0) for one in facts.devices)
    return replace(
        facts,
        total=NOBODY,
        before=None,
        by_unit=False,
        lines=(),
        concerns=(),
        devices=devices,
        release=release,
        owed=Owed(),
        owed_in_all=Owed(),
    )


def _released_lines(release: Release) -> tuple[Line, ...]:
    """Return the desks of a release that have a line of their own, and all others as one."""
    table = next((one for one in release.tables if one.by is Dimension.DESK), None)
    if table is None or not any(sum(counts) for _, counts in table.lines):
        return ()
    lines = [
        Line(row.label, row.detail, sum(counts), satisfied_of(table.groups, counts), None)
        for row, counts in table.lines
        if sum(counts)
    ]
    if table.others is not None:
        satisfied = satisfied_of(table.groups, table.others)
        others = Line("", "", sum(table.others), satisfied, None, joined=table.joined)
        lines.insert(min(len(lines), MOST_LINES - 1), others)
    return tuple(lines)


def _fitting(line: Line) -> Line:
    """Return a line whose words are not longer than a letter can bear."""
    name, detail = cut(line.name, LONGEST_NAME), cut(line.detail, LONGEST_NAME)
    return replace(line, name=name, detail=detail)


def _for_reader(concern: Concern, reader: Reader) -> Concern:
    """Leave out the reasons that a reader may not see."""
    concern = replace(concern, desk_name=cut(concern.desk_name, LONGEST_NAME))
    if not reader.sees_reasons:
        return replace(concern, reasons=())
    reasons = (
        one for one in concern.reasons if reader.sees_allegations or one.code not in ALLEGATIONS
    )
    return replace(concern, reasons=tuple(reasons)[:MOST_REASONS])


def _find(facts: Facts, reader: Reader) -> Finding:
    if facts.release is not None:
        return _find_released(facts.release)
    if not reader.has_account:
        return Finding.DEVICES
    if facts.total.answers:
        return Finding.FEW if is_few(facts.total.answers) else Finding.SHARE
    return Finding.CLOSED if facts.is_open is False else Finding.NOTHING


def _find_released(release: Release) -> Finding:
    if release.answers:
        return Finding.RELEASED
    return Finding.HIDDEN if release.answers is None else Finding.NOTHING


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


def read_stated(kept: Mapping[str, Any], period: Period) -> dict[Period, Stated]:
    """Return for each period that a kept letter spoke of what it stated; nothing of a release."""
    if "answers" not in kept:
        return {}
    stated = {period: Stated(int(kept["answers"]), int(kept["dissatisfied"]))}
    for one in kept.get("corrections", ()):
        of = Period(date.fromisoformat(one["first_day"]), date.fromisoformat(one["end_day"]))
        stated[of] = Stated(int(one["answers"]), int(one.get("dissatisfied", 0)))
    return stated


def holds_more(kept: Mapping[str, Any], reader: Reader) -> bool:
    """Say whether a kept letter holds what its reader may not see, or may not see any more."""
    return (
        (not reader.has_account and not kept.get("guest"))
        or (bool(kept.get("reasons")) and not reader.sees_reasons)
        or (bool(kept.get("allegations")) and not reader.sees_allegations)
        or (bool(kept.get("troubles")) and not reader.sees_system)
    )
