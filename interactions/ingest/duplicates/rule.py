"""The rule for duplicates, for files and live records.

Records with the same uuid are the same record, wherever and whenever they arrive and whatever else they say. Other
records can be equal on purpose, so the n-th copy in a file or call matches the n-th copy that was there before. A live
record with neither uuid nor timestamp is never a duplicate: two equal page views in a row are two.

Two records with one uuid are one record, so whom they name is one person. Where the second, which is left out, names
somebody whom the first doesn't, that link is kept (``warehouse.overlaps``) as long as the record counts as sent.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from interactions.ingest.duplicates.groups import changes
from interactions.warehouse.overlaps import LINKS


def are_there(by_uuid: np.ndarray, there: np.ndarray, nth: np.ndarray) -> np.ndarray:
    """Whether records are duplicates.

    ``there`` is the number of copies before the file or call, ``nth`` the number of earlier copies within it.
    """
    known: np.ndarray = np.where(by_uuid, (there > 0) | (nth > 0), nth < there)
    return known


def nth_of(places: np.ndarray) -> np.ndarray:
    """The number of equal values before each value."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    heads = np.maximum.accumulate(np.where(changes(ordered), np.arange(len(ordered)), 0))
    nth = np.empty(len(ordered), np.int64)
    nth[order] = np.arange(len(ordered)) - heads
    return nth


def bring_links(own: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Which records (IDS) name a user or visitor that the first record with the same uuid doesn't."""
    found = np.zeros(len(own), bool)
    for bit, kind in ((1, "user"), (2, "visitor")):
        found |= (own["has"] & bit > 0) & ((origin["has"] & bit == 0) | (own[kind] != origin[kind]))
    return found


def with_links(table: pa.Table, places: np.ndarray, origins: np.ndarray) -> pa.Table:
    """Add the columns LINKS to ``table``: the rows at ``places`` are linked to the ids ``origins`` (IDS)."""
    ids, linked = np.zeros(table.num_rows, origins.dtype), np.zeros(table.num_rows, bool)
    ids.put(places, origins)
    linked[places] = True
    columns = (
        pa.array(linked),
        pa.array(ids["user"], mask=ids["has"] & 1 == 0),
        pa.array(ids["visitor"], mask=ids["has"] & 2 == 0),
    )
    for name, column in zip(LINKS, columns, strict=True):
        table = table.append_column(name, column)
    return table
