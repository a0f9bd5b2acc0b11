"""What an officer asks of voices and cases, as it stands in the address. Refuses what is none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from flask import abort
from werkzeug.datastructures import MultiDict

from admin.forms import as_key
from admin.questions import FIRST_YEAR, LAST_YEAR, read_key, read_period, read_term
from satisfaction.cases import CaseOrder, CasesWanted
from satisfaction.errors import InvalidPeriodError
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


def tidied(words: Mapping[str, str]) -> str:
    """Return an address's words without those that forms leave empty."""
    return urlencode({name: word for name, word in words.items() if word})


def read_voices(arguments: MultiDict[str, str], today: date) -> VoiceQuestion:
    """Read which voices are asked for; anything that is no question is a bad request.

    Raises: InvalidPeriodError for a period that is none, or too long.
    """
    words = gather(arguments, VOICE_NAMES)
    kind, period = read_period(words, today)
    if not FIRST_YEAR <= period.first_day.year <= period.last_day.year <= LAST_YEAR:
        raise InvalidPeriodError(first_day=period.first_day, end_day=period.end_day)
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
    return VoiceQuestion(wanted, read_key(words, "unit"), _page(words), kind, words)


def list_kinds(*, sees_allegations: bool) -> tuple[CaseKind, ...]:
    """Return the kinds of cases that an officer may ask for."""
    return tuple(kind for kind in CaseKind if sees_allegations or kind is not CaseKind.ALLEGATION)


def read_cases(arguments: MultiDict[str, str], kinds: Collection[CaseKind]) -> CaseQuestion:
    """Read which cases are asked for; anything that is no question is a bad request.

    A kind that is not offered is answered as if there were none of that name.
    """
    words = gather(arguments, CASE_NAMES)
    only, kind = words.get("only"), read_term(CaseKind, words, name="kind")
    if (only is not None and only not in ONLY) or (kind is not None and kind not in kinds):
        abort(400)
    wanted = CasesWanted(
        desk_id=read_key(words, "desk"),
        state=read_term(CaseState, words, name="state"),
        kind=kind,
        is_mine=only == "mine",
        is_late=only == "late",
        is_escalated=only == "escalated",
        order=read_term(CaseOrder, words, name="sort") or CaseOrder.DUE,
    )
    return CaseQuestion(wanted, read_key(words, "unit"), _page(words), words)


def _faces(text: str) -> frozenset[int]:
    found = frozenset(as_key(part) or 0 for part in text.split(",") if part)
    if not found <= FACES:
        abort(400)
    return found


def _words(text: str) -> str:
    if len(text) > LONGEST_WORDS:
        abort(400)
    return text


def _code(text: str | None) -> str | None:
    if text is not None and len(text) > LONGEST_CODE:
        abort(400)
    return text


def _page(words: Mapping[str, str]) -> int:
    page = as_key(words.get("page", "1"))
    if not page:
        abort(400)
    return page
