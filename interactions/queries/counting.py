"""How many records there are, by type and time: in buckets as the engine counts them, and in the bars of a chart.

An answer by buckets fits every zone and unit, and may have hundreds of thousands of rows; one by bars has hundreds, so
it is remembered as well: whoever asks again need not put the buckets into bars again.
"""

from __future__ import annotations

from datetime import tzinfo

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.queries.answers import Question
from interactions.queries.asking import about
from interactions.queries.bars import Grain, bar_edges, starts_of
from interactions.queries.kinds import COUNTS, DAILY
from interactions.queries.measures import records, revenue, summed


def counts(filter: Filter, grain: Grain, days: tzinfo | None = None) -> Question:
    """``bucket, type, records, revenue``: a row for each bucket of time and type that there is.

    With ``days``, all of a day in that zone may be in its first bucket.
    """

    def collect(rows: ibis.Table) -> ibis.Table:
        found = rows.group_by(bucket=grain.bucket(rows.timestamp), type=rows.type).agg(
            records=records(rows), revenue=revenue(rows)
        )
        # Hidden people's are taken off: of a day, where they were, which may be another bucket than the day's, and that
        # of others whose revenue is left.
        return found.filter((found.records != 0) | (found.revenue != 0))

    def merge(rows: pa.Table) -> pa.Table:
        return summed(rows, ["bucket", "type"])

    if days is None or not filter.given <= DAILY.fields:
        return about(filter, "counts", collect, merge=merge, parameters=(grain.key,), over=grain.summed(COUNTS))
    return about(
        *(filter, "counts_of_days", collect),
        merge=merge,
        parameters=(grain.key, str(days)),
        over=grain.summed(DAILY),
        zone=days,
        instead=COUNTS,
    )


def counts_of_bars(filter: Filter, grain: Grain, unit: Unit, zone: tzinfo) -> Question:
    """``start, type, records, revenue, bucket``: a row for each bar and type; ``bucket`` is the first of those in it.

    The first and the last of these buckets lie in the first and the last bar.
    """

    def conclude(counted: pa.Table) -> pa.Table:
        buckets = counted["bucket"].to_numpy()
        starts = starts_of(buckets, bar_edges(buckets, filter.period, unit, zone))
        rows = counted.append_column("start", pa.array(starts, pa.int64()))
        bars = rows.group_by(["start", "type"]).aggregate([("records", "sum"), ("revenue", "sum"), ("bucket", "min")])
        bars = bars.rename_columns(["start", "type", "records", "revenue", "bucket"])
        return bars.filter(pc.greater(bars["records"], 0))

    parameters = (filter.key, grain.key, unit, str(zone))
    needs = (counts(filter, grain, None if unit is Unit.HOUR else zone),)
    return Question("counts_of_bars", parameters, None, conclude=conclude, needs=needs)


def counts_of_buckets(filter: Filter, grain: Grain) -> Question:
    """``bucket, records``: of all types together."""

    def conclude(counted: pa.Table) -> pa.Table:
        return summed(counted.select(["bucket", "records"]), ["bucket"])

    parameters = (filter.key, grain.key)
    return Question("counts_of_buckets", parameters, None, conclude=conclude, needs=(counts(filter, grain),))
