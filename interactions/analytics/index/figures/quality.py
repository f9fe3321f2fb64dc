"""Data quality: whether events are fit for training."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from interactions.analytics.definitions import ABOUT_PRODUCTS, COUNTS
from interactions.analytics.index.figures.types import marked
from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import keys, visits
from interactions.analytics.index.shares import Share
from interactions.contract.tombstones import microseconds

_AHEAD: Final = timedelta(hours=1)  # the clocks of visitors' devices are off by less
_OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


def quality_of(filtered: FilteredIndex) -> dict[str, int]:
    """The numbers of events for each of COUNTS, and the total as ``records``."""
    return filtered.once("quality", lambda: _quality(filtered))


def _quality(filtered: FilteredIndex) -> dict[str, int]:
    about, ahead, oldest = marked(ABOUT_PRODUCTS), _AHEAD // timedelta(microseconds=1), microseconds(_OLDEST)

    def walk(found: np.ndarray, share: Share) -> None:
        run = share.run
        keys.check_quality(
            *(*share.people, run.at, run.received, run.kind, run.pair, filtered.index.pairs.has),
            *(run.product_starts, about, ahead, oldest, found),
        )

    counts = summed(filtered.over(lambda: np.zeros(len(COUNTS) + 1, np.int64), walk))
    return dict(zip((*COUNTS, "records"), counts.tolist(), strict=True))


def received_by_bar(filtered: FilteredIndex, edges: np.ndarray) -> np.ndarray:
    """Imported and live events by the time they were received, in bars starting at ``edges``, int64[2, bars]."""

    def walk(found: np.ndarray, share: Share) -> None:
        visits.receive(*share.people, share.run.received, share.run.source, edges, found)

    return summed(filtered.over(lambda: np.zeros((2, len(edges)), np.int64), walk))
