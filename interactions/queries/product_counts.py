"""How many different products are named, in all and in the bars of a chart."""

from __future__ import annotations

from datetime import tzinfo

import ibis
import numpy as np
import pyarrow as pa

from interactions.queries import loops
from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.bars import Grain, bar_edges, with_start
from interactions.queries.counting import counts, counts_of_bars
from interactions.queries.engine import epoch_us
from interactions.queries.filter import Filter
from interactions.queries.kinds import NAMED
from interactions.queries.measures import is_summary, records
from interactions.queries.naming import named_products
from interactions.queries.period import Unit


def different_products(filter: Filter) -> Question:
    """One row: ``products``."""

    def collect(rows: ibis.Table) -> ibis.Table:
        named = rows if is_summary(rows) else named_products(rows, "timestamp")
        found = named.group_by("product").agg(records=records(named))
        return found.filter(found.records > 0).select("product")

    def merge(rows: pa.Table) -> pa.Table:
        return pa.table({"product": rows["product"].combine_chunks().unique()})

    def conclude(rows: pa.Table) -> pa.Table:
        return pa.table({"products": [rows.num_rows]})

    return about(filter, "products", collect, merge=merge, conclude=conclude, over=NAMED)


def products_of_bars(filter: Filter, grain: Grain, unit: Unit, zone: tzinfo) -> Question:
    """``start, products``: a row for each bar of ``unit``, which begins there.

    To group the rows of summaries by bars and products takes the engine five times as long as all the rest of it.
    """
    over = grain.summed(NAMED) if unit is not Unit.HOUR else None
    is_summed = over is not None and filter.given <= over.fields

    def collect(rows: ibis.Table, counted: pa.Table) -> ibis.Table:
        if is_summed:
            return rows.select("product", "records", at=epoch_us(rows.timestamp))
        named = named_products(rows, "timestamp")
        named = named.mutate(bucket=grain.bucket(named.timestamp))
        named = with_start(named, counted["bucket"].to_numpy(), filter.period, unit, zone)
        return named.group_by("product", at=named.start).agg(records=records(named))

    def conclude(rows: pa.Table, counted: pa.Table) -> pa.Table:
        starts = bar_edges(np.unique(counted["bucket"].to_numpy()), filter.period, unit, zone)[:-1]
        products = rows["product"].dictionary_encode().combine_chunks()
        counts = np.zeros(len(starts), np.int64)
        loops.count_different(
            *(_numbers(rows["at"]), products.indices.to_numpy(), _numbers(rows["records"]), starts),
            *(np.zeros(len(starts) + 1, np.int64), np.empty(len(rows), np.int32), np.empty((len(rows), 2), np.int64)),
            *(np.zeros(len(products.dictionary), np.int64), counts),
        )
        return pa.table({"start": starts, "products": counts})

    # Of summaries the first and the last bucket do; what is not summed up is joined with all of them.
    needs = (counts_of_bars(filter, grain, unit, zone) if is_summed else counts(filter, grain),)
    parameters = (grain.key, unit, str(zone))
    return about(
        *(filter, "products_of_bars", collect),
        conclude=conclude,
        needs=needs,
        parameters=parameters,
        over=over,
        zone=zone,
    )


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    """In one piece, whose memory is Arrow's, as those that the loops are compiled for (readying.py)."""
    numbers: np.ndarray = column.combine_chunks().to_numpy(zero_copy_only=True)
    return numbers
