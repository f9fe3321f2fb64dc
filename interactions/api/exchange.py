"""One call and what is known of it, from its arrival to its answer."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.http import HttpRequest

from interactions.access.keys import Caller


def _now() -> datetime:
    return datetime.now(UTC)


_TOKEN = re.compile(r"(/+v1/+connect/+[^/?]*)/[^?]*")


def without_token(path: str) -> str:
    """An address as logs and pages may show it."""
    found = _TOKEN.match(path)
    return path if found is None else found[1] + path[found.end() :]


@dataclass(slots=True)
class Exchange:
    """What the answer, the limits and the Live page are made of. ``body`` is unpacked.

    ``shown`` is what the Live page shows in place of the body, where that is not it.
    """

    request: HttpRequest
    received_at: datetime = field(default_factory=_now)
    started: float = field(default_factory=time.perf_counter)
    caller: Caller | None = None
    former: Caller | None = None  # whose key has ended, or was not asked for
    body: bytes = b""
    shown: bytes | None = None
    records: int = 0
    reason: str = ""  # why it was refused
    lines: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The address with its query; that of a connection without its token, which is as good as a key."""
        return without_token(self.request.get_full_path())

    @property
    def milliseconds(self) -> float:
        """Since the call arrived."""
        return (time.perf_counter() - self.started) * 1000

    @property
    def is_dry_run(self) -> bool:
        return self.request.GET.get("dry_run", "").lower() not in ("", "0", "false")
