"""Read the records of a table's parts in pieces of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from interactions.analytics.definitions import REFUND
from interactions.warehouse.lake import Part

_REPEATING: Final = (
    *("keywords", "page_url", "page_referrer", "locale", "region", "user_agent", "result_type"),
    *("campaign_source", "campaign_medium", "campaign_name", "campaign_term", "campaign_content"),
    *("product_ids.list.element", "category.list.element"),
)
"""Columns that are read dictionary-encoded, as they're stored."""
EXTRA: Final = "extra"


class RowGroups(NamedTuple):
    """Consecutive row groups of a part, and their number of rows."""

    path: Path
    groups: tuple[int, ...]
    rows: int


def pieces(parts: Sequence[Part], rows: int) -> Iterator[RowGroups]:
    """Cut the parts, in order of time, into pieces of at least ``rows`` rows, if a part has so many."""
    for part in sorted(parts, key=lambda part: (part.first, part.name)):
        metadata = pq.read_metadata(part.path)
        groups: list[int] = []
        held = 0
        for group in range(metadata.num_row_groups):
            groups.append(group)
            held += metadata.row_group(group).num_rows
            if held >= rows:
                yield RowGroups(part.path, tuple(groups), held)
                groups, held = [], 0
        if groups:
            yield RowGroups(part.path, tuple(groups), held)


def read(piece: RowGroups, columns: Sequence[str]) -> pa.Table:
    """Read some columns of a piece. Raises FileNotFoundError if the part no longer exists."""
    with pq.ParquetFile(piece.path, read_dictionary=_REPEATING) as part:
        # One by one: Arrow can't read dictionary-encoded lists from several row groups at once.
        return pa.concat_tables(
            part.read_row_group(group, columns=list(columns), use_threads=False) for group in piece.groups
        )


def read_events(piece: RowGroups, columns: Sequence[str], *, has_custom_keys: bool) -> pa.Table:
    """Like :func:`read`, with the column ``extra`` added: it's as large as many others together, so it's null in row
    groups without refunds unless there are keys of custom_context to index."""
    with pq.ParquetFile(piece.path, read_dictionary=_REPEATING) as part:
        return pa.concat_tables(_group(part, group, columns, has_custom_keys) for group in piece.groups)


def _group(part: pq.ParquetFile, group: int, columns: Sequence[str], has_custom_keys: bool) -> pa.Table:
    table = part.read_row_group(group, columns=list(columns), use_threads=False)
    if has_custom_keys or pc.index(table["type"], REFUND).as_py() >= 0:
        extra = part.read_row_group(group, columns=[EXTRA], use_threads=False)[EXTRA]
    else:
        extra = pa.chunked_array([pa.nulls(len(table), pa.string())])
    return table.append_column(EXTRA, extra)
