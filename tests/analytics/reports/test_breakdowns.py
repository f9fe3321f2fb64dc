"""The most of something, against plain Python and by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from interactions.analytics.definitions import CONVERSIONS
from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.analytics.reports.breakdowns import Subject, top, top_named

from ...lakes import Record, record
from ...traffic import Persons, chosen, of_types, revenue
from .traffic import FILTERS, index_of, records, whole

ALL = Filter()
VALUES = {
    Subject.CAMPAIGNS: lambda row: tuple(row[f"campaign_{name}"] for name in ("source", "medium", "name")),
    Subject.PAGES: lambda row: (row["page_url"] and row["page_url"].split("?")[0].split("#")[0],),
    Subject.REGIONS: lambda row: (row["region"],),
    Subject.DEVICES: lambda row: (device_of(row["user_agent"]).value,),
}


def rows(found: pd.DataFrame) -> list[dict[str, Any]]:
    return found.to_dict("records")


@pytest.mark.parametrize("subject", VALUES)
@pytest.mark.parametrize("asked", FILTERS, ids=lambda each: each.key)
def test_values_are_counted_with_their_conversions_and_revenue(subject: Subject, asked: Filter) -> None:
    groups = defaultdict(list)
    for row in chosen(records(), asked):
        if any(value is not None for value in VALUES[subject](row)):
            groups[VALUES[subject](row)].append(row)
    found = rows(top(whole(), asked, subject, limit=100))
    names = list(found[0])[: len(found[0]) - 5] if found else []
    assert {tuple(each[name] for name in names): each["records"] for each in found} == {
        name: len(group) for name, group in groups.items()
    }
    for each in found:
        group = groups[tuple(each[name] for name in names)]
        assert each["conversions"] == len(of_types(group, *CONVERSIONS))
        assert each["revenue"] == pytest.approx(revenue(group))
        assert each["share"] == pytest.approx(len(group) / sum(map(len, groups.values())))


@pytest.mark.parametrize("asked", FILTERS, ids=lambda each: each.key)
def test_an_interaction_counts_once_for_each_product_and_category(asked: Filter) -> None:
    asked_about = chosen(records(), asked)
    named = Counter(name for row in asked_about for name in set(row["product_ids"] or []))
    found = rows(top_named(whole(), asked, limit=100))
    assert {each["product_id"]: each["records"] for each in found} == named
    categories = Counter(name for row in asked_about for name in set(row["category"] or []))
    found = rows(top(whole(), asked, Subject.CATEGORIES, limit=100))
    assert {each["category"]: each["records"] for each in found} == categories
    found = rows(top(whole(), asked, Subject.PRODUCTS, limit=100))
    for kind, column in (("product_detail_page_view", "views"), ("add_to_cart", "carts"), ("checkout", "buys")):
        counts = Counter(name for row in of_types(asked_about, kind) for name in set(row["product_ids"] or []))
        assert {each["product_id"]: each[column] for each in found if each[column]} == counts


def bought(*checkouts: Record) -> dict[str, tuple[int, float]]:
    found = top(index_of([record("checkout", user_id="u", **each) for each in checkouts]), ALL, Subject.PRODUCTS)
    return {each["product_id"]: (each["buys"], pytest.approx(each["revenue"])) for each in rows(found)}


def test_each_product_has_its_part_of_the_revenue() -> None:
    assert bought({"product_ids": ["a", "b"], "quantities": [3.0, 1.0], "revenue": 80.0}) == {
        "a": (1, 60.0),
        "b": (1, 20.0),
    }
    assert bought({"product_ids": ["a", "a", "b"], "revenue": 90.0}) == {"a": (1, 60.0), "b": (1, 30.0)}


def followed(asked: list[Record]) -> tuple[Counter[str], Counter[str]]:
    persons, follows = Persons(records()), defaultdict(list)
    for each in of_types(records(), "click", "product_detail_page_view"):
        follows[persons.of(each)].append(each["timestamp"])
    searches, led = Counter[str](), Counter[str]()
    for each in of_types(asked, "search"):
        if each["keywords"] is not None:
            searches[each["keywords"]] += 1
            pauses = [then - each["timestamp"] for then in follows[persons.of(each)] if persons.of(each)]
            led[each["keywords"]] += any(timedelta(0) <= pause <= timedelta(minutes=5) for pause in pauses)
    return searches, led


@pytest.mark.parametrize("asked", FILTERS, ids=lambda each: each.key)
def test_searches_are_followed_by_a_click_or_view_of_the_same_person(asked: Filter) -> None:
    searches, led = followed(chosen(records(), asked))
    found = rows(top(whole(), asked, Subject.SEARCHES))
    assert {each["keywords"]: each["searches"] for each in found} == searches
    assert {each["keywords"]: each["followed"] for each in found} == led


@pytest.mark.parametrize(
    ("then", "is_followed"),
    [("23:59:59.999999", 0), ("00:00:00", 1), ("00:05:00", 1), ("00:05:00.000001", 0)],
)
def test_five_minutes_follow_a_search_with_both_ends(then: str, is_followed: int) -> None:
    day = "2024-01-01" if then.startswith("23") else "2024-01-02"
    search = record("search", "2024-01-02T00:00:00Z", keywords="tea", user_id="u")
    for beside in ([], [record("search", "2024-01-02T00:00:00Z", keywords="tea", user_id="u")]):
        index = index_of([search, record("click", f"{day}T{then}Z", user_id="u"), *beside])
        assert rows(top(index, Filter(keywords="tea"), Subject.SEARCHES))[0]["followed"] == is_followed * (
            1 + len(beside)
        )


def test_the_rest_is_one_row_of_sums() -> None:
    index = index_of(
        [record("read", region=name) for name, count in (("x", 5), ("y", 3), ("z", 2), ("w", 1)) for _ in range(count)]
    )
    found = top(index, ALL, Subject.REGIONS, limit=2)
    assert found[["region", "records", "is_other"]].values.tolist() == [
        ["x", 5, False],
        ["y", 3, False],
        [None, 3, True],
    ]
    assert found["share"].tolist() == pytest.approx([5 / 11, 3 / 11, 3 / 11])
    assert found.attrs["size"] == 4


def test_equals_are_ranked_by_what_comes_next_and_then_by_name() -> None:
    index = index_of(
        [record("read", region=name) for name in ("d", "c", "b", "b", "a")] + [record("subscribe", region="e")]
    )
    assert top(index, ALL, Subject.REGIONS, limit=3)["region"].tolist() == ["b", "e", "a", None]


@pytest.mark.parametrize("subject", Subject)
def test_where_there_is_nothing_a_top_is_empty_and_has_its_columns(subject: Subject) -> None:
    empty, none = top(index_of([]), ALL, subject), top(whole(), Filter(region="nowhere"), subject)
    assert empty.empty and none.empty
    assert list(empty) == list(none) == list(top(whole(), ALL, subject))
    assert none.attrs["size"] == 0
