"""The synthetic clickstream: valid by the contract, repeatable, and lifelike enough to measure and show Dojo with."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import pytest

from interactions.synthetic import records

START = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday
END = START + timedelta(weeks=12)

WITHOUT_PRODUCTS = {"search", "home_page_view", "category_page_view", "feedback"}
WITH_PRODUCTS = {
    "product_detail_page_view", "impression", "add_to_cart", "remove_from_cart", "subscribe", "unsubscribe", "checkout",
    "refund", "read", "watch", "listen", "complete", "add_to_collection", "remove_from_collection", "like", "dislike",
    "share", "rate", "bookmark", "submit", "promo_page_view", "product_image_view", "viewable_impression", "click",
    "custom",
}  # fmt: skip
WITH_DURATION = {
    "product_detail_page_view", "category_page_view", "home_page_view", "promo_page_view", "read", "watch", "listen",
}  # fmt: skip
TYPES = WITH_PRODUCTS | WITHOUT_PRODUCTS
ON_ALL = {"type", "user_id", "anonymous_id", "timestamp", "miso_id", "context"}
ONLY_ON = {
    "product_ids": WITH_PRODUCTS,
    "product_group_ids": WITH_PRODUCTS,
    "duration": WITH_DURATION,
    "search": ["search"],
    "category": ["category_page_view"],
    "quantities": ["add_to_cart", "checkout"],
    "revenue": ["checkout"],
    "rating": ["rate"],
    "custom_action_name": ["custom"],
    "question_id": ["feedback"],
    "result_type": ["feedback"],
    "value": ["feedback"],
}
TEXT_LIMITS = {"user_id": 512, "anonymous_id": 1024, "question_id": 512}
CONTEXT = {"campaign", "truncated_ip", "locale", "region", "page", "user_agent", "custom_context"}

Record = dict[str, Any]


def faults(record: Record) -> list[str]:
    """Return the fields that break the contract; empty for a valid record."""
    kind = record.get("type")
    wrong = [name for name in record if name not in ON_ALL and kind not in ONLY_ON.get(name, ())]
    wrong += [name for name, value in record.items() if not _has_form(name, value)]
    wrong += ["type"] * (kind not in TYPES)
    wrong += ["custom_action_name"] * (kind == "custom" and "custom_action_name" not in record)
    return wrong + [f"context.{name}" for name in _faults_in_context(record.get("context", {}))]


def _faults_in_context(context: Record) -> Iterator[str]:
    yield from context.keys() - CONTEXT
    for name in ("truncated_ip", "locale", "region", "user_agent"):
        if not isinstance(context.get(name, ""), str):
            yield name
    for name, keys in (
        ("page", {"url", "referrer", "title"}),
        ("campaign", {"name", "source", "medium", "term", "content"}),
    ):
        inner = context.get(name, {})
        if inner.keys() - keys or not all(isinstance(value, str) for value in inner.values()):
            yield name
    if "page" in context and "url" not in context["page"]:
        yield "page.url"
    for value in context.get("custom_context", {}).values():
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, bool | int | float | str) for item in items):
            yield "custom_context"


def _has_form(name: str, value: Any) -> bool:
    if name == "timestamp":
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value))
    if name == "miso_id":
        return bool(str(UUID(value)) == value)
    if name in ("product_ids", "product_group_ids", "category"):
        return bool(value) and all(isinstance(item, str) and 0 < len(item) <= 512 for item in value)
    if name == "quantities":
        return all(isinstance(item, int) and item > 0 for item in (value if isinstance(value, list) else [value]))
    if name in ("duration", "revenue", "rating"):
        return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if name == "search":
        filters = value.get("filters", {})
        return (
            value.keys() <= {"keywords", "filters"}
            and isinstance(value["keywords"], str)
            and all(isinstance(item, str) for chosen in filters.values() for item in chosen)
        )
    if name == "context":
        return isinstance(value, dict)
    return isinstance(value, str) and 0 < len(value) <= TEXT_LIMITS.get(name, 512)


def moment(record: Record) -> datetime:
    return datetime.fromisoformat(record["timestamp"])


def made(count: int, seed: int = 0) -> list[Record]:
    return list(records(count, seed=seed, start=START, end=END))


@pytest.fixture(scope="module")
def sample() -> list[Record]:
    return made(50_000)


@pytest.fixture(scope="module")
def visits(sample: list[Record]) -> dict[str, list[Record]]:
    found = defaultdict(list)
    for record in sample:
        if session := record["context"]["custom_context"].get("session"):
            found[session].append(record)
    return found


class TestContract:
    def test_every_record_is_valid(self, sample: list[Record]) -> None:
        assert [(record, wrong) for record in sample if (wrong := faults(record))] == []

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"revenue": 1.0}, "revenue"),
            ({"timestamp": "2025-01-06"}, "timestamp"),
            ({"type": "glance"}, "type"),
            ({"product_ids": [7]}, "product_ids"),
            ({"context": {"page": {"title": "Home"}}}, "context.page.url"),
        ],
    )
    def test_the_check_of_this_test_finds_a_fault(self, change: Record, field: str) -> None:
        assert field in faults({"type": "like", "product_ids": ["00042"], **change})

    def test_a_big_sample_has_all_types(self, sample: list[Record]) -> None:
        assert {record["type"] for record in sample} == TYPES

    def test_the_count_is_exact(self) -> None:
        # Around the size of a batch, where a visit has to be cut short.
        assert [sum(1 for _ in made(count)) for count in (0, 1, 2, 4095, 4096, 9001)] == [0, 1, 2, 4095, 4096, 9001]

    def test_no_record_carries_a_uuid_of_its_own(self, sample: list[Record]) -> None:
        assert not any("uuid" in record["context"]["custom_context"] for record in sample)

    def test_records_share_no_lists_or_dicts(self) -> None:
        batch = made(3000)
        containers: list[int] = []

        def collect(value: Any) -> None:
            if isinstance(value, dict | list):
                containers.append(id(value))
                for inner in value.values() if isinstance(value, dict) else value:
                    collect(inner)

        collect(batch)
        assert len(containers) == len(set(containers))


class TestRepeatable:
    def test_a_seed_makes_the_same_records_again(self) -> None:
        assert made(6000, seed=7) == made(6000, seed=7)

    def test_another_seed_makes_other_records(self) -> None:
        assert made(100, seed=1) != made(100, seed=2)

    def test_people_are_the_same_for_every_seed(self) -> None:
        homes = [
            {record["user_id"]: record["context"]["region"] for record in made(5000, seed) if "user_id" in record}
            for seed in (1, 2)
        ]
        both = homes[0].keys() & homes[1].keys()
        assert len(both) > 10
        assert all(homes[0][user] == homes[1][user] for user in both)


class TestTime:
    def test_timestamps_lie_in_the_period(self, sample: list[Record]) -> None:
        assert all(START <= moment(record) < END for record in sample)

    def test_the_period_is_filled(self, sample: list[Record]) -> None:
        times = [moment(record) for record in sample]
        assert min(times) < START + timedelta(hours=12)
        assert max(times) > END - timedelta(hours=12)

    @pytest.mark.parametrize("length", [timedelta(milliseconds=1), timedelta(seconds=10), timedelta(hours=1)])
    def test_a_short_period_holds_all_visits(self, length: timedelta) -> None:
        start = START + timedelta(microseconds=1)
        found = list(records(5000, start=start, end=start + length))
        assert all(start <= moment(record) < start + length for record in found)

    def test_records_are_roughly_in_order(self, sample: list[Record]) -> None:
        steps = [moment(later) - moment(earlier) for earlier, later in pairwise(sample)]
        assert sum(step < timedelta(0) for step in steps) < len(sample) / 1000
        assert min(steps) > -timedelta(hours=6)

    def test_evenings_are_busier_than_nights(self, sample: list[Record]) -> None:
        hours = Counter(moment(record).hour for record in sample)
        assert hours[20] > 4 * hours[3]

    def test_sunday_is_the_busiest_day(self, sample: list[Record]) -> None:
        days = Counter(moment(record).weekday() for record in sample)
        assert days.most_common(1)[0][0] == 6

    def test_the_shop_grows_slightly(self, sample: list[Record]) -> None:
        later = sum(moment(record) >= START + timedelta(weeks=6) for record in sample)
        assert 1.02 < later / (len(sample) - later) < 1.25

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"count": -1}, "number of records"),
            ({"seed": -1}, "seed"),
            ({"start": START.replace(tzinfo=None)}, "UTC offset"),
            ({"end": START}, "millisecond"),
        ],
    )
    def test_impossible_arguments_are_refused_at_once(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            records(**{"count": 1, "start": START, "end": END, **arguments})


class TestPeople:
    def test_a_visitor_not_signed_in_has_an_anonymous_id(self, sample: list[Record]) -> None:
        assert all("anonymous_id" in record for record in sample if "user_id" not in record)

    def test_two_records_in_five_are_of_known_users(self, sample: list[Record]) -> None:
        assert 0.33 < sum("user_id" in record for record in sample) / len(sample) < 0.47

    def test_some_sign_in_during_a_visit(self, visits: dict[str, list[Record]]) -> None:
        signing_in = [
            visit
            for visit in visits.values()
            if "user_id" not in visit[0] and {"user_id", "anonymous_id"} <= visit[-1].keys()
        ]
        assert 0.03 < len(signing_in) / len(visits) < 0.2

    def test_a_few_devices_are_shared_by_two_users(self, sample: list[Record]) -> None:
        users = defaultdict(set)
        for record in sample:
            if {"user_id", "anonymous_id"} <= record.keys():
                users[record["anonymous_id"]].add(record["user_id"])
        crowds = Counter(len(found) for found in users.values())
        assert crowds.keys() == {1, 2}
        assert crowds[2] < crowds[1] / 20

    def test_people_come_back_on_other_days(self, sample: list[Record]) -> None:
        days = defaultdict(set)
        for record in sample:
            days[record.get("anonymous_id") or record["user_id"]].add(moment(record).date())
        returning = sum(len(found) > 1 for found in days.values())
        assert 0.2 < returning / len(days) < 0.8

    def test_addresses_are_truncated(self, sample: list[Record]) -> None:
        addresses = {record["context"]["truncated_ip"] for record in sample if "truncated_ip" in record["context"]}
        assert len(addresses) > 500
        assert all(IPv4Address(address).packed[3] == 0 for address in addresses)

    def test_browsers_are_many(self, sample: list[Record]) -> None:
        browsers = {record["context"].get("user_agent") for record in sample}
        assert len(browsers - {None}) == 25


class TestShop:
    def test_impressions_and_product_views_lead(self, sample: list[Record]) -> None:
        leading = [kind for kind, _ in Counter(record["type"] for record in sample).most_common(2)]
        assert sorted(leading) == ["impression", "product_detail_page_view"]

    def test_refunds_and_unsubscriptions_are_rare(self, sample: list[Record]) -> None:
        counts = Counter(record["type"] for record in sample)
        assert counts["refund"] < counts["checkout"] / 5
        assert counts["unsubscribe"] < len(sample) / 1000

    def test_lists_show_eight_products(self, sample: list[Record]) -> None:
        assert {len(record["product_ids"]) for record in sample if record["type"] == "impression"} == {8}

    def test_few_products_get_most_views(self, sample: list[Record]) -> None:
        views = Counter(record["product_ids"][0] for record in sample if record["type"] == "product_detail_page_view")
        top = sum(times for _, times in views.most_common(len(views) // 5))
        assert 0.5 < top / views.total() < 0.9

    def test_few_searches_are_made_by_many(self, sample: list[Record]) -> None:
        searches = Counter(record["search"]["keywords"] for record in sample if record["type"] == "search")
        assert searches.most_common(1)[0][1] > 10 * searches.total() / len(searches)

    def test_some_product_ids_begin_with_zeros_and_most_say_what_they_are(self, sample: list[Record]) -> None:
        views = (record for record in sample if record["type"] == "product_detail_page_view")
        products = {product for record in views for product in record["product_ids"]}
        assert 0.15 < sum(product.startswith("00") for product in products) / len(products) < 0.5
        assert sum(bool(re.fullmatch(r"[a-z-]+-\d+", product)) for product in products) > len(products) / 2

    def test_results_lead_to_a_part_of_the_revenue(self, sample: list[Record]) -> None:
        orders = [record for record in sample if record["type"] == "checkout"]
        assisted = sum(order["revenue"] for order in orders if "miso_id" in order)
        assert 0.2 < assisted / sum(order["revenue"] for order in orders) < 0.9

    def test_some_products_have_a_group(self, sample: list[Record]) -> None:
        views = [record for record in sample if record["type"] == "product_detail_page_view"]
        assert 0.5 < sum("product_group_ids" in record for record in views) / len(views) < 0.95

    def test_revenue_is_quantities_times_prices(self, sample: list[Record]) -> None:
        orders = [record for record in sample if record["type"] == "checkout"]
        assert len(orders) > 100
        for order in orders:
            lines = zip(order["quantities"], order["context"]["custom_context"]["prices"], strict=True)
            assert order["revenue"] == pytest.approx(sum(quantity * price for quantity, price in lines))

    def test_an_order_has_a_quantity_for_each_product(self, sample: list[Record]) -> None:
        orders = [record for record in sample if record["type"] == "checkout"]
        assert max(len(order["product_ids"]) for order in orders) > 1
        assert all(len(order["product_ids"]) == len(order["quantities"]) for order in orders)

    def test_a_refund_follows_its_order(self, sample: list[Record]) -> None:
        bought: dict[str, tuple[list[str], float]] = {}
        refunds = 0
        for record in sample:
            order = record["context"]["custom_context"].get("order")
            if record["type"] == "checkout":
                bought[order] = (record["product_ids"], record["revenue"])
            elif record["type"] == "refund":
                refunds += 1
                amount = record["context"]["custom_context"]["refund_amount"]
                assert bought[order] == (record["product_ids"], amount)
        assert refunds > 5

    def test_an_assisted_product_view_follows_the_list_that_led_to_it(self, visits: dict[str, list[Record]]) -> None:
        views = 0
        for visit in visits.values():
            shown: dict[str, list[str]] = {}
            for record in visit:
                if record["type"] == "impression" and "miso_id" in record:
                    shown[record["miso_id"]] = record["product_ids"]
                elif record["type"] == "product_detail_page_view" and "miso_id" in record:
                    views += 1
                    assert record["product_ids"][0] in shown[record["miso_id"]]
        assert views > 1000

    def test_titles_and_searches_are_not_only_ascii(self, sample: list[Record]) -> None:
        titles = "".join({record["context"]["page"]["title"] for record in sample if "page" in record["context"]})
        searches = "".join({record["search"]["keywords"] for record in sample if record["type"] == "search"})
        assert all("é" in text and re.search("[一-龯]", text) for text in (titles, searches))

    def test_addresses_of_pages_are_ascii(self, sample: list[Record]) -> None:
        assert all(record["context"]["page"]["url"].isascii() for record in sample if "page" in record["context"])

    def test_nearly_all_records_have_a_full_context(self, sample: list[Record]) -> None:
        full = CONTEXT - {"campaign"}
        assert 0.98 < sum(full <= record["context"].keys() for record in sample) / len(sample) < 1

    def test_a_visit_keeps_its_campaign(self, visits: dict[str, list[Record]]) -> None:
        campaigns = [
            {record["context"].get("campaign", {}).get("name") for record in visit} for visit in visits.values()
        ]
        assert all(len(names) == 1 for names in campaigns)
        assert 0.2 < sum(names != {None} for names in campaigns) / len(campaigns) < 0.6

    def test_a_record_is_about_700_bytes(self) -> None:
        sizes = [len(msgspec.json.encode(record)) for record in made(20_000)]
        assert 620 < sum(sizes) / len(sizes) < 780
