"""Log filters: no tracebacks for refused requests, no tokens of addresses, and no repeated warnings."""

from __future__ import annotations

import logging
import re
import threading
import time

_PAUSE_SECONDS = 60.0
_MOST = 1000  # distinct lines that are remembered
_TOKEN = re.compile(r"(/shared/)[^/\s?]+")


class NoTracebackOfRefusals(logging.Filter):
    """Logs refused requests as a line; only internal errors have a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", None)
        if isinstance(status, int) and status < 500:
            record.exc_info = record.exc_text = None
        return True


class NoTokensOfAddresses(logging.Filter):
    """Leaves out the token in an address that is itself the permission."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - the handler tells of it, and a filter must not raise
            return True
        if "/shared/" in message:
            record.msg, record.args = _TOKEN.sub(r"\1…", message), None
        return True


class OnceAMinute(logging.Filter):
    """Leaves out and counts warnings and errors that repeat one within the last minute.

    Otherwise retries, as on a full disk, would fill the log. The next line has the number of those left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[object, ...], tuple[float, int]] = {}
        self._counting = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - the handler tells of it, and a filter must not raise
            return True
        cause = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        place = (record.name, record.levelno, message, cause)
        now = time.monotonic()
        with self._counting:
            last, left_out = self._said.get(place, (-_PAUSE_SECONDS, 0))
            if now - last < _PAUSE_SECONDS:
                self._said[place] = (last, left_out + 1)
                return False
            if len(self._said) >= _MOST:
                self._said.clear()
            self._said[place] = (now, 0)
        if left_out:
            record.msg, record.args = f"{message} (and {left_out} more times since)", None
        return True
