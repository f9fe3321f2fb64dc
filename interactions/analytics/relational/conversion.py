"""Conversion: how far people get in their best attempt, and how long it takes them."""

from __future__ import annotations

from typing import Any

import ibis
from ibis import _

from interactions.analytics.filters import Filter
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.people import PERSON, with_person
from interactions.analytics.relational.step_values import with_value
from interactions.analytics.relational.steps import with_steps
from interactions.analytics.reports.conversion import EDGES, SHARES, ConversionAsked


def people(data: DataSet, filter: Filter, asked: ConversionAsked) -> ibis.Table:
    """``value, step_0, step_1 …``: the people who reach each step, by the value of their first one, null for none."""
    best = _best(data, filter, asked)
    steps = {f"step_{step}": (best.depth > step).cast("int64").sum() for step in range(len(asked.steps))}
    return best.group_by("value").agg(**steps)


def times(data: DataSet, filter: Filter, asked: ConversionAsked) -> ibis.Table:
    """``step, p25 …``: percentiles of the time since the previous step, in µs; 0 is from the first step to the last."""
    took = _took(_best(data, filter, asked), len(asked.steps))
    of_step = ibis.window(group_by="step")
    took = took.mutate(
        place=ibis.row_number().over(ibis.window(group_by="step", order_by="took")) + 1,
        several=took["took"].count().over(of_step),
    )
    found: dict[str, Any] = {}
    for name, share in SHARES.items():
        # The first whose place is at least that share of all.
        is_it = (100 * took["place"] >= share * took["several"]) & (100 * (took["place"] - 1) < share * took["several"])
        found[name] = ibis.ifelse(is_it, took["took"], ibis.null("int64")).max()
    return took.group_by("step").agg(**found)


def histogram(data: DataSet, filter: Filter, asked: ConversionAsked) -> ibis.Table:
    """``bar, people``: those who take all steps, by the bar of EDGES in which the time that takes lies."""
    took = _took(_best(data, filter, asked), len(asked.steps)).filter(_.step == 0)
    bar: Any = ibis.literal(0, "int64")
    for edge in EDGES:
        bar = bar + (took["took"] >= edge).cast("int64")
    return took.mutate(bar=bar).group_by("bar").agg(people=_.count())


def _took(best: ibis.Table, several: int) -> ibis.Table:
    """``step, took`` of each step that each person reaches; and with the step 0, of all steps together."""
    parts = [
        best.filter(best.depth > step).select(
            step=ibis.literal(step, "int64"), took=best[f"reached_{step}"] - best[f"reached_{step - 1}"]
        )
        for step in range(1, several)
    ]
    last = several - 1
    whole = best.filter(best.depth == several)
    parts.append(whole.select(step=ibis.literal(0, "int64"), took=whole[f"reached_{last}"] - whole["reached_0"]))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _best(data: DataSet, filter: Filter, asked: ConversionAsked) -> ibis.Table:
    """``person, alone, value, depth, reached_0 …`` of the best attempt of each person who has any."""
    rows = with_person(data.within(filter.of_all_types()), data).filter(_.person.notnull())
    rows = with_steps(rows, asked.steps, data.agents)
    rows = with_value(rows, asked.by, data.agents) if asked.by else rows.mutate(value=ibis.null("string"))
    rows = rows.select(*PERSON, "at", "value", *(f"is_{step}" for step in range(len(asked.steps))))
    starts = _chains(rows, asked).filter(_.is_0)
    depth: Any = ibis.literal(1, "int64")
    for step in range(1, len(asked.steps)):
        reached = starts[f"reached_{step}"]
        depth = depth + ibis.ifelse(reached.notnull() & (reached - starts.at <= asked.microseconds), 1, 0)
    starts = starts.mutate(depth=depth, reached_0=starts.at, no_value=starts.value.isnull().cast("int64"))
    order = [ibis.desc("depth"), ibis.asc("at"), ibis.asc("no_value"), ibis.asc("value")]
    starts = starts.mutate(place=ibis.row_number().over(ibis.window(group_by=list(PERSON), order_by=order)))
    names = [f"reached_{step}" for step in range(len(asked.steps))]
    return starts.filter(_.place == 0).select(*PERSON, "value", "depth", *names)


def _chains(rows: ibis.Table, asked: ConversionAsked) -> ibis.Table:
    """``rows`` with ``reached_1 …``: when each further step is reached in an attempt that starts there, null if never.

    From the last step back: the first record of a step at or after a moment reaches all further steps no later than any
    other one, so each of these times is the least of those that the step's records have from then on.
    """
    # Ranges have all records of a moment.
    onwards = ibis.range_window(group_by=list(PERSON), order_by=ibis.desc("at"), following=0)
    several = len(asked.steps)
    for step in range(several - 1, 0, -1):
        is_there = rows[f"is_{step}"]
        reached = {f"reached_{step}": ibis.ifelse(is_there, rows.at, ibis.null("int64")).min().over(onwards)}
        for later in range(step + 1, several):
            at = ibis.ifelse(is_there, rows[f"reached_{later}"], ibis.null("int64"))
            reached[f"reached_{later}"] = at.min().over(onwards)
        rows = rows.mutate(**reached)
    return rows
