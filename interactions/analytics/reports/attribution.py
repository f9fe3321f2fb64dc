"""Miso-assisted interactions: those with the miso_id of the search or recommendation that led to them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, tzinfo

import numpy as np
import pandas as pd

from interactions.analytics.definitions import CONVERSIONS
from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.results import results_of
from interactions.analytics.index.figures.types import SEVERAL
from interactions.analytics.index.figures.values import values_of
from interactions.analytics.index.figures.visits import visits_of
from interactions.analytics.index.filtered import FilteredIndex, filtered
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Unit
from interactions.analytics.question import question
from interactions.analytics.reports.frames import by_bar
from interactions.contract.schema import TYPES


@dataclass(frozen=True, slots=True)
class Assisted:
    """Interactions with a miso_id, compared with all.

    ``types`` has the columns ``type, records, assisted, share`` (of the type's records) and a row per type that occurs,
    most assisted first. ``conversions`` and ``revenue`` are defined as in the totals. ``miso_ids`` counts distinct
    ones, ``seen_once`` those with a single interaction: results that nobody followed, or ids generated for each call.
    ``clicks_unshown`` are clicks whose miso_id no impression has, because the impressions weren't sent.
    """

    types: pd.DataFrame
    records: int
    assisted: int
    conversions: int
    conversions_assisted: int
    revenue: float
    revenue_assisted: float
    miso_ids: int
    seen_once: int
    clicks: int
    clicks_unshown: int

    @property
    def share(self) -> float:
        """The assisted share of all records, 0 to 1."""
        return self.assisted / self.records if self.records else 0.0


@question
def assisted(index: Index, filter: Filter) -> Assisted:
    """The Miso-assisted interactions. The counts of miso_ids and clicks ignore the filter's types and groups."""
    seen = filtered(index, filter)
    types, revenue = _types(seen), values_of(seen).revenue_of_kinds
    gains = types[types["type"].isin(CONVERSIONS)]
    results = results_of(filtered(index, filter.of_all_types()))
    return Assisted(
        types=types,
        records=int(types["records"].sum()),
        assisted=int(types["assisted"].sum()),
        conversions=int(gains["records"].sum()),
        conversions_assisted=int(gains["assisted"].sum()),
        revenue=float(revenue.sum()),
        revenue_assisted=float(revenue[SEVERAL:].sum()),
        **asdict(results),
    )


@question
def assisted_over_time(index: Index, filter: Filter, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
    """``assisted, other``: records with and without a miso_id, indexed by ``start`` (UTC) of every bar."""
    seen = filtered(index, filter)
    visits = visits_of(seen, unit, zone)
    records, with_id = visits.types.sum(axis=1), visits.assisted.sum(axis=1)
    return by_bar(seen.edges(unit, zone), {"assisted": with_id, "other": records - with_id})


def _types(seen: FilteredIndex) -> pd.DataFrame:
    """``type, records, assisted, share``: a row for each type that occurs, most assisted first."""
    visits = visits_of(seen)
    records, with_id = visits.types.sum(axis=0), visits.assisted.sum(axis=0)
    there = np.flatnonzero(records)
    there = there[np.lexsort((there, -records[there], -with_id[there]))]
    return pd.DataFrame(
        {
            "type": pd.Series([TYPES[place] for place in there], dtype="str"),
            "records": records[there],
            "assisted": with_id[there],
            "share": with_id[there] / records[there],
        }
    )
