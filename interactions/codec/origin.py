"""Where records came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

SAID_LATER: Final = -(1 << 63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Origin:
    """The import that records belong to (0 for live records), and when they were received (UTC).

    ``received_at`` is None if it's filled in later.
    """

    import_id: int
    received_at: datetime | None

    @property
    def received(self) -> int:
        """``received_at`` in µs since 1970; if it's None, SAID_LATER, which no record can have."""
        return SAID_LATER if self.received_at is None else (self.received_at - _EPOCH) // timedelta(microseconds=1)
