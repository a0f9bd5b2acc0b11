"""The words of an address, each read by its own vocabulary. Refuses every other word, by name.

A part without a word is not asked for: forms send what was left open.
"""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import abort

from admin.forms import ISO_DAY_LENGTH, as_key
from satisfaction.errors import InvalidPeriodError, WordUnknownError

LIKELY_YEARS = (2000, 2200)

Term = TypeVar("Term", bound=StrEnum)


def read_key(words: Mapping[str, str], name: str) -> int | None:
    """Read a number of something from an address; what is none is not there."""
    word = words.get(name)
    key = as_key(word)
    if key is None and word:
        abort(404)
    return key


def read_term(kind: type[Term], words: Mapping[str, str], *, name: str) -> Term | None:
    """Read a word of a closed vocabulary from an address.

    Raises: WordUnknownError.
    """
    word = read_choice(words, name, among={member.value for member in kind})
    return kind(word) if word else None


def read_choice(words: Mapping[str, str], name: str, *, among: Collection[str]) -> str:
    """Read one of these words from an address; empty where there is none.

    Raises: WordUnknownError.
    """
    word = words.get(name, "")
    if word and word not in among:
        raise WordUnknownError(name=name, word=word)
    return word


def read_number(words: Mapping[str, str], name: str, *, usual: int) -> int:
    """Read a number from one, as that of a page.

    Raises: WordUnknownError.
    """
    word = words.get(name)
    number = as_key(word) if word else usual
    if not number:
        raise WordUnknownError(name=name, word=word)
    return number


def read_day(
    words: Mapping[str, str], name: str, *, years: tuple[int, int] = LIKELY_YEARS
) -> date | None:
    """Read a day from an address.

    Raises: InvalidPeriodError for what is none that can be reckoned with.
    """
    word = words.get(name)
    return parse_day(word, years) if word else None


def parse_day(text: str, years: tuple[int, int] = LIKELY_YEARS) -> date:
    """Return a day as browsers write it.

    Raises: InvalidPeriodError for what is none that can be reckoned with.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as problem:
        raise InvalidPeriodError(written_day=text) from problem
    if len(text) != ISO_DAY_LENGTH:
        raise InvalidPeriodError(written_day=text)
    check_year(day.year, years)
    return day


def check_year(year: int, years: tuple[int, int] = LIKELY_YEARS) -> None:
    """Refuse years that nobody can mean.

    Raises: InvalidPeriodError.
    """
    first, last = years
    if not first <= year <= last:
        raise InvalidPeriodError(first_year=first, last_year=last)
