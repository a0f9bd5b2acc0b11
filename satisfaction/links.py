"""Addresses that citizens are handed, as links and as printed symbols. Refuses to know a host.

Both paths stand in upper case, so that a whole address can: a symbol holds upper case in less
space.
"""

INVITATION_PATH = "/R/"
CARD_PATH = "/Q/"


def invitation_url(base: str, token: str) -> str:
    """Return the address by which one visit can be rated; ``base`` ends without a stroke."""
    return f"{base}{INVITATION_PATH}{token}"


def card_url(base: str, word: str) -> str:
    """Return the address of a desk's card; ``base`` ends without a stroke."""
    return f"{base}{CARD_PATH}{word}"
