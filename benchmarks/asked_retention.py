"""Retention by week: of the people who first came in a week, how many came back in each of the next."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.dashboard import ZONE
from interactions.analytics.filters import Filter
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Unit
from interactions.analytics.reports.retention import Return, retention

OF_ALL_TYPES = True
_WEEK = "toMonday(ts, 'Europe/Berlin')"


def dojo(index: Index, filter: Filter) -> list[Any]:
    """A row for each week of a first interaction, with its people and each week in which some came back."""
    frame = retention(index, filter, Return(), Unit.WEEK, ZONE)
    starts = [f"{start:%Y-%m-%d}" for start in frame.index.tz_convert(ZONE)]
    return [
        [start, starts[place + later], int(people)]
        for place, start in enumerate(starts)
        for later, people in enumerate(frame.iloc[place, 1:])
        if not np.isnan(people) and people
    ]


def clickhouse(condition: str) -> str:
    """People by the week of their first interaction and each week in which they came.

    A condition on the time is about the first interaction: whoever came before isn't new.
    """
    is_time = condition.startswith("ts ")
    where, having = ("true", condition.replace("ts ", "first ", 1)) if is_time else (condition, "true")
    return f"""
        select toMonday(first, 'Europe/Berlin') as start, week, count() as people from (
            select min(ts) as first, groupUniqArray({_WEEK}) as weeks from bench.event
            where {where} and person <> 0 group by person having {having})
        array join weeks as week group by start, week order by start, week"""
