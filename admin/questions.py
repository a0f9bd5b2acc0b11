"""What a supervisor asks of the figures, as it stands in the address. Refuses what is no question.

Everything is in the address, so that a page can be kept, sent and come back to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from flask import abort
from flask_babel import lazy_gettext as _

from admin.forms import as_key
from satisfaction.errors import InvalidPeriodError
from satisfaction.overview import Overview, Scope, Wanted
from satisfaction.periods import (
    Period,
    day_period,
    month_period,
    parse_period,
    quarter_period,
)
from satisfaction.terms import Channel, Dimension, PeriodKind, RatingSource
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
FIRST_YEAR, LAST_YEAR = 2000, 2200
DIMENSIONS = tuple(dimension for dimension in Dimension if dimension is not Dimension.TOTAL)
NAMES = ("unit", "by", "period", "from", "to", "desk", "procedure", "channel", "source")
SORTED_NAMES = (*NAMES, "sort", "turned")
UNSORTED: Mapping[str, None] = {"sort": None, "turned": None}

Term = TypeVar("Term", bound=StrEnum)


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
    """Read a question; anything that is none is a bad request. Without a period ``usual`` is meant.

    ``names`` are the words that are read: an order only where a page has one.
    Raises: InvalidPeriodError for a period that is none, or too long.
    """
    words = {name: arguments[name] for name in names if arguments.get(name)}
    by = read_term(Dimension, words, name="by") or Dimension.DESK
    if by not in DIMENSIONS:
        abort(400)
    kind, period = read_period(words, today, usual=usual)
    if not FIRST_YEAR <= period.first_day.year <= period.last_day.year <= LAST_YEAR:
        raise InvalidPeriodError(first_day=period.first_day, end_day=period.end_day)
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
        first = _day(words.get("from") or words["to"])
        last = _day(words.get("to") or words["from"])
        if last == date.max or last < first:
            raise InvalidPeriodError(first_day=first, end_day=last)
        return PeriodKind.DATES, Period(first, last + timedelta(days=1))
    word = words.setdefault("period", usual)
    return _quick_period(word, today) if word in QUICK_PERIODS else parse_period(word)


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


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise InvalidPeriodError(text=text) from problem


def read_key(words: Mapping[str, str], name: str) -> int | None:
    """Read a number of something from an address; what is none is not there."""
    key = as_key(words.get(name))
    if key is None and name in words:
        abort(404)
    return key


def read_term(kind: type[Term], words: Mapping[str, str], *, name: str) -> Term | None:
    """Read a word of a closed vocabulary from an address; another word is a bad request."""
    word = words.get(name)
    if word is None:
        return None
    if word not in {member.value for member in kind}:
        abort(400)
    return kind(word)
