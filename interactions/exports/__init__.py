"""Take records out as a file: what is small goes straight to the browser, the rest is written by a worker.

Nobody who is hidden is in an export. A deletion request removes every export that was begun before it, as any of them
may hold the person (:func:`forget`).
"""

from interactions.exports.lifecycle import (
    AT_ONCE,
    ExportStateError,
    at_once,
    begin,
    cancel,
    count_before,
    forget_before,
    narrowed_by,
    sweep,
    taken,
)
from interactions.exports.storage import file_path

__all__ = [
    "AT_ONCE",
    "ExportStateError",
    "at_once",
    "begin",
    "cancel",
    "count_before",
    "file_path",
    "forget_before",
    "narrowed_by",
    "sweep",
    "taken",
]
