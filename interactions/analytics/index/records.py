"""The records of a table's parts, read in pieces that are bounded whatever the parts are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from interactions.warehouse.lake import Part

_REPEATING: Final = (
    *("keywords", "page_url", "locale", "region", "user_agent"),
    *("campaign_source", "campaign_medium", "campaign_name", "product_ids.list.element", "category.list.element"),
)
"""Columns that are read as codes and what these mean: the parts have them so."""


class RowGroups(NamedTuple):
    """Some row groups of a part that follow each other, and how many rows these have."""

    path: Path
    groups: tuple[int, ...]
    rows: int


def pieces(parts: Sequence[Part], rows: int) -> Iterator[RowGroups]:
    """The parts in the order of their time, in pieces of at least ``rows`` where a part has so many."""
    for part in sorted(parts, key=lambda part: (part.first, part.path)):
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
    """These columns of its rows. Raises FileNotFoundError where the part has gone."""
    with pq.ParquetFile(piece.path, read_dictionary=_REPEATING) as part:
        # One after the other: Arrow can't read lists of codes from several row groups at once.
        return pa.concat_tables(
            part.read_row_group(group, columns=list(columns), use_threads=False) for group in piece.groups
        )
