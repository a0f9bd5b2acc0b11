"""What a supervisor asks of the figures, as it stands in the address. Refuses what is no question.

Everything is in the address, so that a page can be kept, sent and come back to.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from flask_babel import lazy_gettext as _

from admin.asked_words import check_year, parse_day, read_choice, read_key, read_term
from satisfaction.errors import InvalidPeriodError, WordUnknownError
from satisfaction.overview import Overview, Scope, Wanted
from satisfaction.periods import (
    Period,
    day_period,
    month_period,
    parse_period,
    quarter_period,
)
from satisfaction.terms import Channel, Dimension, PeriodKind, RatingSource
from satisfaction.web.refused_words import explain_period, name_shown
from satisfaction.web.words import as_word

QUICK_PERIODS = {
    "today": _("Hôm nay"),
    "7-days": _("7 ngày"),
    "this-month": _("Tháng này"),
    "last-month": _("Tháng trước"),
    "this-quarter": _("Quý này"),
}
USUAL_PERIOD = "7-days"
LONGEST_PERIOD_DAYS = 3660
LONGEST_BY_DAY = 400
DIMENSIONS = tuple(dimension for dimension in Dimension if dimension is not Dimension.TOTAL)
NAMES = ("unit", "by", "period", "from", "to", "desk", "procedure", "channel", "source")
SORTED_NAMES = (*NAMES, "sort", "turned")
UNSORTED: Mapping[str, None] = {"sort": None, "turned": None}


@dataclass(frozen=True)
class Question:
    """What is asked, the kind of its period, and the words of the address that ask it."""

    wanted: Wanted
    kind: PeriodKind
    words: Mapping[str, str]

    def changed(self, **changes: str | None) -> dict[str, str]:
        """Return the words of another question: this one with some words changed or left out."""
        merged: dict[str, str | None] = {**self.words, **changes}
        if changes.keys() & {"from", "to"}:
            merged.pop("period", None)
        if "period" in changes:
            merged |= {"from": None, "to": None}
        return {name: word for name in SORTED_NAMES if (word := merged.get(name))}


def read_question(
    arguments: Mapping[str, str],
    today: date,
    *,
    usual: str = USUAL_PERIOD,
    names: Sequence[str] = NAMES,
) -> Question:
    """Read a question. Without a period ``usual`` is meant.

    ``names`` are the words that are read: an order only where a page has one.
    Raises: WordUnknownError; InvalidPeriodError for a period that is none, or too long.
    """
    words = {name: arguments[name] for name in names if arguments.get(name)}
    by = Dimension(read_choice(words, "by", among=DIMENSIONS) or Dimension.DESK)
    kind, period = read_period(words, today, usual=usual)
    longest = LONGEST_BY_DAY if by is Dimension.DAY else LONGEST_PERIOD_DAYS
    if period.length_days > longest:
        raise InvalidPeriodError(length_days=period.length_days, longest=longest)
    wanted = Wanted(
        period=period,
        by=by,
        unit_id=read_key(words, "unit"),
        desk_id=read_key(words, "desk"),
        procedure_id=read_key(words, "procedure"),
        channel=read_term(Channel, words, name="channel"),
        source=read_term(RatingSource, words, name="source"),
    )
    return Question(wanted, kind, words)


def refuse_words(question: Question, names: Iterable[str]) -> None:
    """Refuse what a page cannot be asked by, rather than leave it unheard.

    Raises: WordUnknownError.
    """
    for name in names:
        if name in question.words:
            raise WordUnknownError(name=name)


def say_shown(refusal: InvalidPeriodError, question: Question) -> str:
    """Say what was wrong with a period, and which one this other question asks for instead."""
    return name_shown(explain_period(refusal), question.kind, period=question.wanted.period)


def name_filters(question: Question, overview: Overview | Scope) -> list[str]:
    """Return in words by what the figures are narrowed, for print and files."""
    wanted = question.wanted
    desks = {desk.id: desk.name for desk in overview.desks}
    procedures = {procedure.id: procedure.name for procedure in overview.procedures}
    named = (
        (Dimension.DESK, desks.get(wanted.desk_id or 0)),
        (Dimension.PROCEDURE, procedures.get(wanted.procedure_id or 0)),
        (Dimension.CHANNEL, as_word(wanted.channel) if wanted.channel else None),
        (Dimension.SOURCE, as_word(wanted.source) if wanted.source else None),
    )
    return [f"{as_word(dimension)}: {name}" for dimension, name in named if name]


def tidied(arguments: Mapping[str, str]) -> str:
    """Return the words of an address without those that forms leave empty."""
    return urlencode({name: arguments[name] for name in SORTED_NAMES if arguments.get(name)})


def without_period(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return the words of an address but those of its period."""
    return {
        name: word for name, word in arguments.items() if name not in {"period", "from", "to"}
    } | ({"by": Dimension.DESK.value} if arguments.get("by") == Dimension.DAY else {})


def read_period(
    words: dict[str, str], today: date, *, usual: str = USUAL_PERIOD
) -> tuple[PeriodKind, Period]:
    """Read the period of an address; without one, the usual.

    Raises: InvalidPeriodError.
    """
    if words.keys() & {"from", "to"}:
        words.pop("period", None)
        first = parse_day(words.get("from") or words["to"])
        last = parse_day(words.get("to") or words["from"])
        if last < first:
            raise InvalidPeriodError(first_day=first, end_day=last)
        return PeriodKind.DATES, Period(first, last + timedelta(days=1))
    word = words.setdefault("period", usual)
    return _quick_period(word, today) if word in QUICK_PERIODS else _written_period(word)


def _written_period(word: str) -> tuple[PeriodKind, Period]:
    year = re.match(r"\d{4}", word, re.ASCII)
    if year:
        check_year(int(year[0]))
    kind, period = parse_period(word)
    check_year(period.first_day.year)
    return kind, period


def _quick_period(word: str, today: date) -> tuple[PeriodKind, Period]:
    """Return the period that a quick choice means today."""
    tomorrow = today + timedelta(days=1)
    if word == "today":
        return PeriodKind.DAY, day_period(today)
    if word == "7-days":
        return PeriodKind.DATES, Period(tomorrow - timedelta(days=7), tomorrow)
    if word == "this-month":
        return PeriodKind.MONTH, month_period(today)
    if word == "last-month":
        return PeriodKind.MONTH, month_period(today.replace(day=1) - timedelta(days=1))
    return PeriodKind.QUARTER, quarter_period(today.year, (today.month + 2) // 3)
