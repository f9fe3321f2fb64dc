"""The statistics of a part in a table's log: number of rows, and min/max of timestamp and import id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

_END = datetime.max.replace(tzinfo=UTC)
_LAST_MILLISECOND = _END - timedelta(microseconds=999)  # which can't be rounded up
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """The number of rows of a part, and the range of their timestamps (UTC)."""

    rows: int
    first: datetime
    last: datetime


def statistics(span: Span, import_id: int | None) -> dict[str, Any]:
    """The statistics of a part for the log; times in milliseconds, rounded outwards.

    ``import_id`` is None if the rows may be of several imports.
    """
    of_import = {} if import_id is None else {"import_id": import_id}
    earliest = span.first - timedelta(microseconds=span.first.microsecond % 1000)
    latest = (
        span.last + timedelta(microseconds=-span.last.microsecond % 1000) if span.last <= _LAST_MILLISECOND else _END
    )
    return {
        "numRecords": span.rows,
        "minValues": {"timestamp": _milliseconds(earliest), **of_import},
        "maxValues": {"timestamp": _milliseconds(latest), **of_import},
        "nullCount": {"timestamp": 0, **dict.fromkeys(of_import, 0)},
    }


def span_of(row: Mapping[str, Any], part: Callable[[], Path]) -> Span:
    """The span of a part from its ``row`` of the log's add actions.

    If the log has no readable times, they are read from the ``part``: until 0.2, years below 1000 were written with
    fewer than four digits, which the library reads as null.
    """
    rows, first, last = row["num_records"], row.get("min.timestamp"), row.get("max.timestamp")
    if rows is None or first is None or last is None:
        return _span_in(part())
    return Span(rows, first, _END if last >= _LAST_MILLISECOND else last)


def _span_in(part: Path) -> Span:
    """From the footer of the Parquet file, whose statistics of the timestamp are exact."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(part) as file:
        place = file.schema.names.index("timestamp")
        groups = range(file.metadata.num_row_groups)
        bounds = [file.metadata.row_group(number).column(place).statistics for number in groups]
        rows = file.metadata.num_rows
    return Span(rows, _moment(min(each.min_raw for each in bounds)), _moment(max(each.max_raw for each in bounds)))


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _milliseconds(moment: datetime) -> str:
    """RFC 3339 with four digits of the year, which ``strftime`` does not give below 1000."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
