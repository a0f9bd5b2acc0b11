"""What an officer asks of voices and cases, as it stands in the address. Refuses what is none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from flask import url_for
from werkzeug.datastructures import MultiDict

from admin.asked_words import read_choice, read_key, read_number, read_term
from admin.forms import as_key
from admin.questions import read_period
from satisfaction.cases import CaseOrder, CasesWanted
from satisfaction.errors import InvalidPeriodError, WordUnknownError
from satisfaction.terms import CaseKind, CaseState, Channel, PeriodKind, RatingSource
from satisfaction.voice_rows import Wanted

LONGEST_PERIOD_DAYS = 400
LONGEST_WORDS = 100
LONGEST_CODE = 24
FACES = frozenset(range(1, 6))
VOICE_NAMES = (
    "unit",
    "period",
    "from",
    "to",
    "desk",
    "procedure",
    "level",
    "reason",
    "channel",
    "source",
    "state",
    "q",
    "page",
)
CASE_NAMES = ("unit", "desk", "state", "kind", "only", "sort", "page")
ONLY = ("mine", "late", "escalated")


@dataclass(frozen=True)
class VoiceQuestion:
    """Which voices are asked for, and the words of the address that ask for them."""

    wanted: Wanted
    unit_id: int | None
    page: int
    kind: PeriodKind
    words: Mapping[str, str]

    def changed(self, **changes: str | int | None) -> dict[str, str]:
        """Return the words of another question, from its first page unless a page is named."""
        return _changed(VOICE_NAMES, self.words, changes)


@dataclass(frozen=True)
class CaseQuestion:
    """Which cases are asked for, and the words of the address that ask for them."""

    wanted: CasesWanted
    unit_id: int | None
    page: int
    words: Mapping[str, str]

    def changed(self, **changes: str | int | None) -> dict[str, str]:
        """Return the words of another question, from its first page unless a page is named."""
        return _changed(CASE_NAMES, self.words, changes)


def _changed(
    names: tuple[str, ...], words: Mapping[str, str], changes: Mapping[str, str | int | None]
) -> dict[str, str]:
    merged = {**words, "page": None, **changes}
    if "period" in changes:
        merged |= {"from": None, "to": None}
    return {name: str(word) for name in names if (word := merged.get(name))}


def gather(arguments: MultiDict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Return the words of an address, levels that a form sends one by one in one word."""
    return {
        name: ",".join(one for one in arguments.getlist(name) if one)
        if name == "level"
        else arguments[name]
        for name in names
        if any(arguments.getlist(name))
    }


def list_address(endpoint: str, arguments: MultiDict[str, str], *, names: tuple[str, ...]) -> str:
    """Return the address of a list as it was asked for, without words that forms leave empty."""
    words = {name: word for name, word in gather(arguments, names).items() if word}
    return f"{url_for(endpoint)}?{urlencode(words)}".rstrip("?")


def read_voices(arguments: MultiDict[str, str], today: date) -> VoiceQuestion:
    """Read which voices are asked for.

    Raises: WordUnknownError; InvalidPeriodError for a period that is none, or too long.
    """
    words = gather(arguments, VOICE_NAMES)
    kind, period = read_period(words, today)
    if period.length_days > LONGEST_PERIOD_DAYS:
        raise InvalidPeriodError(length_days=period.length_days, longest=LONGEST_PERIOD_DAYS)
    wanted = Wanted(
        period=period,
        desk_id=read_key(words, "desk"),
        procedure_id=read_key(words, "procedure"),
        faces=_faces(words.get("level", "")),
        reason=_code(words.get("reason")),
        channel=read_term(Channel, words, name="channel"),
        source=read_term(RatingSource, words, name="source"),
        state=read_term(CaseState, words, name="state"),
        words=_words(words.get("q", "")),
    )
    page = read_number(words, "page", usual=1)
    return VoiceQuestion(wanted, read_key(words, "unit"), page, kind, words)


def list_kinds(*, sees_allegations: bool) -> tuple[CaseKind, ...]:
    """Return the kinds of cases that an officer may ask for."""
    return tuple(kind for kind in CaseKind if sees_allegations or kind is not CaseKind.ALLEGATION)


def read_cases(arguments: MultiDict[str, str], kinds: Collection[CaseKind]) -> CaseQuestion:
    """Read which cases are asked for.

    A kind that is not offered is answered as if there were none of that name.
    Raises: WordUnknownError.
    """
    words = gather(arguments, CASE_NAMES)
    only = read_choice(words, "only", among=ONLY)
    kind = read_choice(words, "kind", among=kinds)
    wanted = CasesWanted(
        desk_id=read_key(words, "desk"),
        state=read_term(CaseState, words, name="state"),
        kind=CaseKind(kind) if kind else None,
        is_mine=only == "mine",
        is_late=only == "late",
        is_escalated=only == "escalated",
        order=read_term(CaseOrder, words, name="sort") or CaseOrder.DUE,
    )
    page = read_number(words, "page", usual=1)
    return CaseQuestion(wanted, read_key(words, "unit"), page, words)


def _faces(text: str) -> frozenset[int]:
    found = frozenset(as_key(part) or 0 for part in text.split(",") if part)
    if not found <= FACES:
        raise WordUnknownError(name="level", word=text)
    return found


def _words(text: str) -> str:
    if len(text) > LONGEST_WORDS:
        raise WordUnknownError(name="q", word=text)
    return text


def _code(text: str | None) -> str | None:
    if text is not None and len(text) > LONGEST_CODE:
        raise WordUnknownError(name="reason", word=text)
    return text
