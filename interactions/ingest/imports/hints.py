"""Advice on rejects with a known origin, such as the way other tools write numbers, times or missing values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from interactions.ingest.imports.progress import ImportCause

_NUMBERS: Final = ("duration", "revenue", "rating", "quantities")
_TEXT_OF_NUMBER: Final = re.compile(r'\[?"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?["…]')
_BIGQUERY_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? UTC\Z")
_SECONDS: Final = re.compile(r'"?\d{10}(?:\d{3}|\.\d+)?"?\Z')
_NOT_FINITE: Final = re.compile(r"[:\[,]\s*(?:NaN|-?Infinity)\b")
_PYTHON_WORDS: Final = re.compile(r"[:\[,]\s*(?:None|True|False)\b")
_NOT_JSON: Final = "It is not valid JSON"

_HINTS: Final[tuple[tuple[Callable[[ImportCause], bool], str], ...]] = (
    (
        lambda cause: cause.path in _NUMBERS and bool(_TEXT_OF_NUMBER.match(cause.value)),
        "Numbers are in quotes, as BigQuery exports integers and decimals. Export them as FLOAT64, "
        "for example CAST(duration AS FLOAT64).",
    ),
    (
        lambda cause: cause.path == "timestamp" and bool(_BIGQUERY_TIME.match(cause.value)),
        'Times are written as BigQuery exports them. Export FORMAT_TIMESTAMP("%FT%H:%M:%E*SZ", timestamp).',
    ),
    (
        lambda cause: cause.path == "timestamp" and bool(_SECONDS.match(cause.value)),
        "Times are numbers since 1970. Write them as 2024-03-01T09:41:07Z.",
    ),
    (
        lambda cause: cause.rule.startswith(_NOT_JSON) and bool(_NOT_FINITE.search(cause.value)),
        "NaN and Infinity are not JSON. In pandas, write the file with "
        'df.to_json(path, orient="records", lines=True); elsewhere leave the field out.',
    ),
    (
        lambda cause: cause.rule.startswith(_NOT_JSON) and bool(_PYTHON_WORDS.search(cause.value)),
        "None, True and False are Python, not JSON. Write records with json.dumps.",
    ),
)


def hints(causes: Sequence[ImportCause]) -> list[str]:
    """A sentence for each known origin of rejects, with what to do about it."""
    return [sentence for applies, sentence in _HINTS if any(map(applies, causes))]
