"""Which passwords are refused: short ones, common ones, and those made of one's own names.

Refuses nothing for being long: a whole sentence is the password that is easiest to keep.
Source: docs/adr/0014-second-factors.md: 14 characters of four kinds where the password stands
alone, 8 of any kind beside a second factor; ASVS 5.0, V6.2: 64 and more are allowed.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from satisfaction.errors import PasswordRefusedError
from satisfaction.text import search_form

SHORTEST = 14
SHORTEST_BESIDE_FACTOR = 8
KINDS = 4
LONGEST = 256
SHORTEST_NAME = 4
LONG_NAME = 6
SHORTEST_PART = 3
MOST_REPEATED = 4
FEWEST_LETTERS = 6
_ROWS = ("01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz")
_COMMON = frozenset(
    [
        "password",
        "passw0rd",
        "matkhau",
        "mậtkhẩu",
        "admin",
        "administrator",
        "quantri",
        "quảntrị",
        "welcome",
        "letmein",
        "iloveyou",
        "anhyeuem",
        "anhyêuem",
        "emyeuanh",
        "monkey",
        "dragon",
        "sunshine",
        "football",
        "princess",
        "vietnam",
        "việtnam",
        "hanoi",
        "hànội",
        "saigon",
        "sàigòn",
        "hailong",
        "hàilòng",
        "motcua",
        "mộtcửa",
        "tayho",
        "tâyhồ",
        "ubnd",
        "phuong",
        "phường",
        "xinchao",
        "xinchào",
        "changeme",
        "default",
        "secret",
        "master",
        "login",
        "guest",
        "test",
        "demo",
        "user",
        "root",
        "qwerty",
    ]
)


class PasswordFault(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_FEW_KINDS = "too_few_kinds"
    TOO_LONG = "too_long"
    COMMON = "common"
    OWN_NAME = "own_name"


def plain_password(password: str) -> str:
    """Return the password in one Unicode form: keyboards differ in how they write ữ."""
    return unicodedata.normalize("NFC", password)


def stands_alone(password: str) -> bool:
    """Say whether a password is enough without a second factor: long, and of all four kinds."""
    plain = plain_password(password)
    return len(plain) >= SHORTEST and len(_kinds(plain)) == KINDS


def _kinds(plain: str) -> set[str]:
    """Return which kinds of signs there are: small and capital letters, digits, and all others."""
    return {
        "small" if sign.islower() else "capital" if sign.isupper() else _other_kind(sign)
        for sign in plain
    }


def _other_kind(sign: str) -> str:
    return "digit" if sign.isdigit() else "other"


def check_password(
    password: str, *, name: str, display_name: str = "", has_second_factor: bool = False
) -> None:
    """Refuse a password that somebody would try; ``name`` is that of the account.

    Raises: PasswordRefusedError with its fault, and never with the password.
    """
    plain = plain_password(password)
    shortest = SHORTEST_BESIDE_FACTOR if has_second_factor else SHORTEST
    if len(plain) < shortest:
        raise PasswordRefusedError(fault=PasswordFault.TOO_SHORT, shortest=shortest)
    if len(plain) > LONGEST:
        raise PasswordRefusedError(fault=PasswordFault.TOO_LONG, longest=LONGEST)
    bare = _bare(plain)
    own = _bare(plain_password(name))
    if (len(own) >= SHORTEST_NAME and own in bare) or _is_name(plain, (name, display_name)):
        raise PasswordRefusedError(fault=PasswordFault.OWN_NAME)
    if _is_common(bare):
        raise PasswordRefusedError(fault=PasswordFault.COMMON)
    if not has_second_factor and not stands_alone(plain):
        raise PasswordRefusedError(fault=PasswordFault.TOO_FEW_KINDS)


def _bare(text: str) -> str:
    """Return what is left without case and without the signs that people put between words."""
    return re.sub(r"[\W_]+", "", text.casefold())


def _is_name(plain: str, names: Iterable[str]) -> bool:
    """Say whether a password holds a whole name, or is mostly made of names and parts of them.

    Marks, case, spaces, digits and other signs make no difference. A whole name shorter than six
    letters, which many phrases hold by chance, and parts from three letters on count only where
    they are more than half of the password's letters.
    """
    letters = _letters(plain)
    wholes = {_letters(name) for name in names}
    if any(len(whole) >= LONG_NAME and whole in letters for whole in wholes):
        return True
    words = {word for name in names for word in re.split(r"[\W\d_]+", search_form(name))}
    parts = sorted(
        (part for part in wholes | words if len(part) >= SHORTEST_PART), key=len, reverse=True
    )
    if not parts:
        return False
    left = re.sub("|".join(parts), "", letters)
    return len(letters) - len(left) > len(letters) / 2


def _letters(text: str) -> str:
    """Return the letters of a text without marks and case."""
    return re.sub(r"[\W\d_]+", "", search_form(text))


def _is_common(bare: str) -> bool:
    """Say whether a password is a word that everybody tries, a row of keys, or a repetition."""
    word = re.sub(r"\d+", "", bare)
    if word in _COMMON or (not word and _is_row(bare)):
        return True
    return len(bare) < FEWEST_LETTERS or _repeats(bare) or _is_row(bare)


def _repeats(bare: str) -> bool:
    """Say whether the same few signs come again and again."""
    return any(
        bare == (bare[:length] * len(bare))[: len(bare)] for length in range(1, MOST_REPEATED + 1)
    )


def _is_row(bare: str) -> bool:
    """Say whether a password is made of runs of neighbouring keys, forwards or backwards."""
    rows = [*_ROWS, *(row[::-1] for row in _ROWS)]
    rest = bare
    while rest:
        length = max(
            (n for n in range(3, len(rest) + 1) if any(rest[:n] in row for row in rows)), default=0
        )
        if not length:
            return False
        rest = rest[length:]
    return True
