"""Paths: what people do after a step, or before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
from ibis import _

from interactions.analytics.definitions import QUIET
from interactions.analytics.filters import Filter
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.people import PERSON, with_person
from interactions.analytics.relational.step_values import with_value
from interactions.analytics.reports.paths import END, MOST_NODES, OTHER, PathsAsked


def nodes(data: DataSet, filter: Filter, asked: PathsAsked) -> ibis.Table:
    """``step, value, place``: the MOST_NODES most frequent values of each step, 0 being the start, in their order."""
    paths = _steps(data, filter, asked)
    rows = paths.group_by("step", "value").agg(paths=_.count())
    place = ibis.row_number().over(ibis.window(group_by="step", order_by=[ibis.desc("paths"), ibis.asc("value")]))
    rows = rows.mutate(place=place)
    return rows.filter(_.place < MOST_NODES).select("step", "value", "place")


def counted(data: DataSet, filter: Filter, asked: PathsAsked, nodes: Sequence[Sequence[str]]) -> ibis.Table:
    """``step_0, step_1 …, paths``: the places of each path's steps among its ``nodes``, OTHER or END, and how often."""
    rows = _steps(data, filter, asked)
    names = [f"step_{step}" for step in range(asked.steps + 1)]
    places: dict[str, Any] = {}
    for step, values in enumerate(nodes):
        place: Any = ibis.literal(OTHER, "int64")
        for number, value in enumerate(values):
            place = ibis.ifelse(rows["value"] == value, number, place)
        places[names[step]] = ibis.ifelse(rows["step"] == step, place, ibis.null("int64"))
    rows = rows.select("path", **places)
    whole = rows.group_by("path").agg(**{name: rows[name].max().fill_null(END) for name in names})
    return whole.group_by(*names).agg(paths=_.count())


def _steps(data: DataSet, filter: Filter, asked: PathsAsked) -> ibis.Table:
    """``path, step, value`` of each step of each path: ``path`` is a text, and ``step`` 0 is the start."""
    rows = _in_order(data, filter, asked)
    each = [*PERSON, "session"] if asked.is_by_session else [*PERSON]
    is_start = rows.value == asked.start if asked.start else rows.value.notnull()
    starts = rows.filter(is_start).group_by(*each).agg(first=_.place.min())
    where = rows.view()
    starts = starts.join(where, [*each, starts["first"] == where.place])
    starts = starts.select(*PERSON, "first", start_at="at", start_session="session")
    onwards = rows.view()
    chains = starts.join(onwards, [*PERSON, onwards.place >= starts["first"]])
    chains = chains.select(*PERSON, "first", "start_at", "start_session", "place", "at", "session", "value")
    if asked.within is None:
        chains = chains.filter(_.session == _.start_session)
    else:
        chains = chains.filter((_.at - _.start_at).abs() <= asked.microseconds)
    in_path = ibis.window(group_by=[*PERSON, "first"], order_by="place")
    if asked.is_folded:
        chains = chains.mutate(before=_.value.lag().over(in_path))
        chains = chains.filter(_.before.isnull() | (_.before != _.value))
    chains = chains.mutate(step=ibis.row_number().over(in_path)).filter(_.step <= asked.steps)
    parts = [chains[name].cast("string") for name in (*PERSON, "first")]
    return chains.select("step", "value", path=parts[0].concat("/", parts[1], "/", parts[2]))


def _in_order(data: DataSet, filter: Filter, asked: PathsAsked) -> ibis.Table:
    """``person, alone, at, session, value, place`` of each record with a value; ``place`` counts along a person's."""
    rows = with_person(data.within(filter.of_all_types()), data).filter(_.person.notnull())
    rows = with_value(rows, asked.field, data.agents).select(*PERSON, "at", "value")
    before = rows.at.lag().over(ibis.window(group_by=list(PERSON), order_by="at"))
    rows = rows.mutate(before=before)
    begins = ibis.ifelse(rows.before.isnull() | (rows.at - rows.before >= QUIET), rows.at, ibis.null("int64"))
    rows = rows.mutate(begins=begins)
    # A range, so that records of one moment are in one session.
    so_far = ibis.range_window(group_by=list(PERSON), order_by="at", following=0)
    rows = rows.mutate(session=rows.begins.max().over(so_far))
    rows = rows.filter(_.value.notnull())
    order: list[Any] = [ibis.asc("at"), ibis.asc("value")]
    if asked.is_before:
        order = [ibis.desc("at"), ibis.desc("value")]
    place = ibis.row_number().over(ibis.window(group_by=list(PERSON), order_by=order))
    return rows.mutate(place=place).select(*PERSON, "at", "session", "value", "place")
