"""Whose an interaction is: people are users, and visitors who were never seen as one.

A record's person is its user; without a user_id, the user that its anonymous_id belongs to, where it belongs to one
alone; else the anonymous_id. An anonymous_id seen with several users (a shared device) belongs to none of them.
"""

from __future__ import annotations

import pyarrow as pa

from interactions.analytics.filters import Filter
from interactions.contract.schema import TYPES
from interactions.queries import walks
from interactions.queries.along import along
from interactions.queries.answers import Question
from interactions.queries.crowds import Crowd
from interactions.queries.walks import Asked


def people(filter: Filter) -> Question:
    """One row: ``users``, ``anonymous`` and ``people``, how many of each there are among the filter's interactions."""

    def walk(crowd: Crowd) -> pa.Table:
        counts = walks.counted(crowd, Asked.by(filter, dict.fromkeys(TYPES, 0)))
        return pa.table({name: [count] for name, count in zip(("users", "anonymous", "people"), counts, strict=True)})

    return along(filter, "people", walk)
