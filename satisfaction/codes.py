"""Codes that are typed once from paper or a message. Refuses to keep one in the clear."""

import hashlib
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP_LENGTH = 4, 4


def make_code() -> str:
    """Return a code of 78 bits, as 7KQ2-M4XT-9RAB-C3DE.

    Shape: four groups of four signs without those that are taken for one another.
    """
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def hash_code(typed: str) -> bytes:
    """Return the form in which a code is kept and looked for, however it was typed."""
    plain = "".join(sign for sign in typed.upper() if sign.isalnum())
    return hashlib.sha256(plain.encode()).digest()
