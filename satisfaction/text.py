"""Vietnamese text as it is stored, searched and sorted. Refuses to guess at meaning.

Text is kept in Unicode NFC; the search form ignores diacritics, đ and d, case and the place of
the tone mark, so that Yên Hoà and Yên Hòa are found alike.
"""

import re
import unicodedata
from functools import lru_cache

_SPACE = re.compile(r"\s+")
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"), "-")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONE_ORDER = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]


def clean(text: str) -> str:
    """Return text in NFC with single spaces and no control characters.

    What is not seen is dropped, because it makes two words that look alike differ and can turn
    the direction of what follows; half a surrogate pair cannot be stored at all.
    """
    kept = "".join(map(_visible, text))
    return _SPACE.sub(" ", unicodedata.normalize("NFC", kept)).strip()


def _visible(sign: str) -> str:
    category = unicodedata.category(sign)
    return " " if category == "Cc" else "" if category in {"Cf", "Cs"} else sign


def cut(text: str, most: int) -> str:
    """Return text of at most so many signs; what was longer ends in an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def search_form(text: str) -> str:
    """Return the form under which text is found: no marks, d for đ, lower case."""
    spread = unicodedata.normalize("NFD", clean(text).casefold().replace("đ", "d"))
    return "".join(sign for sign in spread if not unicodedata.combining(sign))


def plain_hyphens(text: str) -> str:
    """Return text with every kind of hyphen and dash written as -."""
    return text.translate(_HYPHENS)


@lru_cache(maxsize=8192)
def sort_key(text: str) -> tuple[object, ...]:
    """Return a key that sorts as a Vietnamese dictionary does: letters first, tones last.

    Digits sort by their number, so Bàn 10 comes after Bàn 9. The names of an office are few and
    are sorted again and again, so that their keys are kept.
    """
    letters: list[tuple[int, int, str]] = []
    tones: list[int] = []
    for part in re.findall(r"\d+|\D", unicodedata.normalize("NFC", text).lower()):
        if part.isdecimal():
            letters.append((0, int(part), ""))
            continue
        bare, tone = _split_tone(part)
        place = _ALPHABET.find(bare) if bare else -1
        letters.append((1, place if place >= 0 else -1, "" if place >= 0 else bare))
        tones.append(tone)
    return (tuple(letters), tuple(tones))


def _split_tone(letter: str) -> tuple[str, int]:
    spread = unicodedata.normalize("NFD", letter)
    tone = next((sign for sign in spread if sign in _TONES), "")
    bare = unicodedata.normalize("NFC", spread.replace(tone, "") if tone else spread)
    return bare, _TONE_ORDER.index(tone)
