"""Shopify's orders and refunds, and the customer events of its pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from interactions.connectors import recognised, shopify
from tests.connectors.read import AGENT, as_moments, made, read, skipped

ORDER: dict[str, Any] = {
    "id": 5001,
    "admin_graphql_api_id": "gid://shopify/Order/5001",
    "browser_ip": "203.0.113.77",
    "client_details": {"accept_language": "en", "user_agent": AGENT},
    "created_at": "2026-11-03T10:00:02+01:00",
    "total_price": "29.90",
    "customer_locale": "de-DE",
    "landing_site": "/?utm_source=news&utm_medium=email&utm_campaign=winter",
    "order_number": 1001,
    "test": False,
    "customer": {"id": 7001},
    "line_items": [
        {"id": 1, "product_id": 41, "variant_id": 411, "quantity": 2},
        {"id": 2, "product_id": None, "variant_id": None, "quantity": 1, "title": "Tip"},
    ],
    "refunds": [],
}
REFUND: dict[str, Any] = {
    "id": 890,
    "order_id": 5001,
    "created_at": "2026-11-05T12:00:00+01:00",
    "user_id": 79911,
    "refund_line_items": [{"quantity": 1, "line_item": {"product_id": 41, "variant_id": 411}}],
    "transactions": [{"amount": "12.40", "kind": "refund", "status": "success"}, {"amount": "0.10", "kind": "refund"}],
}
VARIANT = {"id": "411", "product": {"id": "41", "title": "Mug"}}


def pixel(name: str, href: str = "https://shop.example/products/mug", **data: Any) -> dict[str, Any]:
    return {
        "id": "sh-1",
        "clientId": "c-77",
        "name": name,
        "timestamp": "2026-11-03T09:00:00.000Z",
        "context": {
            "document": {"location": {"href": href}, "referrer": "https://search.example/", "title": "Mug"},
            "navigator": {"language": "de-DE", "userAgent": AGENT},
        },
        "data": data,
    }


PAGE = {"url": "https://shop.example/products/mug", "referrer": "https://search.example/", "title": "Mug"}
COMPLETED = pixel(
    "checkout_completed",
    checkout={
        "totalPrice": {"amount": 29.9, "currencyCode": "EUR"},
        "order": {"id": "gid://shopify/Order/5001", "customer": {"id": "7001"}},
        "lineItems": [{"quantity": 2, "variant": VARIANT}],
    },
)


def test_an_order_is_a_checkout_of_its_customer() -> None:
    assert made("shopify", ORDER) == as_moments(
        [
            {
                "type": "checkout",
                "user_id": "7001",
                "timestamp": "2026-11-03T10:00:02+01:00",
                "product_ids": ["411"],
                "product_group_ids": ["41"],
                "quantities": [2],
                "revenue": 29.9,
                "context": {
                    "campaign": {"name": "winter", "source": "news", "medium": "email"},
                    "truncated_ip": "203.0.113.0",
                    "locale": "de-DE",
                    "user_agent": AGENT,
                    "custom_context": {"uuid": "shopify:order:5001", "source": "shopify"},
                },
            }
        ]
    )


def test_a_refund_names_no_customer_and_has_its_amount_in_the_context() -> None:
    assert made("shopify", REFUND) == as_moments(
        [
            {
                "type": "refund",
                "timestamp": "2026-11-05T12:00:00+01:00",
                "product_ids": ["411"],
                "product_group_ids": ["41"],
                "context": {
                    "custom_context": {"uuid": "shopify:refund:890", "source": "shopify", "refund_amount": 12.5}
                },
            }
        ]
    )


def test_an_order_by_pixel_and_by_webhook_is_one_record() -> None:
    (by_pixel,), (by_webhook,) = made("shopify_pixel", COMPLETED), made("shopify", ORDER)
    assert by_pixel["context"]["custom_context"] == by_webhook["context"]["custom_context"]
    parts = ("user_id", "product_ids", "product_group_ids", "quantities", "revenue")
    assert [by_pixel[part] for part in parts] == [by_webhook[part] for part in parts]
    assert by_pixel["anonymous_id"] == "c-77"


@pytest.mark.parametrize(
    ("seen", "kind", "expected"),
    [
        (pixel("product_viewed", productVariant=VARIANT), "product_detail_page_view", {}),
        (
            pixel("product_added_to_cart", cartLine={"merchandise": VARIANT, "quantity": 2}),
            "add_to_cart",
            {"quantities": [2]},
        ),
        (pixel("product_removed_from_cart", cartLine={"merchandise": VARIANT, "quantity": 2}), "remove_from_cart", {}),
    ],
)
def test_a_customer_event_names_the_variant_and_its_product(
    seen: dict[str, Any], kind: str, expected: dict[str, Any]
) -> None:
    agent = {"locale": "de-DE", "page": PAGE, "user_agent": AGENT}
    assert made("shopify_pixel", seen) == as_moments(
        [
            {
                "type": kind,
                "anonymous_id": "c-77",
                "timestamp": "2026-11-03T09:00:00Z",
                "product_ids": ["411"],
                "product_group_ids": ["41"],
                "context": {**agent, "custom_context": {"uuid": "shopify:sh-1", "source": "shopify"}},
                **expected,
            }
        ]
    )


def test_collections_searches_and_the_home_page() -> None:
    collection = pixel("collection_viewed", collection={"id": "9", "title": "Mugs", "productVariants": [VARIANT]})
    searched = pixel("search_submitted", searchResult={"query": "mug", "productVariants": [VARIANT]})
    home, elsewhere = pixel("page_viewed", "https://shop.example/?utm_source=news"), pixel("page_viewed")
    page, shown, search, first = made("shopify_pixel", collection, searched, home, elsewhere)
    assert (page["type"], page["category"]) == ("category_page_view", ["Mugs"])
    assert (shown["type"], shown["product_ids"]) == ("impression", ["411"])
    assert shown["context"]["custom_context"]["uuid"] == "shopify:sh-1:1"
    assert search["search"] == {"keywords": "mug"}
    assert (first["type"], first["context"]["campaign"]) == ("home_page_view", {"source": "news"})
    assert skipped("shopify_pixel", elsewhere, pixel("my_event")) == {"page_viewed": 1, "my_event": 1}


def test_guests_test_orders_and_privacy_requests() -> None:
    assert "user_id" not in made("shopify", ORDER | {"customer": None})[0]
    shop = {"shop_id": 1, "shop_domain": "shop.example"}
    redact = shop | {"customer": {"id": 7001}, "orders_to_redact": [5001]}
    asked = shop | {"customer": {"id": 7001}, "orders_requested": [5001], "data_request": {"id": 3}}
    assert skipped("shopify", ORDER | {"test": True}, redact, asked, shop) == {
        "orders/create": 1,
        "customers/redact": 1,
        "customers/data_request": 1,
        "shop/redact": 1,
    }


def test_orders_as_the_api_lists_them() -> None:
    (chunk,) = read("shopify", json.dumps({"orders": [ORDER, ORDER | {"id": 5002}]}).encode())
    assert chunk.records == 2


@pytest.mark.parametrize(("document", "name"), [(ORDER, "shopify"), (REFUND, "shopify"), (COMPLETED, "shopify_pixel")])
def test_shopify_is_recognised(document: dict[str, Any], name: str) -> None:
    found = recognised(json.dumps(document).encode())
    assert found is not None
    assert name == found.source.NAME


def test_a_webhook_is_signed_in_base64() -> None:
    body = json.dumps(ORDER).encode()
    signed = base64.b64encode(hmac.digest(b"s3cret", body, hashlib.sha256)).decode()
    assert shopify.authentic({"x-shopify-hmac-sha256": signed}, body, "s3cret")
    assert not shopify.authentic({"X-Shopify-Hmac-Sha256": signed}, body + b" ", "s3cret")
    assert not shopify.authentic({"X-Shopify-Hmac-Sha256": signed}, body, "")
    assert not shopify.authentic({"X-Shopify-Hmac-Sha256": "ä"}, body, "s3cret")
