"""The results, searches and recommendations, that miso_ids name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from interactions.analytics.index.figures.types import numbered
from interactions.analytics.index.look import Look, Share
from interactions.analytics.index.passes import keys
from interactions.analytics.index.run import ASSISTED
from interactions.queries.naming import SHOWN

_ROOM: Final = 1 << 16
_ROLES: Final[Mapping[str, int]] = {**dict.fromkeys(SHOWN, 1), "click": 2}


class _Table:
    """A hash table of results, of a power of two, with how many events each has: all, shown and clicked."""

    def __init__(self, room: int | None = None) -> None:
        room = room or _ROOM
        self.keys, self.counts, self.used = np.zeros(room, np.int64), np.zeros((room, 3), np.int32), 0

    def count(self, share: Share, roles: np.ndarray) -> None:
        at = np.array([share.first, -1, self.used], np.int64)
        starts, _, last, dead, mask = share.people
        while True:
            run = share.run
            keys.count_results(
                starts, last, dead, mask, run.kind, ASSISTED, run.result, roles, self.keys, self.counts, at
            )
            self.used = int(at[2])
            if at[0] >= last:
                return
            self.grow(2 * len(self.keys))

    def grow(self, room: int) -> None:
        """Have as much room."""
        larger = _Table(room)
        larger.add(self)
        self.keys, self.counts = larger.keys, larger.counts

    def add(self, other: _Table) -> None:
        """Add what another has, for which there has to be room."""
        self.used += keys.add_results(other.keys, other.counts, self.keys, self.counts)


def results_of(look: Look) -> np.ndarray:
    """For each result how many events it has: all, impressions and clicks, int32[results, 3], in any order."""
    return look.once("results", lambda: _results(look))


def _results(look: Look) -> np.ndarray:
    roles = numbered(_ROLES, 0, np.uint8)
    tables = look.over(_Table, lambda table, share: table.count(share, roles))
    whole = max(tables, key=lambda table: table.used)
    others = [table for table in tables if table is not whole]
    needed = 2 * sum(table.used for table in tables)
    if needed > len(whole.keys):
        whole.grow(1 << needed.bit_length())
    for table in others:
        whole.add(table)
    found: np.ndarray = whole.counts[whole.keys != 0]
    return found
