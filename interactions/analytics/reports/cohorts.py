"""The people of cohorts: their ids, for filtering rows and for a list of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from interactions.analytics.cohorts import CohortCondition, CohortDefinition, Members
from interactions.analytics.data_sets import opened
from interactions.analytics.engine import Expression, steady
from interactions.analytics.filters import Filter
from interactions.analytics.index import cohorts
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.question import question


@question
def cohort_people(index: Index, cohort: CohortDefinition) -> int:
    """The number of people in a cohort."""
    whole = filtered(index, Filter())
    return sum(int(flags.sum()) for flags in cohorts.members(whole.source, whole.index, cohort))


@question
def cohort_members(index: Index, chosen: Sequence[CohortDefinition]) -> Members:
    """The ids of the people who are in one or more of these cohorts."""
    whole = filtered(index, Filter())
    flags = [cohorts.members(whole.source, whole.index, each) for each in chosen]
    return cohorts.ids(whole.index, cohorts.union(flags))


def with_members(environment: str, filter: Filter) -> Filter:
    """The filter, ready for rows of the table: each condition on cohorts knows its members. Raises DataNotReady."""
    if not filter.all_cohorts:
        return filter
    engine = opened(environment)

    def known(condition: CohortCondition) -> CohortCondition:
        return replace(condition, members=cohort_members(engine, condition.cohorts))

    return filter.with_cohorts(known)


def ids_of(environment: str, members: Members) -> pa.Table:
    """``user_id, anonymous_id`` of the people: the id of a user, or that of a visitor who belongs to none.

    In order of the ids, users first. Raises DataSetBusy.
    """
    users = _ids("user_id", "user_key", members.users)
    visitors = _ids("anonymous_id", "anonymous_key", members.alone)
    found = steady(environment, lambda parts: [parts.ask(users), parts.ask(visitors)])
    columns = {"user_id": found[0], "anonymous_id": found[1]}
    tables = [pa.table({name: table[name].cast(pa.string())}).sort_by(name) for name, table in columns.items()]
    return pa.concat_tables(tables, promote_options="default")


def _ids(column: str, key: str, keys: np.ndarray) -> Expression:
    asked = ibis.memtable(pa.table({"asked": pa.array(keys, pa.int64())}))

    def question(table: ibis.Table) -> ibis.Table:
        rows = table.filter(_.user_key.isnull()) if column == "anonymous_id" else table
        return rows.semi_join(asked, [rows[key] == asked.asked]).select(column).distinct()

    return question
