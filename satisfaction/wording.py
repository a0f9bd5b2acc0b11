"""Names and codes as officers type them. Refuses what cannot be read, shown or told apart."""

import re
import unicodedata

from satisfaction.errors import OfficeChangeRefusedError
from satisfaction.faults import OfficeFault
from satisfaction.text import clean

_CODE = re.compile(r"[0-9A-ZĐ](?:[0-9A-ZĐ._/-]*[0-9A-ZĐ])?", re.IGNORECASE)
_PICTURES = {"So", "Co", "Cn"}


def read_words(text: str, *, field: str, longest: int, may_be_empty: bool = False) -> str:
    """Return words in NFC, without what is not seen.

    Raises: OfficeChangeRefusedError for none, for too many, and for pictures among them.
    """
    words = clean(text)
    if not words and not may_be_empty:
        raise OfficeChangeRefusedError(fault=OfficeFault.NO_WORDS, field=field)
    if len(words) > longest:
        raise OfficeChangeRefusedError(fault=OfficeFault.WORDS_TOO_LONG, field=field, most=longest)
    if any(unicodedata.category(sign) in _PICTURES for sign in words):
        raise OfficeChangeRefusedError(fault=OfficeFault.ODD_SIGNS, field=field)
    return words


def read_code(text: str, *, field: str, longest: int) -> str:
    """Return a code: letters, digits, and . / - _ between them.

    Raises: OfficeChangeRefusedError.
    """
    code = read_words(text, field=field, longest=longest)
    if not _CODE.fullmatch(code):
        raise OfficeChangeRefusedError(fault=OfficeFault.ODD_CODE, field=field)
    return code
