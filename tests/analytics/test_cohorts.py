"""Cohorts: who is in them, as the relational expressions and plain counts say, and filters by them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions import identity
from interactions.analytics.cohorts import CohortCondition, CohortDefinition, CohortRule, Members
from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Filter, counted
from interactions.analytics.index.build import build_table
from interactions.analytics.index.run import Index
from interactions.analytics.periods import Period
from interactions.analytics.question import Engine
from interactions.analytics.reports.cohorts import cohort_members, cohort_people
from interactions.analytics.reports.totals import count, people

from ..lakes import Record
from .datasets import CUSTOM_KEYS, USUAL, USUAL_TIMES, ZONES, Drawn, data_sets, filters, periods, table_of, unit_for
from .indexed import Indexed
from .oracle import InMemory
from .questions import NAMES, QUESTIONS, SOME, Asked, same

KENT = Condition("region", ("Kent",))
TIMES = st.sampled_from([at + step * timedelta(days=1) for at in USUAL_TIMES for step in (-1, 0, 1)])


@st.composite
def conditions(draw: st.DrawFn) -> tuple[Condition, ...]:
    """What a filter can ask for, but for ids of people."""
    asked = draw(filters().filter(lambda each: not any("_key" in c.field or "_id" in c.field for c in each.conditions)))
    return asked.conditions


@st.composite
def cohorts(draw: st.DrawFn) -> CohortDefinition:
    """Up to three rules; now and then none, which is everybody."""
    rules = [
        CohortRule(
            types=tuple(draw(st.lists(st.sampled_from(USUAL), max_size=2, unique=True))),
            conditions=draw(conditions()),
            at_least=draw(st.sampled_from([1, 1, 2, 3])),
            period=draw(st.one_of(st.just(Period()), periods(TIMES))),
            is_not=draw(st.booleans()),
        )
        for _ in range(draw(st.sampled_from([0, 1, 1, 2, 3])))
    ]
    return CohortDefinition(1, "drawn", tuple(rules))


@st.composite
def chosen(draw: st.DrawFn) -> CohortCondition:
    return CohortCondition(tuple(draw(st.lists(cohorts(), min_size=1, max_size=2))), draw(st.booleans()))


def index_of(drawn: Drawn) -> Index:
    links = np.array(drawn.links, np.int64).reshape(-1, 2)
    return build_table(table_of(drawn.records), drawn.hidden, "production", 1, links, CUSTOM_KEYS)


def both(drawn: Drawn, duckdb: ibis.BaseBackend) -> tuple[Engine, Engine]:
    return index_of(drawn), InMemory(duckdb, table_of(drawn.records), drawn.hidden, drawn.links)


def as_sets(members: Members) -> list[set[int]]:
    return [set(keys.tolist()) for keys in (members.users, members.visitors, members.alone)]


@SOME
@given(drawn=data_sets(), cohort=cohorts())
def test_an_index_finds_the_people_that_the_expressions_find(
    drawn: Drawn, cohort: CohortDefinition, duckdb: ibis.BaseBackend
) -> None:
    index, expected = both(drawn, duckdb)
    assert cohort_people(index, cohort) == cohort_people(expected, cohort)
    assert as_sets(cohort_members(index, (cohort,))) == as_sets(cohort_members(expected, (cohort,)))


@SOME
@given(drawn=data_sets(), asked=filters(), cohort=chosen(), zone=ZONES, choice=st.integers(0, 6), names=NAMES)
def test_questions_about_a_cohort_are_answered_as_by_the_expressions(
    drawn: Drawn,
    asked: Filter,
    cohort: CohortCondition,
    zone: ZoneInfo,
    choice: int,
    names: list[str],
    duckdb: ibis.BaseBackend,
) -> None:
    index, expected = both(drawn, duckdb)
    # Alone, or one of two conditions of which one has to hold.
    grouped = replace(asked, any_of=[*asked.any_of, [KENT, cohort]]) if choice % 2 else asked.in_cohorts(cohort)
    question = Asked(grouped, unit_for(drawn, asked, zone, choice), zone)
    for name in names[:3]:
        same(QUESTIONS[name](Indexed(index), question), QUESTIONS[name](Indexed(expected), question))


@SOME
@given(drawn=data_sets(), cohort=chosen())
def test_rows_are_filtered_by_members_as_figures_are(
    drawn: Drawn, cohort: CohortCondition, duckdb: ibis.BaseBackend
) -> None:
    visible = Drawn(drawn.parts, type(drawn.hidden).of([]), drawn.links)
    index = index_of(visible)
    known = CohortCondition(cohort.cohorts, cohort.is_not, cohort_members(index, cohort.cohorts))
    rows = Filter(cohorts=[known]).within(ibis.memtable(table_of(drawn.records)))
    assert len(duckdb.to_pyarrow(rows)) == count(index, Filter(cohorts=[cohort]))
    several = Filter(any_of=[[KENT, known]], cohorts=[known]).within(ibis.memtable(table_of(drawn.records)))
    assert several.columns == rows.columns
    asked = Filter(any_of=[[KENT, cohort]], cohorts=[cohort])
    assert len(duckdb.to_pyarrow(several)) == count(index, asked)
    either = Filter(any_of=[[KENT, known]]).within(ibis.memtable(table_of(drawn.records)))
    assert len(duckdb.to_pyarrow(either)) == count(index, Filter(any_of=[[KENT, cohort]]))


def who(record: Record, owners: dict[str, set[str]]) -> tuple[str, str] | None:
    user, visitor = record["user_id"], record["anonymous_id"]
    if user is not None or visitor is None:
        return None if user is None else ("user", user)
    return ("user", *owners[visitor]) if len(owners[visitor]) == 1 else ("visitor", visitor)  # type: ignore[return-value]


@SOME
@given(drawn=data_sets(), kind=st.sampled_from(USUAL), often=st.integers(1, 3), is_not=st.booleans())
def test_people_are_counted_as_by_hand(drawn: Drawn, kind: str, often: int, is_not: bool) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for each in drawn.records:
        if each["user_id"] is not None and each["anonymous_id"] is not None:
            owners[each["anonymous_id"]].add(each["user_id"])
    everybody = {who(each, owners) for each in drawn.records} - {None}
    times = Counter(who(each, owners) for each in drawn.records if each["type"] == kind)
    expected = {person for person in everybody if (times[person] >= often) != is_not}
    cohort = CohortDefinition(1, "", (CohortRule((kind,), at_least=often, is_not=is_not),))
    index = build_table(table_of(drawn.records), type(drawn.hidden).of([]), "production", 1, None, CUSTOM_KEYS)
    assert cohort_people(index, cohort) == len(expected)
    key = identity.keyring().key
    found = cohort_members(index, (cohort,))
    assert set(found.users.tolist()) == {key(name) for kind, name in expected if kind == "user"}
    assert set(found.alone.tolist()) == {key(name) for kind, name in expected if kind == "visitor"}


AT = datetime(2024, 3, 10, 12, tzinfo=UTC)


def bought(user: str | None, day: int, **more: Any) -> Record:
    key = identity.keyring()
    at = datetime(2024, 3, day, 12, tzinfo=UTC)
    return {
        "type": "checkout", "timestamp": at, "received_at": at, "user_id": user, "anonymous_id": None,
        "user_key": key[user], "anonymous_key": None, "import_id": 0, **more,
    }  # fmt: skip


def index_with(*records: Record) -> Index:
    return build_table(table_of(records), Drawn((), _nobody()).hidden, "production", 1, None, CUSTOM_KEYS)


def _nobody() -> Any:
    from interactions.contract.tombstones import Tombstones

    return Tombstones.of([])


def test_the_last_days_count_back_from_the_newest_record() -> None:
    index = index_with(bought("ann", 1), bought("ann", 2), bought("bob", 9), bought("bob", 10))
    cohort = CohortDefinition(1, "", (CohortRule(("checkout",), at_least=2, days=2),))
    assert cohort_people(index, cohort.counted_back(AT, UTC)) == 1
    assert cohort_people(index, cohort.counted_back(AT - timedelta(days=8), UTC)) == 1
    assert cohort_people(index, cohort.counted_back(AT - timedelta(days=4), UTC)) == 0


def test_days_that_are_no_period_yet_are_refused() -> None:
    with pytest.raises(ValueError, match="count back from the newest"):
        counted(CohortRule(days=30))


def test_nobodys_records_are_in_no_cohort() -> None:
    index = index_with(bought("ann", 1), bought(None, 1))
    everybody = CohortDefinition(1, "", ())
    assert count(index, Filter(cohorts=[CohortCondition((everybody,))])) == 1
    assert count(index, Filter(cohorts=[CohortCondition((everybody,), is_not=True)])) == 1
    assert people(index, Filter(cohorts=[CohortCondition((everybody,), is_not=True)]))[0] == 0


@pytest.mark.parametrize("field", ["user_id", "anonymous_id", "user_key", "anonymous_key"])
def test_a_rule_has_no_condition_on_an_id(field: str) -> None:
    with pytest.raises(ValueError, match="ids of people"):
        CohortRule(conditions=(Condition(field, ("ann",)),))


def test_a_cohort_in_a_group_counts_back_and_has_a_key_of_its_own() -> None:
    lately = CohortCondition((CohortDefinition(1, "", (CohortRule(("checkout",), at_least=2, days=2),)),))
    asked = Filter(any_of=[[KENT, lately]])
    index = index_with(bought("ann", 1), bought("ann", 2), bought("bob", 9), bought("cy", 9, region="Kent"))
    assert count(index, asked.counted_back(AT - timedelta(days=8), UTC)) == 3
    assert count(index, asked.counted_back(AT, UTC)) == 1
    assert len({asked.key, asked.counted_back(AT, UTC).key, Filter(any_of=[[KENT]]).key}) == 3
    assert asked.all_cohorts == (lately,) and asked.all_conditions == (KENT,)


def test_a_cohort_of_another_name_is_asked_as_the_same() -> None:
    rules = (CohortRule(("checkout",)), CohortRule(is_not=True))
    one, other = CohortDefinition(1, "a", rules), CohortDefinition(2, "b", rules[::-1])
    assert Filter(cohorts=[CohortCondition((one,))]).key == Filter(cohorts=[CohortCondition((other,))]).key
    assert Filter(cohorts=[CohortCondition((one,))]).key != Filter(cohorts=[CohortCondition((one,), is_not=True)]).key
    assert Filter(cohorts=[CohortCondition((one,))]).key != Filter().key
