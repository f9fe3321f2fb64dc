"""Miso-assisted interactions: those that carry the miso_id of the search or recommendation that led to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.contract.schema import TYPES
from interactions.queries.answers import Question, ask
from interactions.queries.asking import about
from interactions.queries.bars import Grain, bar_edges, on_edges, starts_of
from interactions.queries.kinds import COUNTS, DAILY, RESULTS
from interactions.queries.measures import CONVERSIONS, is_assisted, is_summary, records, revenue, summed


@dataclass(frozen=True, slots=True)
class Assisted:
    """What carries a miso_id, of everything.

    ``types`` is ``type, records, assisted, share`` (of the type's records), a row a type that occurs, most assisted
    first. ``conversions`` and ``revenue`` count as in the totals. ``miso_ids`` counts different ones; ``seen_once``
    those of a single interaction: results that nobody followed, or ids made anew for each call.
    ``clicks_unshown`` are clicks whose miso_id no impression carries: impressions that were not sent.
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
        """Of all records, 0 to 1."""
        return self.assisted / self.records if self.records else 0.0


def assisted(environment: str, filter: Filter) -> Assisted:
    """The Miso-assisted share. The counts of miso_ids and clicks leave the filter's types and groups aside."""
    types, ids = ask(environment, _types(filter), _ids(filter.of_all_types()))
    frame = types.to_pandas()
    frame["rank"] = frame["type"].map(TYPES.index)
    frame = frame.sort_values(["assisted", "records", "rank"], ascending=[False, False, True], ignore_index=True)
    frame["share"] = frame["assisted"] / frame["records"]
    gains = frame[frame["type"].isin(CONVERSIONS)]
    return Assisted(
        types=frame[["type", "records", "assisted", "share"]],
        records=int(frame["records"].sum()),
        assisted=int(frame["assisted"].sum()),
        conversions=int(gains["records"].sum()),
        conversions_assisted=int(gains["assisted"].sum()),
        revenue=float(frame["revenue"].sum()),
        revenue_assisted=float(frame["revenue_assisted"].sum()),
        **ids.to_pylist()[0],
    )


def assisted_over_time(environment: str, filter: Filter, unit: Unit, zone: tzinfo = UTC) -> pd.DataFrame:
    """``assisted, other``: records with and without a miso_id; the index ``start`` (UTC) has every bar of it."""
    return on_edges(environment, zone, lambda grain: _of_bars(filter, grain, unit, zone))


def _types(filter: Filter) -> Question:
    def collect(rows: ibis.Table) -> ibis.Table:
        has_id = is_assisted(rows)
        found = rows.group_by("type").agg(
            records=records(rows),
            assisted=records(rows, where=has_id),
            revenue=revenue(rows),
            revenue_assisted=revenue(rows, where=has_id),
        )
        return found.filter(found.records > 0)

    return about(filter, "assisted", collect, merge=lambda rows: summed(rows, ["type"]), over=DAILY, instead=COUNTS)


def _of_bars(filter: Filter, grain: Grain, unit: Unit, zone: tzinfo) -> Question:
    """``edge, assisted, other``: as :func:`bars.on_edges` has it."""

    def conclude(rows: pa.Table) -> pa.Table:
        buckets = rows["bucket"].to_numpy()
        edges = bar_edges(buckets, filter.period, unit, zone)
        bars = np.searchsorted(edges, starts_of(buckets, edges))
        found = np.zeros((2, len(edges)), np.int64)
        for sums, name in zip(found, ("assisted", "records"), strict=True):
            np.add.at(sums, bars, rows[name].to_numpy())
        return pa.table({"edge": edges, "assisted": found[0], "other": found[1] - found[0]})

    parameters = (filter.key, grain.key, unit, str(zone))
    return Question("assisted_of_bars", parameters, None, conclude=conclude, needs=(_buckets(filter, grain),))


def _buckets(filter: Filter, grain: Grain) -> Question:
    def collect(rows: ibis.Table) -> ibis.Table:
        found = rows.group_by(bucket=grain.bucket(rows.timestamp)).agg(
            records=records(rows), assisted=records(rows, where=is_assisted(rows))
        )
        return found.filter(found.records > 0)

    return about(
        filter,
        "assisted_counts",
        collect,
        merge=lambda rows: summed(rows, ["bucket"]),
        parameters=(grain.key,),
        over=grain.summed(COUNTS),
    )


def _ids(filter: Filter) -> Question:
    """One row: ``miso_ids, seen_once, clicks, clicks_unshown``."""

    def collect(rows: ibis.Table) -> ibis.Table:
        results = rows if is_summary(rows) else RESULTS.of(rows)
        ids = results.group_by("id").agg(records=_.records.sum(), shown=_.shown.sum(), clicks=_.clicks.sum())
        return ids.filter(ids.records > 0).agg(
            miso_ids=_.count(),
            seen_once=_.count(where=_.records == 1),
            clicks=_.clicks.sum().fill_null(0),
            clicks_unshown=_.clicks.sum(where=_.shown == 0).fill_null(0),
        )

    return about(filter, "miso_ids", collect, over=RESULTS)
