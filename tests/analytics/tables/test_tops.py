"""The most of something, each counted another way: in plain Python over the same records."""

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest

from interactions.analytics.definitions import CONVERSIONS
from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period
from interactions.analytics.reports.breakdowns import Subject
from tests import figures

from ...lakes import Record, append, record
from ...traffic import START, Persons, of_types, revenue, traffic

ALL = Filter()
CHECKOUT = {"product_ids": ["a", "b"], "revenue": 90.0}


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return frame.to_dict("records")


def bought(*checkouts: dict[str, Any]) -> dict[str, tuple[int, float]]:
    append([record("checkout", **checkout) for checkout in checkouts])
    found = rows(figures.top("production", ALL, Subject.PRODUCTS))
    return {row["product_id"]: (row["buys"], row["revenue"]) for row in found}


def test_products_are_counted_by_what_is_done_with_them() -> None:
    records = traffic(3000)
    append(records[:1500])
    append(records[1500:])
    views, carts, buys = (
        Counter(name for each in of_types(records, kind) for name in set(each["product_ids"] or []))
        for kind in ("product_detail_page_view", "add_to_cart", "checkout")
    )
    found = rows(figures.top("production", ALL, Subject.PRODUCTS, limit=100))
    assert {row["product_id"]: (row["views"], row["carts"], row["buys"]) for row in found} == {
        name: (views[name], carts[name], buys[name]) for name in views | carts | buys
    }
    assert [row["views"] for row in found] == sorted(views.values(), reverse=True)
    assert all(row["conversion"] == pytest.approx(row["buys"] / row["views"]) for row in found)
    paid = [each for each in records if each["product_ids"]]
    assert sum(row["revenue"] for row in found) == pytest.approx(revenue(paid))


def test_the_revenue_of_a_checkout_goes_by_quantities() -> None:
    assert bought({**CHECKOUT, "quantities": [1.0, 2.0]}) == {"a": (1, 30.0), "b": (1, 60.0)}


@pytest.mark.parametrize("quantities", [None, [], [3.0], [1.0, 1.0, 1.0], [0.0, 0.0], [-1.0, 3.0]])
def test_without_a_quantity_for_each_product_the_revenue_goes_in_equal_parts(quantities: list[float] | None) -> None:
    assert bought({**CHECKOUT, "quantities": quantities}) == {"a": (1, 45.0), "b": (1, 45.0)}


def test_a_product_named_twice_is_one_checkout_with_both_parts() -> None:
    assert bought({"product_ids": ["a", "a"], "revenue": 90.0}) == {"a": (1, 90.0)}


def test_a_checkout_without_products_or_revenue_adds_nothing() -> None:
    found = bought({"product_ids": [], "revenue": 5.0}, {"product_ids": None, "revenue": 5.0}, {"product_ids": ["a"]})
    assert found == {"a": (1, 0.0)}


def test_a_product_that_was_never_viewed_has_no_conversion() -> None:
    append([record("checkout", product_ids=["a"])])
    assert pd.isna(figures.top("production", ALL, Subject.PRODUCTS)["conversion"][0])


def test_the_rest_is_one_row_of_sums() -> None:
    append(
        [record("read", region=name) for name, count in (("x", 5), ("y", 3), ("z", 2), ("w", 1)) for _ in range(count)]
    )
    found = figures.top("production", ALL, Subject.REGIONS, limit=2)
    assert found[["region", "records", "is_other"]].values.tolist() == [
        ["x", 5, False],
        ["y", 3, False],
        [None, 3, True],
    ]
    assert found["share"].tolist() == pytest.approx([5 / 11, 3 / 11, 3 / 11])
    assert found.attrs["size"] == 4


def test_of_few_there_is_no_rest() -> None:
    append([record("read", region="x")])
    assert not figures.top("production", ALL, Subject.REGIONS)["is_other"].any()


@pytest.mark.parametrize("subject", Subject)
def test_where_there_is_nothing_a_top_is_empty_and_has_its_columns(subject: Subject) -> None:
    before = figures.top("production", ALL, subject)
    append([record()])
    after = figures.top("production", Filter(region="nowhere"), subject)
    assert before.empty and after.empty
    assert list(before.columns) == list(after.columns)
    assert before.attrs["size"] == 0


def followed(records: list[Record], asked: list[Record]) -> tuple[Counter[str], Counter[str]]:
    """Searches, and those that the same person follows within 5 minutes, by keywords."""
    persons = Persons(records)
    follows = defaultdict(list)
    for each in of_types(records, "click", "product_detail_page_view"):
        follows[persons.of(each)].append(each["timestamp"])
    searches, led = Counter[str](), Counter[str]()
    for each in of_types(asked, "search"):
        if each["keywords"] is None:
            continue
        searches[each["keywords"]] += 1
        person, at = persons.of(each), each["timestamp"]
        led[each["keywords"]] += person is not None and any(
            timedelta(0) <= then - at <= timedelta(minutes=5) for then in follows[person]
        )
    return searches, led


def test_searches_are_followed_by_a_click_or_view_of_the_same_person() -> None:
    records = traffic(4000, days=5)
    append(records)
    searches, led = followed(records, records)
    found = rows(figures.top("production", ALL, Subject.SEARCHES))
    assert {row["keywords"]: row["searches"] for row in found} == searches
    assert {row["keywords"]: row["followed"] for row in found} == led
    assert 0 < sum(led.values()) < sum(searches.values())
    assert all(row["not_followed"] == row["searches"] - row["followed"] for row in found)


def test_what_follows_a_search_may_lie_outside_the_filter() -> None:
    append(
        [
            record("search", "2024-01-01T23:59:00Z", keywords="tea", user_id="u"),
            record("click", "2024-01-02T00:04:00Z", user_id="u"),
        ]
    )
    end = START.replace(month=1, day=2)
    found = figures.top("production", Filter(Period(None, end), types=("search",)), Subject.SEARCHES)
    assert found[["searches", "followed"]].values.tolist() == [[1, 1]]


@pytest.mark.parametrize(("then", "expected"), [("00:00", 1), ("05:00", 1), ("05:00.000001", 0)])
def test_five_minutes_are_exact(then: str, expected: int) -> None:
    append(
        [
            record("search", "2024-01-01T10:00:00Z", keywords="tea", user_id="u"),
            record("click", f"2024-01-01T10:{then}Z", user_id="u"),
            record("click", "2024-01-01T09:59:59Z", user_id="u"),
            record("click", "2024-01-01T10:01:00Z", user_id="another"),
        ]
    )
    assert figures.top("production", ALL, Subject.SEARCHES)["followed"].tolist() == [expected]


def values(records: list[Record], subject: Subject) -> dict[Any, list[Record]]:
    found = defaultdict(list)
    for each in records:
        url = each["page_url"]
        names: dict[Subject, list[Any]] = {
            Subject.CATEGORIES: list(set(each["category"] or [])),
            Subject.CAMPAIGNS: [(each["campaign_source"], each["campaign_medium"], each["campaign_name"])],
            Subject.PAGES: [urlsplit(url)._replace(query="", fragment="").geturl()] if url else [],
            Subject.REGIONS: [each["region"]] if each["region"] else [],
            Subject.DEVICES: [device_of(each["user_agent"]).value],
        }
        for name in names[subject]:
            if name != (None, None, None):
                found[name].append(each)
    return found


@pytest.mark.parametrize(
    "subject", [Subject.CATEGORIES, Subject.CAMPAIGNS, Subject.PAGES, Subject.REGIONS, Subject.DEVICES]
)
def test_values_are_counted_with_conversions_and_revenue(subject: Subject) -> None:
    records = traffic(2000)
    append(records[:900])
    append(records[900:])
    expected = values(records, subject)
    found = rows(figures.top("production", ALL, subject, limit=100))
    of = ("source", "medium", "name") if subject is Subject.CAMPAIGNS else (next(iter(found[0])),)
    named = {tuple(row[name] for name in of) if len(of) > 1 else row[of[0]]: row for row in found}
    assert {name: row["records"] for name, row in named.items()} == {n: len(them) for n, them in expected.items()}
    assert sum(row["share"] for row in found) == pytest.approx(1)
    if subject is not Subject.CATEGORIES:
        for name, them in expected.items():
            assert named[name]["conversions"] == len(of_types(them, *CONVERSIONS))
            assert named[name]["revenue"] == pytest.approx(revenue(them))


def test_the_remembered_and_the_new_part_of_a_top_are_added_up() -> None:
    records = traffic(600)
    append(records[:300])
    before = figures.top("production", ALL, Subject.PRODUCTS)
    append(records[300:])
    append(records, environment="playground")
    after = figures.top("production", ALL, Subject.PRODUCTS)
    pd.testing.assert_frame_equal(after, figures.top("playground", ALL, Subject.PRODUCTS))
    assert after["views"].sum() > before["views"].sum()
