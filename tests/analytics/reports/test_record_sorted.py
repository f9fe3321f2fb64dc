"""Records sorted by a column, page by page in both directions, against Python's own sort of the same records."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics.filters import Filter
from interactions.analytics.reports import records
from interactions.analytics.reports.record_order import RecordKey
from interactions.analytics.reports.record_search import RecordSearch
from interactions.analytics.reports.record_sorted import SORTED, RecordOrder
from interactions.console.records.cells import COLUMNS

from ...lakes import Record, append, as_row, record

START = datetime(2024, 1, 1, tzinfo=UTC)
TEXTS = st.sampled_from([None, "", "a", "B", "ä", "aa"])
ROWS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("keywords", "page_url", "user_id", "anonymous_id", "region"), TEXTS),
        "revenue": st.sampled_from([None, -1.5, 0.0, 2.0, 1e15]),
        "quantities": st.sampled_from([None, [], [1.0], [1.0, 2.0], [3.0]]),
        "product_ids": st.sampled_from([None, [], ["b"], ["a", "z"], ["b", "a"]]),
        "import_id": st.integers(0, 2),
        "received_at": st.integers(0, 3).map(lambda hour: START + timedelta(hours=hour)),
        "timestamp": st.integers(0, 3).map(lambda hour: START + timedelta(hours=hour)),
        "fingerprint": st.sampled_from([bytes([number]) * 16 for number in (1, 2, 255)]),
    }
)
VALUES: dict[str, Any] = {
    "person": lambda row: row["user_id"] if row["user_id"] is not None else row["anonymous_id"],
    "origin": lambda row: row["import_id"],
    "quantities": lambda row: sum(row["quantities"]) if row["quantities"] else None,
    "product_ids": lambda row: row["product_ids"][0] if row["product_ids"] else None,
}


def value_of(row: Record, name: str) -> Any:
    return VALUES[name](row) if name in VALUES else row[name]


def in_order(rows: list[Record], order: RecordOrder) -> list[tuple[Any, datetime, bytes]]:
    """What tells the records' order, sorted; records without a value are last."""
    keys = [(value_of(row, order.name), row["timestamp"], row["fingerprint"]) for row in rows]
    some, none = ([key for key in keys if (key[0] is None) is absent] for absent in (False, True))
    key = lambda each: (as_bytes(each[0]), *each[1:])  # noqa: E731
    found = sorted(some, key=key) + sorted(none, key=lambda each: each[1:])
    if order.is_ascending:
        return found
    return sorted(some, key=key, reverse=True) + sorted(none, key=lambda each: each[1:], reverse=True)


def as_bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


@pytest.mark.slow
@given(data=st.data())
@examples(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_hold_every_record_once_in_order_both_ways(data: st.DataObject) -> None:
    tables = data.draw(st.lists(st.lists(ROWS, min_size=1, max_size=8), min_size=1, max_size=3))
    names = ["keywords", "person", "revenue", "quantities", "product_ids", "origin", "received_at"]
    order = RecordOrder(data.draw(st.sampled_from(names)), data.draw(st.booleans()))
    limit, environment = data.draw(st.integers(1, 6)), f"example-{uuid.uuid4().hex}"
    rows = [record("like", **row) for table in tables for row in table]
    for table in tables:
        append([record("like", **row) for row in table], environment=environment)
    pages, after = [], None
    while len(pages) <= len(rows):
        pages.append(records.sorted_page(environment, Filter(), order, after=after, limit=limit))
        after = pages[-1].next
        if after is None:
            break
    found = [key for page in pages for key in page.keys]
    expected = in_order(rows, order)
    assert len(set(found)) == len(found) == len(rows)
    shown = [row for page in pages for row in page.rows.to_pylist()]
    assert [(value_of(row, order.name), row["timestamp"], row["fingerprint"]) for row in shown] == expected
    back = [records.sorted_page(environment, Filter(), order, is_last=True, limit=limit)]
    while back[0].previous and len(back) <= len(rows):
        back.insert(0, records.sorted_page(environment, Filter(), order, before=back[0].previous, limit=limit))
    assert [key for page in back for key in page.keys] == found


@pytest.mark.parametrize("name", SORTED)
@pytest.mark.parametrize("is_ascending", [True, False])
def test_records_are_sorted_by_each_column(name: str, is_ascending: bool) -> None:
    lists = {"product_ids": ["b"], "product_group_ids": ["c"], "category": ["d"], "quantities": [2.0]}
    numbers = {"revenue": 2.0, "duration": 3.0, "rating": 1.0, "import_id": 3, "received_at": START}
    texts = {each: "x" for each in as_row({}) if each in SORTED and each not in {**lists, **numbers, "type": ""}}
    append([record("like"), record("search", **lists, **numbers, **texts), record("click")])
    order = RecordOrder(name, is_ascending)
    page = records.sorted_page("production", Filter(), order, limit=5)
    assert page.rows.num_rows == 3
    values = [value_of(row, name) for row in page.rows.to_pylist()]
    values = [value[0] if isinstance(value, list) else value for value in values if value is not None]
    assert values == sorted(values, reverse=not is_ascending) and values


def test_every_column_of_the_page_sorts_but_the_one_that_is_made_of_several() -> None:
    assert {column.name for column in COLUMNS if not column.is_sorted} == {"details"}


def test_what_is_sorted_can_be_searched_and_filtered() -> None:
    append([record(revenue=float(place), keywords="tea" if place % 2 else "mug", region="Kent") for place in range(9)])
    search, order = RecordSearch.of(Filter(region="Kent"), "tea"), RecordOrder("revenue", is_ascending=False)
    page = records.sorted_page("production", search, order, limit=3)
    assert page.rows["revenue"].to_pylist() == [7.0, 5.0, 3.0]
    page = records.sorted_page("production", search, order, after=page.next, limit=3)
    assert page.rows["revenue"].to_pylist() == [1.0] and page.next is None


def test_after_a_record_that_is_gone_the_first_page_comes() -> None:
    append([record(revenue=1.0)])
    gone = RecordKey(START, b"\x07" * 16, 1)
    page = records.sorted_page("production", Filter(), RecordOrder("revenue", is_ascending=True), after=gone, limit=3)
    assert page.rows.num_rows == 1
