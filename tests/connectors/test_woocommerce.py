"""WooCommerce's orders."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from interactions.connectors import recognised, woocommerce
from tests.connectors.read import AGENT, as_moments, made, skipped

ORDER: dict[str, Any] = {
    "id": 727,
    "order_key": "wc_order_x",
    "status": "processing",
    "date_created": "2026-11-04T11:30:00",
    "date_created_gmt": "2026-11-04T10:30:00",
    "total": "29.90",
    "customer_id": 26,
    "customer_ip_address": "203.0.113.77",
    "customer_user_agent": AGENT,
    "line_items": [{"id": 315, "product_id": 93, "variation_id": 931, "quantity": 2}],
    "meta_data": [
        {"id": 1, "key": "_wc_order_attribution_utm_source", "value": "news"},
        {"id": 2, "key": "_wc_order_attribution_utm_campaign", "value": "winter"},
        {"id": 3, "key": "_wc_order_attribution_utm_medium", "value": "(none)"},
    ],
}


def test_an_order_is_a_checkout_of_its_customer() -> None:
    assert made("woocommerce", ORDER) == as_moments(
        [
            {
                "type": "checkout",
                "user_id": "26",
                "timestamp": "2026-11-04T10:30:00Z",
                "product_ids": ["931"],
                "product_group_ids": ["93"],
                "quantities": [2],
                "revenue": 29.9,
                "context": {
                    "campaign": {"name": "winter", "source": "news"},
                    "truncated_ip": "203.0.113.0",
                    "user_agent": AGENT,
                    "custom_context": {"uuid": "woocommerce:order:727", "source": "woocommerce"},
                },
            }
        ]
    )


def test_a_guest_is_no_user_and_a_product_without_variations_is_itself() -> None:
    line = {"product_id": 93, "variation_id": 0, "quantity": 1}
    (record,) = made("woocommerce", ORDER | {"customer_id": 0, "line_items": [line]})
    assert "user_id" not in record
    assert (record["product_ids"], record["product_group_ids"]) == (["93"], ["93"])


@pytest.mark.parametrize("status", ["pending", "failed", "cancelled", "checkout-draft", "trash"])
def test_an_order_that_is_not_placed_is_skipped_by_its_status(status: str) -> None:
    assert skipped("woocommerce", ORDER | {"status": status}) == {f"order: {status}": 1}


@pytest.mark.parametrize("status", ["processing", "on-hold", "completed", "refunded"])
def test_an_order_that_is_sent_again_keeps_its_identity(status: str) -> None:
    (record,) = made("woocommerce", ORDER | {"status": status})
    assert record["context"]["custom_context"]["uuid"] == "woocommerce:order:727"


def test_an_ipv6_address_is_left_out() -> None:
    (record,) = made("woocommerce", ORDER | {"customer_ip_address": "2001:db8::7"})
    assert "truncated_ip" not in record["context"]


def test_it_is_recognised() -> None:
    found = recognised(json.dumps([ORDER]).encode())
    assert found is not None
    assert (found.source.NAME, found.names) == ("woocommerce", {"order: processing": 1})


def test_a_webhook_is_signed_in_base64() -> None:
    body = json.dumps(ORDER).encode()
    signed = base64.b64encode(hmac.digest(b"s3cret", body, hashlib.sha256)).decode()
    assert woocommerce.authentic({"x-wc-webhook-signature": signed}, body, "s3cret")
    assert not woocommerce.authentic({"x-wc-webhook-signature": signed}, body, "other")
