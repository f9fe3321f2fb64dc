"""Log formats: for people, or as JSON for programs. Both have the id of the request or task."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from dojo import request_id


class PlainLine(logging.Formatter):
    """A line for people, with the request's id at the end, followed by the traceback if there is one."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - of the base class
        made = _id_of(record)
        return super().formatMessage(record) + (f" [{made}]" if made else "")


class JsonLine(logging.Formatter):
    """A line of JSON: ``time`` (RFC 3339, UTC), ``level``, ``logger`` and ``message``.

    Also ``request_id``, ``status`` (of a refused request) and ``error`` (with the traceback), if there are any.
    """

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": _id_of(record),
            "status": getattr(record, "status_code", None),
            "error": self._traceback(record),
        }
        return json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=False)

    def _traceback(self, record: logging.LogRecord) -> str:
        return self.formatException(record.exc_info) if record.exc_info else record.exc_text or ""


def _id_of(record: logging.LogRecord) -> str:
    """The id from ``extra={"request_id": …}``, or of the request that Django logs after responding."""
    of_request = getattr(getattr(record, "request", None), "META", {})
    return str(getattr(record, "request_id", "") or of_request.get(request_id.ENVIRON, "")) or request_id.current()


def as_json(process: str, line: str) -> str:
    """A line of a process's output as JSON, unless it's JSON already."""
    said: object = None
    if line.startswith("{"):
        try:
            said = json.loads(line)
        except ValueError:
            pass  # not JSON, although in braces
    if not isinstance(said, dict) or "message" not in said:
        said = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "message": line}
    return json.dumps({"process": process, **said}, ensure_ascii=False)
