"""Segment's and RudderStack's calls."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from interactions.connectors import Options, segment
from tests.connectors.read import AGENT, as_moments, made, read, skipped


def call(kind: str, name: str = "", identity: str = "ajs-1", **said: Any) -> dict[str, Any]:
    of_all = {"type": kind, "messageId": identity, "anonymousId": "a-1", "userId": None}
    named = {"event": name} if kind == "track" else {"name": name} if name else {}
    return {**of_all, **named, "timestamp": "2026-11-02T10:00:00.120Z", "properties": {}, "context": {}} | said


def track(name: str, identity: str = "ajs-1", /, **properties: Any) -> dict[str, Any]:
    return call("track", name, identity, properties=properties)


def test_a_call_has_its_user_visitor_time_and_context() -> None:
    seen = track("Product Viewed", product_id="mug-7", sku="M7", category="Mugs", name="Blue mug") | {
        "userId": "cust-1",
        "context": {
            "ip": "203.0.113.77",
            "locale": "de-DE",
            "userAgent": AGENT,
            "page": {
                "path": "/p",
                "referrer": "https://search.example/",
                "title": "Mug",
                "url": "https://shop.example/p",
            },
            "campaign": {"name": "winter", "source": "news", "medium": "email", "id": "7"},
        },
    }
    assert made("segment", seen) == as_moments(
        [
            {
                "type": "product_detail_page_view",
                "user_id": "cust-1",
                "anonymous_id": "a-1",
                "timestamp": "2026-11-02T10:00:00.120Z",
                "product_ids": ["mug-7"],
                "context": {
                    "campaign": {"name": "winter", "source": "news", "medium": "email"},
                    "truncated_ip": "203.0.113.0",
                    "locale": "de-DE",
                    "page": {"url": "https://shop.example/p", "referrer": "https://search.example/", "title": "Mug"},
                    "user_agent": AGENT,
                    "custom_context": {"uuid": "segment:ajs-1", "source": "segment"},
                },
            }
        ]
    )


@pytest.mark.parametrize(
    ("name", "said", "kind", "expected"),
    [
        ("Products Searched", {"query": "blue mug"}, "search", {"search": {"keywords": "blue mug"}}),
        ("Products Searched", {"query": {"text": "mug", "page": 2}}, "search", {"search": {"keywords": "mug"}}),
        ("Products Searched", {}, "search", {"search": {}}),
        ("Product Clicked", {"product_id": "m"}, "click", {"product_ids": ["m"]}),
        ("Promotion Viewed", {"promotion_id": "p"}, "promo_page_view", {}),
        ("Product Added", {"product_id": "m", "quantity": 2}, "add_to_cart", {"product_ids": ["m"], "quantities": [2]}),
        ("Product Removed", {"product_id": "m", "quantity": 2}, "remove_from_cart", {"product_ids": ["m"]}),
        ("Product Added to Wishlist", {"product_id": "m"}, "add_to_collection", {"product_ids": ["m"]}),
        ("Product Removed from Wishlist", {"sku": "m"}, "remove_from_collection", {"product_ids": ["m"]}),
        ("Product Shared", {"product_id": "m"}, "share", {"product_ids": ["m"]}),
        ("Product Reviewed", {"product_id": "m", "rating": "4"}, "rate", {"product_ids": ["m"], "rating": 4}),
        (
            "Order Completed",
            {
                "total": 17.4,
                "revenue": 12.5,
                "products": [{"product_id": "m", "quantity": 1}, {"sku": "n", "quantity": 3}],
            },
            "checkout",
            {"product_ids": ["m", "n"], "quantities": [1, 3], "revenue": 12.5},
        ),
        (
            "Order Completed",
            {"total": 17.4, "products": [{"product_id": "m", "quantity": 1}, {"product_id": "n"}]},
            "checkout",
            {"product_ids": ["m", "n"], "revenue": 17.4},
        ),
        ("Order Refunded", {"products": [{"product_id": "m"}]}, "refund", {"product_ids": ["m"]}),
    ],
)
def test_an_event_of_the_ecommerce_spec_has_its_type(
    name: str, said: dict[str, Any], kind: str, expected: dict[str, Any]
) -> None:
    (record,) = made("segment", track(name, **said))
    rest = {key: value for key, value in record.items() if key not in ("anonymous_id", "timestamp", "context")}
    assert rest == {"type": kind, **expected}


def test_the_amount_of_a_refund_is_in_the_context_where_it_is_said() -> None:
    (record,) = made("segment", track("Order Refunded", total="4.90"))
    assert record["context"]["custom_context"]["refund_amount"] == 4.9
    assert "revenue" not in record


def test_a_list_of_products_is_a_view_of_its_category_and_an_impression() -> None:
    seen = track("Product List Viewed", category="Mugs", products=[{"product_id": "m"}, {"product_id": "n"}])
    page, shown = made("segment", seen)
    assert (page["type"], page["category"]) == ("category_page_view", ["Mugs"])
    assert (shown["type"], shown["product_ids"]) == ("impression", ["m", "n"])
    uuids = [each["context"]["custom_context"]["uuid"] for each in (page, shown)]
    assert uuids == ["segment:ajs-1", "segment:ajs-1:1"]


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ({"category": "Mugs"}, ["category_page_view"]),
        ({"products": [{"product_id": "m"}]}, ["impression"]),
        ({}, ["category_page_view"]),
    ],
)
def test_a_list_stands_for_what_it_says_alone(said: dict[str, Any], kinds: list[str]) -> None:
    assert [each["type"] for each in made("segment", track("Product List Viewed", **said))] == kinds


def test_a_page_called_home_or_at_the_root_is_a_home_page_view() -> None:
    by_name, by_path = call("page", "Home"), call("page", properties={"path": "/"})
    elsewhere = call("page", "Cart", properties={"path": "/cart"})
    assert [each["type"] for each in made("segment", by_name, by_path)] == ["home_page_view"] * 2
    assert skipped("segment", elsewhere, call("identify")) == {"page: Cart": 1, "identify": 1}
    mapped = Options(types={"page: Cart": "custom", "page: Home": None})
    assert [each["type"] for each in made("segment", elsewhere, options=mapped)] == ["custom"]
    assert skipped("segment", by_name, options=mapped) == {"page: Home": 1}


def test_batches_in_a_list_and_in_an_object_are_read_alike() -> None:
    calls = [track("Product Viewed", f"ajs-{number}", product_id="m") for number in range(3)]
    listed, wrapped = json.dumps(calls).encode(), json.dumps({"batch": calls, "sentAt": "x"}).encode()
    one, other = (read("segment", text) for text in (listed, wrapped))
    assert b"".join(chunk.lines for chunk in one) == b"".join(chunk.lines for chunk in other)
    assert sum(chunk.records for chunk in one) == sum(chunk.events for chunk in other) == 3


def signature(body: bytes, secret: str = "s3cret") -> dict[str, str]:
    return {"x-signature": hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}


def test_a_signature_is_of_the_body_or_of_the_first_event_of_a_batch() -> None:
    first, second = track("Product Viewed"), track("Product Added")
    compact = json.dumps(first, separators=(",", ":")).encode()
    pretty = json.dumps([first, second], indent=1).encode()
    assert segment.authentic(signature(compact), compact, "s3cret")
    assert segment.authentic(signature(compact), pretty, "s3cret")
    assert not segment.authentic(signature(compact), json.dumps([second, first]).encode(), "s3cret")
    assert not segment.authentic(signature(compact, "other"), compact, "s3cret")
    assert not segment.authentic({}, compact, "s3cret")
    assert not segment.authentic(signature(compact, ""), compact, "")
    assert not segment.authentic(signature(compact), b"\xff", "s3cret")
