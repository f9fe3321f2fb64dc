"""The results, searches and recommendations, that miso_ids name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from interactions.analytics.definitions import SHOWN
from interactions.analytics.index.figures.types import numbered
from interactions.analytics.index.filtered import FilteredIndex
from interactions.analytics.index.passes import keys
from interactions.analytics.index.run import ASSISTED
from interactions.analytics.index.shares import Share

_ROOM: Final = 1 << 16
_BLOCK: Final = 1 << 13
_ASSISTED_BIT: Final = ASSISTED.bit_length() - 1
_ROLES: Final[Mapping[str, int]] = {**dict.fromkeys(SHOWN, 2), "click": 4}


class _Table:
    """A hash table of results, as used by :func:`keys.count_results`."""

    def __init__(self, room: int | None = None) -> None:
        self.rows, self.used = np.zeros((room or _ROOM, 2), np.int64), 0

    def count(self, share: Share, roles: np.ndarray) -> None:
        """Count a share's events."""
        run, at, block = share.run, np.array([0, -1, self.used], np.int64), np.empty(_BLOCK, np.int64)
        while at[0] < len(share.people[0]):
            self.have_room(self.used + _BLOCK)
            keys.count_results(*share.people, run.kind, run.result, _ASSISTED_BIT, roles, block, self.rows, at)
            self.used = int(at[2])

    def have_room(self, results: int) -> None:
        """Grow so that at most half of the table is full with ``results`` results."""
        if 2 * results > len(self.rows):
            larger = _Table(1 << (2 * results).bit_length())
            larger.add(self)
            self.rows = larger.rows

    def add(self, other: _Table) -> None:
        """Add another table, for which there must be room."""
        self.used += keys.add_results(other.rows, self.rows)


@dataclass(frozen=True, slots=True)
class Results:
    """The number of results, of those with a single event, of clicks, and of clicks on results that weren't shown."""

    miso_ids: int
    seen_once: int
    clicks: int
    clicks_unshown: int


def results_of(filtered: FilteredIndex) -> Results:
    """The results that miso_ids name."""
    return filtered.once("results", lambda: _results(filtered))


def _results(filtered: FilteredIndex) -> Results:
    roles = numbered(_ROLES, 0, np.uint8)
    tables = filtered.over(_Table, lambda table, share: table.count(share, roles))
    whole, *others = sorted(tables, key=lambda table: -table.used)
    whole.have_room(sum(table.used for table in tables))
    for table in others:
        whole.add(table)
    said = whole.rows[whole.rows[:, 0] != 0, 1]
    clicks = said >> 2
    return Results(len(said), int(((said & 1) == 0).sum()), int(clicks.sum()), int(clicks[(said & 2) == 0].sum()))
