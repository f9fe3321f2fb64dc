"""The first and the last interaction of each type while people are hidden.

Summaries keep first and last, but hidden people cannot be taken off them as they can off sums. The moments of all
others are in journeys, which are gone through once; nobody has to know whose they are. Of a device, which journeys do
not tell, the interactions are asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import ibis
import numpy as np
import pyarrow as pa

from interactions.analytics.engine import PartsGone, Reading, Snapshot, reading, without
from interactions.analytics.filters import Filter
from interactions.contract.schema import TYPES
from interactions.queries import walks
from interactions.queries.along import FIELDS
from interactions.queries.answers import Question
from interactions.queries.crowds import theirs
from interactions.queries.journeys import Journeys
from interactions.queries.kinds import DAILY, Grain
from interactions.queries.loops import NOT_ASKED
from interactions.queries.summaries import Plan, planned, records_of_hidden
from interactions.queries.walks import Asked

_MOMENT: Final = pa.timestamp("us", "UTC")
_SCHEMA: Final = pa.schema({"type": pa.string(), "first": _MOMENT, "last": _MOMENT})


def spans_beside_hidden(filter: Filter) -> Question:
    """``type, first, last``: a row a type that occurs; none at all where nobody is hidden, or no summary is asked."""

    def look(parts: Snapshot, _needed: list[pa.Table]) -> pa.Table:
        if not parts.hidden or not filter.given <= DAILY.fields:
            return _SCHEMA.empty_table()
        with reading() as read:
            if not filter.given <= FIELDS:
                return _spans(read, filter.within(read.records(parts.files, parts.hidden)))
            plan = planned(parts, Grain.ALL, filter)
            found = pa.concat_tables([_stored(parts, plan, filter), *_counted(read, parts, plan, filter)])
        found = found.group_by("type").aggregate([("first", "min"), ("last", "max")])
        return found.rename_columns(_SCHEMA.names)

    return Question("type_spans", (filter.key,), None, look=look)


def _stored(parts: Snapshot, plan: Plan, filter: Filter) -> pa.Table:
    """What the journeys say of people who are not hidden."""
    asked = Asked.by(filter, dict.fromkeys(TYPES, 0))
    try:
        first, last = walks.spans(_seen(parts, plan), asked)
    except FileNotFoundError as error:
        raise PartsGone from error
    there = np.flatnonzero((asked.meanings != NOT_ASKED) & (first <= last))
    types = pa.array(TYPES).take(pa.array(there >> 2))
    return pa.table([types, *(pa.array(found[there]).cast(_MOMENT) for found in (first, last))], schema=_SCHEMA)


def _seen(parts: Snapshot, plan: Plan) -> Iterator[tuple[Journeys, np.ndarray]]:
    for segment in plan.stored:
        journeys = Journeys.read(segment.journeys)
        yield journeys, np.flatnonzero(~theirs(journeys, parts.hidden)).astype(np.int32)


def _counted(read: Reading, parts: Snapshot, plan: Plan, filter: Filter) -> Iterator[pa.Table]:
    """What the records say that are in no segment, and those that may be seen of people who are hidden."""
    if plan.bare:
        yield _spans(read, filter.within(read.records([str(part.path) for part in plan.bare], parts.hidden)))
    if plan.stored:
        found = records_of_hidden(read, parts, plan)
        yield _spans(read, filter.within(without(ibis.memtable(found), parts.hidden)))


def _spans(read: Reading, rows: Any) -> pa.Table:
    found = rows.group_by("type").agg(first=rows.timestamp.min(), last=rows.timestamp.max())
    return read.answer(found.select(_SCHEMA.names)).cast(_SCHEMA)
