"""Export records as a file: small exports are streamed to the browser, larger ones are written by a worker.

Exports never contain hidden people. A deletion request removes all exports started before it, because any of them may
contain the person (:func:`forget_before`).
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
