"""The exceptions of streams."""

from __future__ import annotations

from django.db import DatabaseError

from interactions.errors import DojoError


class StreamAway(DojoError):
    """A stream can't be read now. Dojo tries again."""


class StreamMissing(StreamAway):
    """The topic or stream doesn't exist (yet)."""


class ClientMissing(StreamAway):
    """The package that reads this kind of stream isn't installed."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"The package {package} isn't installed. Run make setup EXTRAS=streams, or"
            " .venv/bin/pip install -r requirements-streams.txt."
        )


class LeaseLost(DatabaseError):
    """Another consumer has the partition now. It's a DatabaseError, so that it rolls back the transaction."""
