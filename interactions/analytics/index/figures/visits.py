"""Events by bar and kind, and sessions and people by bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

import numpy as np

from interactions.analytics.index.figures.types import KINDS, SEVERAL
from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import visits
from interactions.analytics.index.shares import Share
from interactions.analytics.periods import Unit
from interactions.contract.schema import TYPES

QUIET: Final = 30 * 60 * 1_000_000  # µs without a record end a session
ONE_BAR: Final = np.array([-(1 << 62), 1 << 62], np.int64)
_NEVER: Final = np.iinfo(np.int64)
_CHECKOUT, _REFUND = TYPES.index("checkout"), TYPES.index("refund")


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """``kinds`` (int64[bars, KINDS]) are events, ``sessions`` those that begin in each bar, ``people`` those with an
    event in it. ``spans`` (int64[2, 64]) are the first and last time of each type; ``total`` is the number of people;
    ``revenue`` and ``refunds`` (float64[bars]) are those of checkouts and of refunds.
    """

    kinds: np.ndarray
    sessions: np.ndarray
    people: np.ndarray
    spans: np.ndarray
    total: int
    revenue: np.ndarray
    refunds: np.ndarray

    @property
    def types(self) -> np.ndarray:
        """Events by bar and type, int64[bars, types]."""
        found: np.ndarray = self.kinds[:, :SEVERAL] + self.kinds[:, SEVERAL:]
        return found[:, : len(TYPES)]

    @property
    def assisted(self) -> np.ndarray:
        """Like :attr:`types`, for events with a miso_id."""
        return self.kinds[:, SEVERAL : SEVERAL + len(TYPES)]


def visits_of(filtered: FilteredIndex, unit: Unit | None = None, zone: tzinfo | None = None) -> Visits:
    """The visits by bars of ``unit``; without a unit, by any bars that are already cached, or a single bar."""
    if unit is None or zone is None:
        found: Visits | None = filtered.any_of("visits")
        return found or filtered.once(("visits",), lambda: _visits(filtered, ONE_BAR))
    return filtered.once(("visits", unit, zone), lambda: _visits(filtered, filtered.edges(unit, zone)))


def _visits(filtered: FilteredIndex, edges: np.ndarray) -> Visits:
    bars = max(0, len(edges) - 1)

    def begin() -> list[np.ndarray]:
        spans = np.array([[_NEVER.max] * SEVERAL, [_NEVER.min] * SEVERAL])
        kinds, counts = np.zeros((bars, KINDS), np.int64), np.zeros((2, bars), np.int64)
        return [kinds, *counts, spans, np.zeros(1, np.int64), np.zeros(bars), np.zeros(bars)]

    def walk(found: list[np.ndarray], share: Share) -> None:
        run = share.run
        visits.visit(
            *(*share.people, share.heads, run.at, run.kind, int(run.nobody), QUIET, edges),
            *(_CHECKOUT, _REFUND, share.first_sale, run.sale_event, run.sale_revenue, *found),
        )

    found = filtered.over(begin, walk) if bars else [begin()]
    kinds, sessions, people, spans, total, revenue, refunds = zip(*found, strict=True)
    first, last = (one([each[row] for each in spans], axis=0) for row, one in enumerate((np.min, np.max)))
    counted = summed(kinds), summed(sessions), summed(people)
    return Visits(
        *counted, np.array([first, last]), int(sum(each[0] for each in total)), summed(revenue), summed(refunds)
    )
