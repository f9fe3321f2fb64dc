"""Who was there, and how often: people by the bars of a chart, and their sessions."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.contract.schema import TYPES
from interactions.queries import walks
from interactions.queries.along import along
from interactions.queries.answers import Question
from interactions.queries.bars import Grain, bar_edges
from interactions.queries.crowds import Crowd
from interactions.queries.walks import Asked

QUIET: Final = 30 * 60 * 1_000_000  # µs without a record, after which the next one begins a new session


def visiting(filter: Filter, grain: Grain, unit: Unit, zone: tzinfo, counts: Question) -> Question:
    """``start, sessions, people``: a row for each bar of ``unit``, which begins there, in µs since 1970.

    ``sessions`` are those that begin in it, with an interaction after QUIET; ``people`` are there in it. A session
    belongs to a person; interactions without ids are in none. Only what the filter lets through counts, so a session
    that was under way when a period starts begins with it. ``counts`` has the first and the last ``bucket`` that there
    are.
    """

    def walk(crowd: Crowd, counted: pa.Table) -> pa.Table:
        starts = bar_edges(np.unique(counted["bucket"].to_numpy()), filter.period, unit, zone)[:-1]
        if not len(starts):
            return pa.table({name: pa.array([], pa.int64()) for name in ("start", "sessions", "people")})
        sessions, people = walks.visits(crowd, Asked.by(filter, dict.fromkeys(TYPES, 0)), starts, QUIET)
        return pa.table({"start": starts, "sessions": sessions, "people": people})

    return along(filter, "visiting", walk, needs=(counts,), parameters=(grain.key, unit, str(zone)))
