"""The cluster that ENGINE_URL names: whether somebody listens there. Asking it is not for whoever only watches."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

_PORT: Final = 15002  # of Spark Connect, where a URL names none


def answers(url: str, within: float = 2.0) -> bool:
    """Whether a connection can be made, in so many seconds."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or _PORT), timeout=within):
            return True
    except (OSError, ValueError):
        return False
