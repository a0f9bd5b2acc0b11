"""Secrets that have to be read again, sealed with a key made from the installation's own.

Refuses what was sealed for something else, or changed, or sealed under another key.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


def derive_key(installation_key: str, purpose: str) -> bytes:
    """Return the key for one purpose; none tells anything of another or of the installation's."""
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return made.derive(installation_key.encode())


def seal(secret: str, *, key: bytes, about: str) -> bytes:
    """Return a secret as it may be stored; ``about`` names what it belongs to."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), about.encode())


def unseal(sealed: bytes, *, key: bytes, about: str) -> str | None:
    """Return what was sealed, or nothing where the key or what it belongs to is another."""
    nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, body, about.encode()).decode()
    except InvalidTag:
        return None
