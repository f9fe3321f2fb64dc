"""Encrypt the secrets of connections, which must be read back from the database."""

from __future__ import annotations

from interactions import seal

_PURPOSE = b"dojo.connection"


class ConnectionSecretUnreadable(seal.SecretUnreadable):
    """The secret of a connection was encrypted with a SECRET_KEY that is no longer in the settings."""

    def __init__(self) -> None:
        super().__init__("SECRET_KEY has changed, so the secret of this connection can't be read. Set a new secret.")


def sealed(secret: str) -> str:
    """Encrypt a secret; empty for an empty one."""
    return seal.sealed(secret, _PURPOSE)


def opened(stored: str) -> str:
    """Decrypt a secret. Raises ConnectionSecretUnreadable."""
    try:
        return seal.opened(stored, _PURPOSE)
    except seal.SecretUnreadable:
        raise ConnectionSecretUnreadable from None
