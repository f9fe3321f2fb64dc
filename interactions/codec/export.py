"""Turn rows of the table back into JSON records equal to those that were imported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from interactions.contract import schema

_SLICE_ROWS = 4096
_TOP = [name for name in schema.FIELDS if name not in ("search", "context")]
_CONTEXT = [name for name in schema.CONTEXT_FIELDS if name not in ("campaign", "page", "custom_context")]
_encode_lines = msgspec.json.Encoder().encode_lines
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def lines(table: pa.Table) -> bytes:
    """Rows of TABLE_SCHEMA as UTF-8 JSON Lines, one record per row, in order."""
    return b"".join(_encode_lines(list(_records(part))) for part in _slices(table))


def records(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Rows of TABLE_SCHEMA as records.

    Each equals the imported record, except that null fields are absent and a record without a timestamp has the time
    it was received. Timestamps are RFC 3339 in UTC; all numbers outside of the context are floats.
    """
    for part in _slices(table):
        yield from _records(part)


def _slices(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, _SLICE_ROWS):
        yield table.slice(start, _SLICE_ROWS)


def _records(table: pa.Table) -> list[dict[str, Any]]:
    """Fill records column by column, which is faster than field by field for each record."""
    found: list[dict[str, Any]] = [{} for _ in range(table.num_rows)]
    for name in _TOP:
        column = timestamps(table[name]) if name == "timestamp" else table[name]
        _fill(found, name, column)
    _fill_inner(found, "search", [("keywords", table["keywords"])])
    campaign = [(name, table[f"campaign_{name}"]) for name in schema.CAMPAIGN_FIELDS]
    page = [(name, table[f"page_{name}"]) for name in schema.PAGE_FIELDS]
    contexts: list[dict[str, Any]] = [{} for _ in found]
    _fill_inner(contexts, "campaign", campaign)
    _fill_inner(contexts, "page", page)
    for name in _CONTEXT:
        _fill(contexts, name, table[name])
    for record, context in zip(found, contexts, strict=True):
        if context:
            record["context"] = context
    for record, extra in zip(found, table["extra"].to_pylist(), strict=True):
        if extra is not None:
            _lay_over(record, _decode(extra))
    return found


def timestamps(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Timestamps as RFC 3339 strings in UTC, with as many fractional digits as each needs."""
    text = pc.replace_substring(column.cast(pa.timestamp("us")).cast(pa.string()), " ", "T", max_replacements=1)
    # Arrow always writes six fractional digits, so trimming zeros stops at the decimal point.
    text = pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), ".")
    return pc.binary_join_element_wise(text, "Z", "")


def _fill(found: Sequence[dict[str, Any]], name: str, column: pa.ChunkedArray) -> None:
    if column.null_count < len(column):
        for record, value in zip(found, column.to_pylist(), strict=True):
            if value is not None:
                record[name] = value


def _fill_inner(found: Sequence[dict[str, Any]], name: str, columns: list[tuple[str, pa.ChunkedArray]]) -> None:
    inner: list[dict[str, Any]] = [{} for _ in found]
    for key, column in columns:
        _fill(inner, key, column)
    for record, value in zip(found, inner, strict=True):
        if value:
            record[name] = value


def _lay_over(record: dict[str, Any], extra: dict[str, Any]) -> None:
    """Merge ``extra`` into ``record`` recursively."""
    for key, value in extra.items():
        known = record.get(key)
        if known.__class__ is dict and value.__class__ is dict:
            _lay_over(record[key], value)
        else:
            record[key] = value
