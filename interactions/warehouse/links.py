"""Users and visitors who are linked though no record of the table names both: two records with one uuid did.

Only the first of them is in the table; the list of what was left out (``overlaps``) says whom the other names.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from interactions import process_caches
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Tombstones
from interactions.warehouse.overlaps import Overlaps, links_in, origins

_USERS: Final = ("user_key", "linked_user_key")
_VISITORS: Final = ("anonymous_key", "linked_anonymous_key")
_SCHEMA: Final = pa.schema(
    [
        ("user_key", pa.int64()),
        ("anonymous_key", pa.int64()),
        ("first_at", TABLE_SCHEMA.field("timestamp").type),
    ]
)


def pairs(environment: str, hidden: Tombstones | None = None, *, version: int | None = None) -> np.ndarray:
    """The users and visitors of :func:`first_seen`: a row (int64) for each two, in order."""
    found = first_seen(environment, hidden, version=version)
    return np.unique(np.column_stack([found[name].to_numpy() for name in _SCHEMA.names[:2]]), axis=0)


def first_seen(environment: str, hidden: Tombstones | None = None, *, version: int | None = None) -> pa.Table:
    """``user_key, anonymous_key, first_at``: a row for each two that are linked, with when the first record that was
    left out says it was. Links of ``hidden`` people aren't among them. ``version`` is as in ``Overlaps.lists``."""
    found = [_SCHEMA.empty_table()]
    for _, path in Overlaps(environment).lists(version=version):
        try:
            state = path.stat()
        except FileNotFoundError:  # undone meanwhile
            continue
        linked = _linked(path, state.st_ino, state.st_mtime_ns)
        if hidden and linked.num_rows:
            linked = linked.filter(pa.array(~(hidden.mask(linked) | hidden.mask(origins(linked)))))
        found += (_both(linked, user, visitor) for user in _USERS for visitor in _VISITORS)
    each = pa.concat_tables(found).group_by(_SCHEMA.names[:2], use_threads=False).aggregate([("first_at", "min")])
    return each.rename_columns({"first_at_min": "first_at"}).select(_SCHEMA.names)


def _both(linked: pa.Table, user: str, visitor: str) -> pa.Table:
    return linked.select([user, visitor, "timestamp"]).rename_columns(_SCHEMA.names).drop_null().cast(_SCHEMA)


@lru_cache(maxsize=4096)
def _linked(path: Path, _inode: int, _changed: int) -> pa.Table:
    """A list is replaced as a whole, so a file is read once."""
    return links_in(path)


process_caches.register("links", _linked.cache_clear, lambda: _linked.cache_info().currsize)
