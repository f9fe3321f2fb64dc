"""The first and the last interaction of each type while people are hidden.

Summaries keep first and last, but hidden people cannot be taken off them as they can off sums.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.queries import walks
from interactions.queries.along import FIELDS, along
from interactions.queries.answers import Question
from interactions.queries.crowds import Crowd
from interactions.queries.engine import Snapshot
from interactions.queries.filter import Filter
from interactions.queries.loops import NOT_ASKED
from interactions.queries.walks import Asked
from interactions.schema import TYPES

_MOMENT: Final = pa.timestamp("us", "UTC")
_NONE: Final = pa.schema({"type": pa.string(), "first": _MOMENT, "last": _MOMENT}).empty_table()


def spans_beside_hidden(filter: Filter) -> Question:
    """``type, first, last``: a row a type that occurs; none at all where nobody is hidden, or no summary is asked."""

    def walk(crowd: Crowd) -> pa.Table:
        asked = Asked.by(filter, dict.fromkeys(TYPES, 0))
        first, last = walks.spans(crowd, asked)
        there = np.flatnonzero((asked.meanings != NOT_ASKED) & (first <= last))
        types = pa.array(TYPES).take(pa.array(there >> 2))
        moments = [pa.array(found[there]).cast(_MOMENT) for found in (first, last)]
        rows = pa.table([types, *moments], schema=_NONE.schema)
        found = rows.group_by("type").aggregate([("first", "min"), ("last", "max")])
        return found.rename_columns(["type", "first", "last"])

    if not filter.given <= FIELDS:
        return Question("no_spans", (), None, look=lambda parts, needed: _NONE)
    question = along(filter, "spans", walk)

    def look(parts: Snapshot, needed: list[pa.Table]) -> pa.Table:
        return question.look(parts, needed) if question.look and parts.hidden else _NONE

    return replace(question, look=look)
