"""Links between ids that a record brings which is left out: it has a uuid, and names somebody whom the first does not.

The two records are one, so whom they name is one person. The list of what was left out says it
(``warehouse.overlaps``), as long as the record counts as sent.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from interactions.warehouse.overlaps import LINKS


def bring_links(own: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Which of the records with these IDS name a user or visitor whom the first record with their uuid does not."""
    found = np.zeros(len(own), bool)
    for bit, kind in ((1, "user"), (2, "visitor")):
        found |= (own["has"] & bit > 0) & ((origin["has"] & bit == 0) | (own[kind] != origin[kind]))
    return found


def with_links(table: pa.Table, places: np.ndarray, origins: np.ndarray) -> pa.Table:
    """``table`` with LINKS: the rows at ``places`` are linked with whom these ``origins`` (IDS) name."""
    ids, linked = np.zeros(table.num_rows, origins.dtype), np.zeros(table.num_rows, bool)
    ids[places], linked[places] = origins, True
    columns = (
        pa.array(linked),
        pa.array(ids["user"], mask=ids["has"] & 1 == 0),
        pa.array(ids["visitor"], mask=ids["has"] & 2 == 0),
    )
    for name, column in zip(LINKS, columns, strict=True):
        table = table.append_column(name, column)
    return table
