"""What can go wrong with a stream."""

from __future__ import annotations

from django.db import DatabaseError

from interactions.errors import DojoError


class StreamAway(DojoError):
    """A stream can't be read now; it is tried again."""


class StreamMissing(StreamAway):
    """There is no such topic or stream, at least not yet."""


class ClientMissing(StreamAway):
    """The package that reads this kind of stream isn't installed."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"The package {package} isn't installed. Run make setup EXTRAS=streams, or"
            " .venv/bin/pip install -r requirements-streams.txt."
        )


class LeaseLost(DatabaseError):
    """Somebody else reads the partition now. A database error, as it undoes the transaction that it's raised in."""
