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
from interactions.contract.tombstones import Tombstones
from interactions.warehouse.overlaps import Overlaps, links_in, origins

_USERS: Final = ("user_key", "linked_user_key")
_VISITORS: Final = ("anonymous_key", "linked_anonymous_key")


def pairs(environment: str, hidden: Tombstones | None = None) -> np.ndarray:
    """A user's and a visitor's key (int64) in a row each, different ones, in order; links of ``hidden`` people aren't
    among them."""
    found = [np.empty((0, 2), np.int64)]
    for _, path in Overlaps(environment).lists():
        try:
            state = path.stat()
        except FileNotFoundError:  # undone meanwhile
            continue
        linked = _linked(path, state.st_ino, state.st_mtime_ns)
        if hidden and linked.num_rows:
            linked = linked.filter(pa.array(~(hidden.mask(linked) | hidden.mask(origins(linked)))))
        found += (_both(linked, user, visitor) for user in _USERS for visitor in _VISITORS)
    return np.unique(np.concatenate(found), axis=0)


def _both(linked: pa.Table, user: str, visitor: str) -> np.ndarray:
    some = linked.select([user, visitor]).drop_null()
    return np.column_stack([some[name].to_numpy() for name in (user, visitor)]).astype(np.int64)


@lru_cache(maxsize=4096)
def _linked(path: Path, _inode: int, _changed: int) -> pa.Table:
    """A list is replaced as a whole, so a file is read once."""
    return links_in(path)


process_caches.register("links", _linked.cache_clear, lambda: _linked.cache_info().currsize)
