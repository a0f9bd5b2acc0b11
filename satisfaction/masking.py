"""Hide phone and identity numbers in free text before it is stored. Refuses to keep the original.

Source: numbers in use in Việt Nam: mobile 10 digits from 03, 05, 07, 08, 09; landline 10 or 11
from 02; +84; identity cards of 12 and of 9 digits; passports of a letter and 7 or 8 digits.
Any other run of eight digits and more is hidden as well, because nothing that a comment has to
say needs one; days and sums of money are left.
"""

import re
import unicodedata

HIDDEN = "[…]"
_JOINT = r"[ .\-\u00a0\u2009\u202f()/]{0,2}"
_RUN = re.compile(rf"(?<!\w)\+?\(?\d(?:{_JOINT}\d){{7,}}")
_DAY = re.compile(r"\(?\d{1,2}[./\- ]\d{1,2}[./\- ](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}")
_MONEY = re.compile(r"\d{1,3}(?:[. ]\d{3}){2,3}(?=\s*(?:đ|đồng|vnđ|vnd|vnđ|₫)\b)", re.IGNORECASE)
_YEARS = re.compile(r"(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d")
_PASSPORT = re.compile(r"\b[A-Za-z] ?\d{7,8}\b")
_MAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_SPOKEN = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "tư", "lăm")
_WORDS = re.compile(
    rf"\b(?:{'|'.join(_SPOKEN)})(?:[\s,.\-]+(?:{'|'.join(_SPOKEN)})){{6,}}\b", re.IGNORECASE
)


def mask_personal_numbers(text: str) -> str:
    """Return text in which numbers that lead to a person are hidden.

    Shape: each hidden run becomes ``[…]``; full-width and other digits are read as plain ones.
    """
    plain = "".join(_plain_digit(sign) for sign in unicodedata.normalize("NFC", text))
    for pattern in (_MAIL, _WORDS):
        plain = pattern.sub(HIDDEN, plain)
    plain = _RUN.sub(lambda found: _mask_run(found, plain), plain)
    return _PASSPORT.sub(HIDDEN, plain)


def _plain_digit(sign: str) -> str:
    return str(unicodedata.digit(sign)) if sign.isdigit() and not sign.isascii() else sign


def _mask_run(found: re.Match[str], text: str) -> str:
    run = found.group()
    if _DAY.fullmatch(run) or _YEARS.fullmatch(run):
        return run
    money = _MONEY.match(text, found.start())
    return run if money and money.end() == found.end() else HIDDEN
