"""What the log says of requests."""

from __future__ import annotations

import logging


class NoTracebackOfRefusals(logging.Filter):
    """A request that was refused is a line; only a failure of ours has a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", None)
        if isinstance(status, int) and status < 500:
            record.exc_info = record.exc_text = None
        return True
