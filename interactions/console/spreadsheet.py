"""Tables as CSV files for spreadsheets."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from django.http import HttpResponse, StreamingHttpResponse

from interactions.csv_cells import BYTE_ORDER_MARK, harmless

_MEDIA_TYPE: Final = "text/csv; charset=utf-8"
_DIGITS: Final = 15  # that a double can hold: 0.1 + 0.2 is 0.3


def as_file(rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
    """A CSV file called ``name``: quoted texts without formulas, UTF-8 with a byte order mark for Excel."""
    return HttpResponse(_lines(rows), content_type=_MEDIA_TYPE, headers=_headers(name))


def as_stream(rows: Iterable[Sequence[Any]], name: str) -> StreamingHttpResponse:
    """The same, streamed row by row."""
    headers = {**_headers(name), "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(_lines(rows), content_type=_MEDIA_TYPE, headers=headers)


def _headers(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


class _Echo:
    """A file for csv.writer that returns each line."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer: Any = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    """A text without formulas, or a number without rounding noise; empty for NaN and infinity."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        short = float(f"{value:.{_DIGITS}g}")
        return int(short) if short.is_integer() and abs(short) < 10**_DIGITS else short
    return harmless(value) if isinstance(value, str) else value
