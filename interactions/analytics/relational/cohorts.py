"""Who is in a cohort, and the records of its people."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
from ibis import _

from interactions.analytics.cohorts import CohortCondition, CohortDefinition
from interactions.analytics.filters import Filter, counted
from interactions.analytics.relational.data import DataSet
from interactions.analytics.relational.people import PERSON, of_somebody, with_person


def members(data: DataSet, cohorts: Sequence[CohortDefinition]) -> ibis.Table:
    """``person, alone``: the people of one or more cohorts, each once."""
    several = [_members(data, each) for each in cohorts]
    return several[0].union(*several[1:], distinct=True) if len(several) > 1 else several[0]


def _members(data: DataSet, cohort: CohortDefinition) -> ibis.Table:
    found = of_somebody(data, Filter()).select(*PERSON).distinct()
    for rule in cohort.rules:
        times = of_somebody(data, counted(rule)).group_by(*PERSON).agg(times=_.count())
        did = times.filter(_.times >= rule.at_least).select(did="person", did_alone="alone")
        same = [found.person == did.did, found.alone == did.did_alone]
        found = found.anti_join(did, same) if rule.is_not else found.semi_join(did, same)
    return found


def marked(rows: ibis.Table, data: DataSet, condition: CohortCondition, name: str) -> ibis.Table:
    """``rows`` with the column ``name``: whether they're of people who meet the condition."""
    columns = rows.columns
    rows = with_person(rows, data)
    people = members(data, condition.cohorts).select(member="person", member_alone="alone")
    joined = rows.left_join(people, [rows.person == people.member, rows.alone == people.member_alone])
    is_in = joined.member.notnull()
    return joined.mutate(**{name: ~is_in if condition.is_not else is_in}).select(*columns, name)


def users(data: DataSet, cohorts: Sequence[CohortDefinition]) -> ibis.Table:
    """``key``: the users among the people of these cohorts."""
    return members(data, cohorts).filter(~_.alone).select(key="person")


def visitors(data: DataSet, cohorts: Sequence[CohortDefinition]) -> ibis.Table:
    """``key``: the anonymous ids of records without a user that are these people's."""
    rows = marked(data.visible, data, CohortCondition(tuple(cohorts)), "is_in").filter(_.is_in)
    return rows.filter(_.user_key.isnull()).select(key="anonymous_key").distinct()


def alone(data: DataSet, cohorts: Sequence[CohortDefinition]) -> ibis.Table:
    """``key``: the anonymous ids that are such people by themselves."""
    return members(data, cohorts).filter(_.alone).select(key="person")
