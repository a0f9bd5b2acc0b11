"""Hide phone and identity numbers in free text before it is stored. Refuses to keep the original.

Source: numbers in use in Việt Nam: mobile 10 digits from 03, 05, 07, 08, 09; landline 10 or 11
from 02; +84; identity cards of 12 and of 9 digits; passports of a letter and 7 or 8 digits;
health insurance cards of two letters and 13 digits.
Any other run of eight digits and more is hidden as well, because nothing that a comment has to
say needs one; days and sums of money are left.
"""

import re
import unicodedata

HIDDEN = "[…]"
_JOINT = r"[ ._\-\u00a0\u2009\u2010-\u2015\u202f()/·•]{0,2}"
_RUN = re.compile(rf"\+?\(?(?<!\d)\d(?:{_JOINT}\d){{7,}}")
_DAY = r"(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:19|20)\d\d(?!\d)"
_ISO_DAY = r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)"
_DAYS = re.compile(rf"\(?{_DAY}(?: ?[-–] ?{_DAY})?|\(?{_ISO_DAY}|{_DAY.replace('[./-]', ' ')}")
_DAY_FIRST = re.compile(rf"\(?(?:{_DAY}|{_ISO_DAY})(?= )")
_MONEY = re.compile(
    r"(?:\d{1,3}(?:[. ]\d{3}){2,3}|[1-9]\d{7,9})(?=\s*(?:đ|đồng|vnđ|vnd|₫)(?!\w))", re.IGNORECASE
)
_YEARS = re.compile(r"(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d")
_PASSPORT = re.compile(r"\b[A-Za-z] ?\d{7,8}\b")
_MAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_SPOKEN = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "tư", "lăm")
_WORDS = re.compile(
    rf"\b(?:{'|'.join(_SPOKEN)})(?:[\s,.\-]+(?:{'|'.join(_SPOKEN)})){{6,}}\b", re.IGNORECASE
)
# Signs that only draw a frame around a digit, as in the pictures that phones offer for digits.
_FRAMES = dict.fromkeys((0xFE0F, 0x20E3))


def mask_personal_numbers(text: str) -> str:
    """Return text in which numbers that lead to a person are hidden.

    Shape: each hidden run becomes ``[…]``; full-width and other digits are read as plain ones.
    """
    whole = unicodedata.normalize("NFC", text).translate(_FRAMES)
    plain = "".join(_plain_digit(sign) for sign in whole)
    for pattern in (_MAIL, _WORDS):
        plain = pattern.sub(HIDDEN, plain)
    return _PASSPORT.sub(HIDDEN, _mask_runs(plain))


def _plain_digit(sign: str) -> str:
    return str(unicodedata.digit(sign)) if sign.isdigit() and not sign.isascii() else sign


def _mask_runs(text: str) -> str:
    return _RUN.sub(lambda found: _mask_run(found, text), text)


def _mask_run(found: re.Match[str], text: str) -> str:
    """Return a run of digits hidden, unless it is a day, a sum of money or a span of years.

    What follows a day, with a space between, is looked at for itself.
    """
    run = found.group()
    if _DAYS.fullmatch(run) or _YEARS.fullmatch(run):
        return run
    money = _MONEY.match(text, found.start())
    if money and money.end() == found.end():
        return run
    day = _DAY_FIRST.match(run)
    return day[0] + _mask_runs(run[day.end() :]) if day else HIDDEN
