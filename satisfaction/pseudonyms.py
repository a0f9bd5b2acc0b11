"""Names for rows whose own keys would tell their order. Refuses to say anything without the key.

A name is the row's number and a row of noughts, put through a keyed permutation: it is stable, it
cannot be guessed, and two names say nothing of which row came first.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable

_ROUNDS = 8
_HALF_BYTES = 8
_MOST = 2**63
NAME_LENGTH = 26
_ORDER = b"order"


class Pseudonyms:
    """The names of one kind of rows; another purpose gives other names from the same secret.

    Source: a Feistel network over a keyed hash (Luby and Rackoff 1988), eight rounds of
    HMAC-SHA-256 on halves of 64 bits.
    """

    def __init__(self, secret: str, *, purpose: str) -> None:
        self._key = hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)

    def name(self, number: int) -> str:
        """Return the name of a row."""
        left, right = bytes(_HALF_BYTES), number.to_bytes(_HALF_BYTES, "big")
        for turn in range(_ROUNDS):
            left, right = right, _mix(left, self._round(turn, right))
        return base64.b32encode(left + right).decode().rstrip("=").lower()

    def find(self, name: str) -> int | None:
        """Return the row that a name stands for; nothing for what is no name of ours."""
        if len(name) != NAME_LENGTH or not name.isascii():
            return None
        try:
            block = base64.b32decode(name.upper() + "======")
        except ValueError:
            return None
        left, right = block[:_HALF_BYTES], block[_HALF_BYTES:]
        for turn in reversed(range(_ROUNDS)):
            left, right = _mix(right, self._round(turn, left)), left
        number = int.from_bytes(right, "big")
        is_ours = left == bytes(_HALF_BYTES) and number < _MOST and self.name(number) == name
        return number if is_ours else None

    def shuffled(self, numbers: Iterable[int]) -> list[int]:
        """Return rows in an order that is the same each time and says nothing of their own."""
        return sorted(numbers, key=self._place)

    def _place(self, number: int) -> bytes:
        """Return a place that is told from the key alone; one hash, as there are many rows."""
        return hmac.digest(self._key, _ORDER + number.to_bytes(_HALF_BYTES, "big"), hashlib.sha256)

    def _round(self, turn: int, half: bytes) -> bytes:
        return hmac.digest(self._key, bytes([turn]) + half, hashlib.sha256)[:_HALF_BYTES]


def _mix(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
