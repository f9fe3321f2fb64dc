"""Encrypt secrets that must be read back from the database. The encryption keys are derived from SECRET_KEY."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from interactions.errors import DojoError

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class SecretUnreadable(DojoError):
    """A secret was encrypted with a SECRET_KEY that is no longer in the settings."""


def sealed(secret: str, purpose: bytes) -> str:
    """Encrypt a secret; empty for an empty one. Each ``purpose`` (16 bytes at most) has a key of its own."""
    return _box(_secret_keys(), purpose).encrypt(secret.encode()).decode() if secret else ""


def opened(stored: str, purpose: bytes) -> str:
    """Decrypt a secret. Raises SecretUnreadable."""
    from cryptography.fernet import InvalidToken

    if not stored:
        return ""
    try:
        return _box(_secret_keys(), purpose).decrypt(stored.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable("SECRET_KEY has changed, so this secret can't be read.") from None


def _secret_keys() -> tuple[str, ...]:
    from interactions import identity  # which loads what columns are hashed with: seldom needed here, and slow

    return identity.secret_keys()


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...], purpose: bytes) -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet  # imported here to save memory in processes that don't need it

    return MultiFernet([Fernet(urlsafe_b64encode(_derived(key, purpose))) for key in keys])


def _derived(key: str, purpose: bytes) -> bytes:
    return blake2b(key.encode(), digest_size=32, person=purpose).digest()
