"""The results, searches and recommendations, that miso_ids name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from interactions.analytics.definitions import SHOWN
from interactions.analytics.index.figures.types import numbered
from interactions.analytics.index.look import Look, Share
from interactions.analytics.index.passes import keys
from interactions.analytics.index.run import ASSISTED

_ROOM: Final = 1 << 16
_ROLES: Final[Mapping[str, int]] = {**dict.fromkeys(SHOWN, 1), "click": 2}


class _Table:
    """A hash table of results, of a power of two, as :func:`keys.count_results` has it."""

    def __init__(self, room: int | None = None) -> None:
        self.rows, self.used = np.zeros((room or _ROOM, 2), np.int64), 0

    def count(self, share: Share, roles: np.ndarray) -> None:
        """Count a share's events."""
        run, at = share.run, np.array([0, -1, self.used], np.int64)
        while at[0] < len(share.begins):
            keys.count_results(*share.people, run.kind, ASSISTED, run.result, roles, self.rows, at)
            self.used = int(at[2])
            if at[0] < len(share.begins):
                self.grow(2 * len(self.rows))

    def grow(self, room: int) -> None:
        """Have as much room."""
        larger = _Table(room)
        larger.add(self)
        self.rows = larger.rows

    def add(self, other: _Table) -> None:
        """Add what another has, for which there has to be room."""
        self.used += keys.add_results(other.rows, self.rows)


@dataclass(frozen=True, slots=True)
class Results:
    """How many results there are, how many of them have one event, and how many clicks, and clicks on unshown ones."""

    miso_ids: int
    seen_once: int
    clicks: int
    clicks_unshown: int


def results_of(look: Look) -> Results:
    """The results that miso_ids name."""
    return look.once("results", lambda: _results(look))


def _results(look: Look) -> Results:
    roles = numbered(_ROLES, 0, np.uint8)
    tables = look.over(_Table, lambda table, share: table.count(share, roles))
    whole, *others = sorted(tables, key=lambda table: -table.used)
    needed = 2 * sum(table.used for table in tables)
    if needed > len(whole.rows):
        whole.grow(1 << needed.bit_length())
    for table in others:
        whole.add(table)
    said = whole.rows[whole.rows[:, 0] != 0, 1]
    clicks = said >> 2
    return Results(len(said), int(((said & 1) == 0).sum()), int(clicks.sum()), int(clicks[(said & 2) == 0].sum()))
