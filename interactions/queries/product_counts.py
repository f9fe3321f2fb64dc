"""How many different products are named, in all and in the bars of a chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from interactions.analytics.engine import Snapshot
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.bars import Grain, bar_edges, with_start
from interactions.queries.counting import counts, counts_of_bars
from interactions.queries.different import different
from interactions.queries.kinds import NAMED
from interactions.queries.naming import named_products
from interactions.queries.summaries import Over

_ALL_IN_ONE: Final = np.zeros(1, np.int64)  # the start of the only bar


def different_products(filter: Filter) -> Question:
    """One row: ``products``."""
    if filter.given <= NAMED.fields:
        return Question(
            *("products", (filter.key,), None),
            look=lambda parts, _needed: pa.table({"products": different(parts, Over(NAMED, filter), _ALL_IN_ONE)}),
        )

    def collect(rows: ibis.Table) -> ibis.Table:
        return named_products(rows).select("product").distinct()

    def merge(rows: pa.Table) -> pa.Table:
        return pa.table({"product": rows["product"].combine_chunks().unique()})

    def conclude(rows: pa.Table) -> pa.Table:
        return pa.table({"products": [rows.num_rows]})

    return about(filter, "products", collect, merge=merge, conclude=conclude)


def products_of_bars(filter: Filter, grain: Grain, unit: Unit, zone: tzinfo) -> Question:
    """``start, products``: a row for each bar of ``unit``, which begins there."""
    parameters = (grain.key, unit, str(zone))
    over = grain.summed(NAMED)
    if over is not None and filter.given <= over.fields:

        def look(parts: Snapshot, needed: Sequence[pa.Table]) -> pa.Table:
            starts = _starts(needed[0], filter, unit, zone)
            return pa.table({"start": starts, "products": different(parts, Over(over, filter), starts)})

        needs = (counts_of_bars(filter, grain, unit, zone),)
        return Question("products_of_bars", (filter.key, *parameters), None, needs=needs, look=look)

    def collect(rows: ibis.Table, counted: pa.Table) -> ibis.Table:
        named = named_products(rows, "timestamp")
        named = named.mutate(bucket=grain.bucket(named.timestamp))
        named = with_start(named, counted["bucket"].to_numpy(), filter.period, unit, zone)
        return named.select("start", "product").distinct().group_by("start").agg(products=_.count())

    def conclude(rows: pa.Table, counted: pa.Table) -> pa.Table:
        starts = _starts(counted, filter, unit, zone)
        products = np.zeros(len(starts), np.int64)
        products[np.searchsorted(starts, rows["start"].to_numpy())] = rows["products"].to_numpy()
        return pa.table({"start": starts, "products": products})

    return about(
        *(filter, "products_of_bars", collect),
        conclude=conclude,
        needs=(counts(filter, grain),),
        parameters=parameters,
    )


def _starts(counted: pa.Table, filter: Filter, unit: Unit, zone: tzinfo) -> np.ndarray:
    starts: np.ndarray = bar_edges(counted["bucket"].to_numpy(), filter.period, unit, zone)[:-1]
    return starts
