"""Rows of the BigQuery export of Google Analytics 4."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.read import as_moments, made, skipped


def params(**said: Any) -> list[dict[str, Any]]:
    kinds = {str: "string_value", int: "int_value", float: "double_value"}
    return [
        {"key": key, "value": {kinds[type(value)]: str(value) if isinstance(value, int) else value}}
        for key, value in said.items()
    ]


def event(name: str, said: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    page = {"page_location": "https://shop.example/p/mug", "page_title": "Mug", "ga_session_id": 77}
    return {
        "event_name": name,
        "event_timestamp": "1793613601000000",
        "event_params": params(**page | (said or {})),
        "event_bundle_sequence_id": "77",
        "batch_event_index": "2",
        "user_pseudo_id": "12.34",
        "device": {"language": "de-de"},
        "geo": {"region": "Berlin"},
        "items": [],
    } | rest


MUG = {"item_id": "mug-7", "item_category": "Kitchen", "item_category2": "Mugs", "price": 12.5, "quantity": "2"}
CUP = MUG | {"item_id": "cup-1", "quantity": "1"}


def test_a_row_has_its_visitor_time_page_campaign_and_region() -> None:
    traffic = {"manual_campaign_name": "winter", "manual_source": "news", "manual_medium": "email", "gclid": None}
    seen = event("view_item", {"page_referrer": "https://search.example/"}, items=[MUG])
    assert made("ga4", seen | {"collected_traffic_source": traffic, "user_id": "cust-1"}) == as_moments(
        [
            {
                "type": "product_detail_page_view",
                "user_id": "cust-1",
                "anonymous_id": "12.34",
                "timestamp": "2026-11-02T10:00:01Z",
                "product_ids": ["mug-7"],
                "context": {
                    "campaign": {"name": "winter", "source": "news", "medium": "email"},
                    "locale": "de-de",
                    "region": "Berlin",
                    "page": {
                        "url": "https://shop.example/p/mug",
                        "referrer": "https://search.example/",
                        "title": "Mug",
                    },
                    "custom_context": {"uuid": "ga4:12.34:1793613601000000:view_item:77:2", "source": "ga4"},
                },
            }
        ]
    )


@pytest.mark.parametrize(
    ("seen", "kind", "expected"),
    [
        (event("view_search_results", {"search_term": "mug"}), "search", {"search": {"keywords": "mug"}}),
        (event("search", {"search_term": "mug"}), "search", {"search": {"keywords": "mug"}}),
        (event("select_item", items=[MUG]), "click", {"product_ids": ["mug-7"]}),
        (event("view_promotion"), "promo_page_view", {}),
        (event("add_to_cart", items=[MUG]), "add_to_cart", {"product_ids": ["mug-7"], "quantities": [2]}),
        (event("remove_from_cart", items=[MUG]), "remove_from_cart", {"product_ids": ["mug-7"]}),
        (event("add_to_wishlist", items=[MUG]), "add_to_collection", {"product_ids": ["mug-7"]}),
        (event("share"), "share", {}),
        (
            event("purchase", items=[MUG, CUP], ecommerce={"purchase_revenue": 25.0, "transaction_id": "o-1"}),
            "checkout",
            {"product_ids": ["mug-7", "cup-1"], "quantities": [2, 1], "revenue": 25.0},
        ),
        (event("purchase", {"value": 7.5}), "checkout", {"revenue": 7.5}),
        (event("refund", {"value": 7}, items=[MUG]), "refund", {"product_ids": ["mug-7"]}),
    ],
)
def test_an_event_has_its_type(seen: dict[str, Any], kind: str, expected: dict[str, Any]) -> None:
    (record,) = made("ga4", seen)
    rest = {key: value for key, value in record.items() if key not in ("anonymous_id", "timestamp", "context")}
    assert rest == {"type": kind, **expected}


def test_a_list_is_a_view_of_the_category_that_its_items_share_and_an_impression() -> None:
    page, shown = made("ga4", event("view_item_list", {"item_list_name": "Top"}, items=[MUG, CUP]))
    assert page["category"] == ["Kitchen", "Mugs"]
    assert shown["product_ids"] == ["mug-7", "cup-1"]
    page, _ = made(
        "ga4", event("view_item_list", {"item_list_name": "Top"}, items=[MUG, CUP | {"item_category": "Bar"}])
    )
    assert page["category"] == ["Top"]


def test_a_purchase_is_known_by_its_transaction_and_a_refund_by_its_event() -> None:
    order = {"transaction_id": "o-1"}
    bought = made("ga4", event("purchase", ecommerce=order), event("purchase", order))
    assert [each["context"]["custom_context"]["uuid"] for each in bought] == ["ga4:order:o-1"] * 2
    (back,) = made("ga4", event("refund", ecommerce=order | {"refund_value": 5.0}))
    assert back["context"]["custom_context"] == {
        "uuid": "ga4:12.34:1793613601000000:refund:77:2",
        "source": "ga4",
        "refund_amount": 5.0,
    }


def test_a_page_view_at_the_root_is_a_home_page_view() -> None:
    at_home = event("page_view", {"page_location": "https://shop.example/?utm_source=news"})
    assert [each["type"] for each in made("ga4", at_home)] == ["home_page_view"]
    assert skipped("ga4", event("page_view"), event("session_start")) == {"page_view": 1, "session_start": 1}


def test_words_for_nothing_are_absent() -> None:
    direct = {"manual_source": "(direct)", "manual_medium": "(none)", "manual_campaign_name": "(not set)"}
    seen = event("add_to_cart", items=[MUG | {"item_id": "(not set)"}], collected_traffic_source=direct)
    (record,) = made("ga4", seen)
    assert "product_ids" not in record
    assert "campaign" not in record["context"]
