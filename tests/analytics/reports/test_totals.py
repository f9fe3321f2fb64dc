"""Totals, and records by type, against plain Python; through filters of every kind."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.analytics.reports.totals import by_type, has_records, totals
from interactions.contract.schema import GROUP_OF

from ...traffic import Persons, chosen, of_types, refunds, revenue
from .traffic import FILTERS, index_of, records, whole


@pytest.mark.parametrize("asked", FILTERS, ids=lambda each: each.key)
def test_totals_count_what_the_filter_lets_through(asked: Filter) -> None:
    rows, persons = chosen(records(), asked), Persons(records())
    found = totals(whole(), asked, Unit.HOUR)
    if not rows:
        assert found is None
        return
    assert found is not None
    times = [row["timestamp"] for row in rows]
    assert (found.interactions, found.first, found.last) == (len(rows), min(times), max(times))
    assert found.people == len({persons.of(row) for row in rows} - {None})
    assert found.users == len({row["user_id"] for row in rows} - {None})
    assert found.anonymous == len({row["anonymous_id"] for row in rows} - {None})
    assert found.sessions == len(persons.session_starts(rows))
    assert found.products == len({name for row in rows for name in row["product_ids"] or []})
    assert found.searches == len(of_types(rows, "search"))
    assert found.conversions == len(of_types(rows, "checkout", "subscribe"))
    assert found.revenue == pytest.approx(revenue(rows))
    assert found.refunds == pytest.approx(refunds(rows))


@pytest.mark.parametrize("asked", FILTERS, ids=lambda each: each.key)
def test_types_are_counted_with_their_first_and_last_record(asked: Filter) -> None:
    rows = chosen(records(), asked)
    found = by_type(whole(), asked)
    assert dict(zip(found["type"], found["records"], strict=True)) == Counter(row["type"] for row in rows)
    assert found["records"].is_monotonic_decreasing
    for each in found.itertuples():
        times = [row["timestamp"] for row in rows if row["type"] == each.type]
        assert (each.first, each.last) == (min(times), max(times))
        assert each.group == GROUP_OF[each.type].value
        assert each.share == pytest.approx(each.records / len(rows))


def test_an_empty_index_has_no_totals_and_no_types() -> None:
    index = index_of([])
    assert totals(index) is None
    assert not has_records(index)
    found = by_type(index)
    assert found.empty
    assert list(found) == ["type", "group", "records", "share", "first", "last"]
    assert isinstance(found["first"].dtype, pd.DatetimeTZDtype)
