"""One call with its state, from its arrival to its response."""

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
    """A path without a token, for logs and pages."""
    found = _TOKEN.match(path)
    return path if found is None else found[1] + path[found.end() :]


@dataclass(slots=True)
class Exchange:
    """The state of a call for the response, the limits and the Live page. ``body`` is unpacked.

    ``shown`` is shown on the Live page in place of the body, if it differs.
    """

    request: HttpRequest
    received_at: datetime = field(default_factory=_now)
    started: float = field(default_factory=time.perf_counter)
    caller: Caller | None = None
    former: Caller | None = None  # if the key has expired or wasn't needed
    body: bytes = b""
    shown: bytes | None = None
    records: int = 0
    reason: str = ""  # why it was refused
    lines: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The address with its query, without a connection's token, which is as secret as a key."""
        return without_token(self.request.get_full_path())

    @property
    def milliseconds(self) -> float:
        """Since the call arrived."""
        return (time.perf_counter() - self.started) * 1000

    @property
    def is_dry_run(self) -> bool:
        return self.request.GET.get("dry_run", "").lower() not in ("", "0", "false")
