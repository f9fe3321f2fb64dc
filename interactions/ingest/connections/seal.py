"""Encrypt secrets that must be read back from the database. The encryption key is derived from SECRET_KEY."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from interactions import identity
from interactions.errors import DojoError

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_PURPOSE = b"dojo.connection"  # 16 bytes at most


class SecretUnreadable(DojoError):
    """A secret was encrypted with a SECRET_KEY that is no longer in the settings."""

    def __init__(self) -> None:
        super().__init__("SECRET_KEY has changed, so the secret of this connection can't be read. Set a new secret.")


def sealed(secret: str) -> str:
    """Encrypt a secret; empty for an empty one."""
    return _box(identity.secret_keys()).encrypt(secret.encode()).decode() if secret else ""


def opened(stored: str) -> str:
    """Decrypt a secret. Raises SecretUnreadable."""
    from cryptography.fernet import InvalidToken

    if not stored:
        return ""
    try:
        return _box(identity.secret_keys()).decrypt(stored.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable from None


@lru_cache(maxsize=2)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet  # imported here to save memory in processes that don't need it

    return MultiFernet([Fernet(urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=32, person=_PURPOSE).digest()
