"""What one cell of a list says: a code, a day, a channel, yes or no. Refuses to guess.

A cell that cannot be read for certain is answered by a fault, never by the likeliest value.
Days are written day first; an order with the month first is recognised only to be refused.
"""

import re
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache

from satisfaction import clock
from satisfaction.dossiers import LONGEST_CODE, DossierCode, normalise_code
from satisfaction.faults import RowFault
from satisfaction.headings import heading_key
from satisfaction.lines import EPOCHS, Cell
from satisfaction.terms import Channel
from satisfaction.text import clean, search_form

FIRST_YEAR, LAST_YEAR = 1990, 2100
LONGEST_TEXT = 1000
LONGEST_DAY = 80
EXACT_DIGITS = 15
_FORMULA_ERRORS = {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!"}
_PLAIN = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z./:-]* )?[0-9A-Za-z./:-]*[0-9A-Za-z]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+", re.A)
_TIME = r"(?P<{0}>\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?)(?:\s*(?P<{0}_half>AM|PM|SA|CH))?"
_DAY = re.compile(
    rf"(?:{_TIME.format('before')}[\s,]+)?"
    r"(?:(?P<day>\d{1,2})(?P<sign>[/.-])(?P<month>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})"
    r"|(?P<iso_year>\d{4})(?P<iso_sign>[/.-])(?P<iso_month>\d{1,2})(?P=iso_sign)(?P<iso_day>\d{1,2})"
    r"|NGÀY (?P<said_day>\d{1,2}) THÁNG (?P<said_month>\d{1,2}) NĂM (?P<said_year>\d{4}))"
    rf"(?:[\s,T]+{_TIME.format('after')})?(?P<zone>Z|[+-]\d{{2}}:?\d{{2}})?",
    re.A,
)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?", re.A)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.A)
_PROCEDURE = re.compile(r"(\d)\.(\d{1,6})(?:\.[0-9A-Z.]*)?", re.A)


def read_text(cell: Cell, longest: int = LONGEST_TEXT) -> str | RowFault | None:
    """Return a cell's words in NFC; None for an empty cell."""
    if cell is None or isinstance(cell, RowFault):
        return cell
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 10**EXACT_DIGITS else repr(cell)
    if not isinstance(cell, str):
        return str(cell)
    if len(cell) > longest:
        return RowFault.TOO_LONG
    return cell if _PLAIN.fullmatch(cell) else _read_words(cell)


@lru_cache(maxsize=2048)
def _read_words(text: str) -> str | RowFault | None:
    """Read a text of bounded length; lists repeat most of theirs."""
    if _CONTROL.search(text):
        return RowFault.CONTROL_SIGNS
    if text.strip().upper() in _FORMULA_ERRORS:
        return RowFault.FORMULA_ERROR
    return clean(text).removeprefix("'") or None


def read_code(cell: Cell) -> DossierCode | RowFault | None:
    """Return a dossier's code; words without any digit and lines of totals are no codes."""
    if isinstance(cell, date | timedelta | bool):
        return RowFault.NOT_A_CODE
    if isinstance(cell, int | float) and abs(cell) >= 10**EXACT_DIGITS:
        return RowFault.ROUNDED_NUMBER
    text = read_text(cell, longest=2 * LONGEST_CODE)
    if text is None or isinstance(text, RowFault):
        return text
    if _ROUNDED.fullmatch(text):
        return RowFault.ROUNDED_NUMBER
    code = normalise_code(text)
    if len(code.code) == LONGEST_CODE and "~" in code.code:
        return RowFault.TOO_LONG
    is_total = text[0] in "tT" and search_form(text).startswith(("tong ", "tong:"))
    has_digit = any(sign.isdigit() for sign in code.code)
    return code if has_digit and not is_total else RowFault.NOT_A_CODE


def read_procedure_code(cell: Cell) -> str | RowFault | None:
    """Return a procedure's national code, n.nnnnnn, without what provinces put after it.

    A number has lost the zeros at its end; they are put back, since six digits are certain.
    """
    if isinstance(cell, float):
        return f"{cell:.6f}"
    text = read_text(cell, longest=200)
    if text is None or isinstance(text, RowFault):
        return text
    form = _PROCEDURE.fullmatch(text.upper().replace(" ", ""))
    if form is None:
        return text[:LONGEST_CODE]
    return f"{form[1]}.{form[2].ljust(6, '0')}"


def read_day(cell: Cell, *, is_1904: bool | None) -> date | RowFault | None:
    """Return the office's local day that a cell names.

    ``is_1904`` says from when a workbook numbers its days; None where there is no workbook, so
    that a bare number stays unread.
    """
    if isinstance(cell, bool | timedelta):
        return RowFault.NOT_A_DAY
    if isinstance(cell, date):
        return _likely(cell)
    text = read_text(cell, longest=LONGEST_DAY)
    if text is None or isinstance(text, RowFault):
        return text
    return _day_in_words(text, is_1904)


@lru_cache(maxsize=8192)
def _day_in_words(text: str, is_1904: bool | None) -> date | RowFault:
    packed = _PACKED.fullmatch(text)
    if packed:
        is_time = packed[4] is None or _is_time(f"{packed[4]}:{packed[5]}:{packed[6] or 0}")
        return _make(packed[1], packed[2], packed[3]) if is_time else RowFault.NOT_A_DAY
    if _SERIAL.fullmatch(text):
        return _numbered(float(text), is_1904)
    form = _DAY.fullmatch(text.upper())
    return RowFault.NOT_A_DAY if form is None else _from_form(form)


def _numbered(number: float, is_1904: bool | None) -> date | RowFault:
    if is_1904 is None:
        return RowFault.AMBIGUOUS_DAY
    return _likely(EPOCHS[is_1904] + timedelta(days=int(number)))


def _from_form(form: re.Match[str]) -> date | RowFault:
    if not all(_is_time(form[name]) for name in ("before", "after")):
        return RowFault.NOT_A_DAY
    if form["iso_year"]:
        day = _make(form["iso_year"], form["iso_month"], form["iso_day"])
        return _in_office_zone(day, form) if form["zone"] else day
    if form["zone"]:
        return RowFault.NOT_A_DAY
    if form["said_year"]:
        return _make(form["said_year"], form["said_month"], form["said_day"])
    if len(form["year"]) == 2:
        return RowFault.AMBIGUOUS_DAY
    return _day_first(form)


def _day_first(form: re.Match[str]) -> date | RowFault:
    """Read day, month, year; AM and PM are the mark of programs that write the month first."""
    first, second = int(form["day"]), int(form["month"])
    if second > 12 and first <= 12:
        return RowFault.MONTH_FIRST
    is_foreign = bool({form["before_half"], form["after_half"]} & {"AM", "PM"})
    if is_foreign and first <= 12 and first != second:
        return RowFault.AMBIGUOUS_DAY
    return _make(form["year"], form["month"], form["day"])


def _make(year: str, month: str, day: str) -> date | RowFault:
    try:
        return _likely(date(int(year), int(month), int(day)))
    except ValueError:
        return RowFault.IMPOSSIBLE_DAY


def _likely(day: date) -> date | RowFault:
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else RowFault.UNLIKELY_DAY


def _is_time(text: str | None) -> bool:
    if text is None:
        return True
    hour, minute, second = (*(float(part) for part in text.split(":")), 0.0)[:3]
    return hour < 24 and minute < 60 and second < 60


def _in_office_zone(day: date | RowFault, form: re.Match[str]) -> date | RowFault:
    """Move an instant with its zone to the office's day; without a time the zone says nothing."""
    if form["after"] is None or form["after_half"]:
        return RowFault.NOT_A_DAY
    if isinstance(day, RowFault):
        return day
    hour, minute = (int(part) for part in form["after"].split(":")[:2])
    sign, digits = form["zone"][0], form["zone"][1:].replace(":", "")
    offset = timedelta()
    if digits:
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if offset >= timedelta(hours=24):
        return RowFault.NOT_A_DAY
    zone = timezone(-offset if sign == "-" else offset)
    return clock.local_day(datetime.combine(day, time(hour, minute), tzinfo=zone))


_CHANNEL_WORDS = (
    ("tructiep", Channel.IN_PERSON),
    ("inperson", Channel.IN_PERSON),
    ("tructuyen", Channel.ONLINE),
    ("online", Channel.ONLINE),
    ("buuchinh", Channel.POST),
    ("buudien", Channel.POST),
    ("post", Channel.POST),
)
CHANNEL_NUMBERS = {"1": Channel.IN_PERSON, "2": Channel.ONLINE, "3": Channel.POST}


def read_channel(cell: Cell, *, has_numbers: bool) -> Channel:
    """Return the channel that a cell names alone; UNKNOWN for anything else, never a guess."""
    text = read_text(cell)
    if text is None or isinstance(text, RowFault):
        return Channel.UNKNOWN
    key = heading_key(text)
    if has_numbers and key in CHANNEL_NUMBERS:
        return CHANNEL_NUMBERS[key]
    named = {channel for word, channel in _CHANNEL_WORDS if word in key}
    if len(named) != 1 or key.startswith(("khong", "chua")):
        return Channel.UNKNOWN
    return named.pop()


_YES = {"co", "x", "1", "true", "yes", "roi", "dasohoa", "sohoa", "dung", "daso"}
_NO = {"khong", "0", "false", "no", "chua", "chuasohoa", "khongsohoa", "sai"}


def read_yes_or_no(cell: Cell) -> bool | None:
    """Return whether a cell says yes or no; None where it says neither."""
    if isinstance(cell, bool):
        return cell
    text = read_text(cell)
    if text is None or isinstance(text, RowFault):
        return None
    key = heading_key(text)
    return True if key in _YES else False if key in _NO else None
