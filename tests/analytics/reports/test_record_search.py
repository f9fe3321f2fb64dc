"""Searching records for words, and their order, against plain Python over the same records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics import data_sets
from interactions.analytics.filters import Filter
from interactions.analytics.reports import record_order, records
from interactions.analytics.reports.record_search import MOST_WORDS, RecordSearch, with_products
from interactions.warehouse.lake import Lake

from ...lakes import Record, append, record

START = datetime(2024, 1, 1, tzinfo=UTC)
TEXTS = ("Dome tent", "tea", "Teapot", "ÄPFEL", None)
PRODUCTS = (None, [], ["TENT-1", None], ["tea", "mug"])
ROWS: list[Record] = [
    record(
        "search",
        (START + timedelta(minutes=place // 2)).isoformat(),  # two of each minute
        keywords=TEXTS[place % 5],
        page_title=TEXTS[(place // 5) % 5],
        page_url=(None, "https://shop.example/tents?q=tea", "https://shop.example/%C3%84pfel")[place % 3],
        product_ids=PRODUCTS[place % 4],
        value=str(place),
    )
    for place in range(60)
]
WORDS = st.lists(st.sampled_from(["tea", "TENT", "dome", "äpfel", "shop.example", "mug", "nothing", "%"]), max_size=3)


def has(row: Record, word: str) -> bool:
    texts = [row["keywords"], row["page_title"], row["page_url"], *(row["product_ids"] or [])]
    url = (row["page_url"] or "").lower()
    is_quoted = word == "äpfel" and "%c3%84pfel" in url
    return is_quoted or any(word.lower() in text.lower() for text in texts if text)


@given(words=WORDS, region=st.booleans(), is_ascending=st.booleans(), limit=st.sampled_from([4, 9, 25]))
@examples(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_records_are_found_that_have_all_words(words: list[str], region: bool, is_ascending: bool, limit: int) -> None:
    if not Lake("production").exists():
        append(ROWS[:25])
        append(ROWS[25:], import_id=2)
    search = RecordSearch.of(Filter(is_live=False) if region else Filter(), " ".join(words))
    expected = [row["value"] for row in ROWS if all(has(row, word) for word in words)]
    found, after = [], None
    while True:
        page = records.page("production", search, after=after, limit=limit, is_ascending=is_ascending)
        found += page.rows["value"].to_pylist()
        after = page.next
        if after is None:
            break
    assert sorted(found, key=int) == sorted(expected, key=int)
    assert records.count("production", search) == len(expected)


@pytest.mark.parametrize("limit", [1, 3, 7, 60])
def test_pages_of_the_oldest_first_are_those_of_the_newest_first_turned_round(monkeypatch: Any, limit: int) -> None:
    monkeypatch.setattr(record_order, "_FIRST_ROWS", 10)
    append(ROWS[:25])
    append(ROWS[25:], import_id=2)
    everything = records.page("production", Filter(), limit=100).rows["value"].to_pylist()[::-1]
    pages, after = [], None
    while True:
        page = records.page("production", Filter(), after=after, limit=limit, is_ascending=True)
        pages.append(page.rows["value"].to_pylist())
        if page.next is None:
            break
        after = page.next
    assert [value for each in pages for value in each] == everything
    back = page
    for expected in pages[-2::-1]:
        back = records.page("production", Filter(), before=back.previous, limit=limit, is_ascending=True)
        assert back.rows["value"].to_pylist() == expected
    assert back.previous is None
    last = records.page("production", Filter(), is_last=True, limit=limit, is_ascending=True)
    assert last.rows["value"].to_pylist() == everything[-limit:] and last.next is None


def test_words_are_found_in_names_of_products_beside_other_texts() -> None:
    append([record(product_ids=ids, keywords=words, value=str(place)) for place, (ids, words) in enumerate(SOLD)])
    named = {"shoe": ("SKU-1", "SKU-3", "SKU-9"), "red": ()}
    found = records.page("production", RecordSearch(Filter(), {"shoe": named["shoe"]}), limit=20)
    assert sorted(found.rows["value"].to_pylist()) == ["0", "1", "4", "5"]
    assert records.count("production", RecordSearch(Filter(), {"shoe": named["shoe"]})) == 4
    assert records.page("production", RecordSearch(Filter(), named), limit=20).rows["value"].to_pylist() == ["5"]


@pytest.mark.parametrize("is_indexed", [True, False])
@pytest.mark.parametrize("word", ["sku-1", "SKU", "shoe", "nothing"])
def test_an_index_of_all_products_finds_the_same(word: str, is_indexed: bool) -> None:
    append([record(product_ids=ids, keywords=words, value=str(place)) for place, (ids, words) in enumerate(SOLD)])
    if is_indexed:
        data_sets.up_to_date("production")
    search = with_products("production", RecordSearch.of(Filter(), word))
    assert bool(search.known) is is_indexed
    found = records.page("production", search, limit=20).rows["value"].to_pylist()
    texts = [" ".join([*(each for each in ids or [] if each), words or ""]).lower() for ids, words in SOLD]
    assert sorted(found) == [str(place) for place, text in enumerate(texts) if word.lower() in text]


def test_products_that_came_after_the_index_are_found() -> None:
    append([record(product_ids=["SKU-1"])])
    data_sets.up_to_date("production")
    append([record(product_ids=["NEW-1"])], import_id=2)
    assert records.count("production", RecordSearch.of(Filter(), "new")) == 1


SOLD = (
    *((["SKU-1"], None), (["SKU-2", "SKU-3"], None), (["SKU-2"], None), (None, None)),
    *(([], "a shoe"), ([None, "SKU-1"], "red")),
)


def test_of_many_words_the_first_count() -> None:
    assert len(RecordSearch.of(Filter(), " ".join(map(str, range(50)))).words) == MOST_WORDS
