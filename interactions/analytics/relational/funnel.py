"""Funnels: how many people reach each step, and how long it takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.people import PERSON, with_person
from interactions.analytics.relational.steps import with_steps
from interactions.analytics.steps import Step


def funnel(data: DataSet, filter: Filter, steps: Sequence[Step]) -> ibis.Table:
    """One row: ``people_0, people_1 …`` at each step, and ``median_1 …``, µs since the previous step, null for nobody.

    A person reaches a step with the first record that completes it at or after the one that reached the previous step.
    The filter's types and groups are ignored.
    """
    rows = with_person(data.within(filter.of_all_types()), data).filter(_.person.notnull())
    reached = _reached(with_steps(rows, steps, data.agents), steps)
    counts = {f"people_{place}": reached[f"reached_{place}"].count() for place in range(len(steps))}
    medians: dict[str, Any] = {}
    for place in range(1, len(steps)):
        took = f"took_{place}"
        reached = reached.mutate(**{took: reached[f"reached_{place}"] - reached[f"reached_{place - 1}"]})
        reached = reached.mutate(
            rank=ibis.row_number().over(ibis.window(order_by=ibis.asc(took))) + 1,
            several=reached[took].count().over(ibis.window()),
        )
        is_middle = reached[took].notnull() & (2 * reached["rank"]).between(reached.several, reached.several + 2)
        reached = reached.mutate(**{took: ibis.ifelse(is_middle, reached[took], ibis.null("int64"))})
        medians[f"median_{place}"] = _[took].mean()
    return reached.agg(**counts, **medians)


def _reached(rows: ibis.Table, steps: Sequence[Step]) -> ibis.Table:
    """A row for each person who completes any step: when each step was reached, µs since 1970, null if never."""
    window = ibis.window(group_by=list(PERSON))
    rows = rows.select(*PERSON, "at", *(f"is_{place}" for place in range(len(steps))))
    for place in range(len(steps)):
        is_there = rows[f"is_{place}"]
        if place:
            is_there &= rows.at >= rows[f"reached_{place - 1}"]
        at = ibis.ifelse(is_there, rows.at, ibis.null("int64"))
        rows = rows.mutate(**{f"reached_{place}": at.min().over(window)})
    names = [f"reached_{place}" for place in range(len(steps))]
    return rows.group_by(*PERSON).agg(**{name: rows[name].min() for name in names})
