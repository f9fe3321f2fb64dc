"""The responses of calls that read, as JSON Schema."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from interactions.questions.names import REPORTS

Json: TypeAlias = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_TEXT_OR_NULL: Final[Json] = {"type": ["string", "null"]}
_ROWS: Final[Json] = {
    "type": "array",
    "items": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
}
_PERIOD: Final[Json] = {
    "type": "object",
    "required": ["start", "end"],
    "description": "From start up to, but not including, end; null where there is no bound.",
    "properties": {"start": _TEXT_OR_NULL, "end": _TEXT_OR_NULL},
}


def report_schemas() -> Json:
    """``Reports``, ``Report``, and the texts of CSV and JSON Lines."""
    return {
        "Reports": {
            "type": "object",
            "required": ["reports"],
            "properties": {
                "reports": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "says"],
                        "properties": {"name": {"enum": list(REPORTS)}, "says": _TEXT},
                    },
                }
            },
        },
        "Report": {
            "type": "object",
            "required": ["report", "environment", "currency", "version", "is_behind", "columns", "rows"],
            "properties": {
                "report": {"enum": list(REPORTS)},
                "environment": _TEXT,
                "currency": {**_TEXT_OR_NULL, "description": "of amounts of money; null where none is said"},
                "version": {"type": "integer", "description": "of the data set; -1 without any record"},
                "is_behind": {"type": "boolean", "description": "whether newer records are being added"},
                "period": _PERIOD,
                "unit": {**_TEXT, "description": "the width of a bar"},
                "columns": {"type": "array", "items": _TEXT, "description": "the keys of each row, in order"},
                "rows": _ROWS,
                "before": {
                    "type": ["object", "null"],
                    "description": "the previous period; null where there is nothing to compare with",
                    "required": ["period", "rows"],
                    "properties": {"period": _PERIOD, "rows": _ROWS},
                },
            },
        },
        "Lines": {"type": "string", "description": "Records, one per line."},
        "Text": {"type": "string"},
    }
