"""What connected tools send, small, with what it stands for; and how each of them signs."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

VIEWED = {
    "type": "track",
    "event": "Product Viewed",
    "messageId": "m-1",
    "anonymousId": "a-1",
    "userId": "ann",
    "timestamp": "2026-11-02T10:00:00.120Z",
    "properties": {"product_id": "mug"},
    "context": {"ip": "203.0.113.77", "page": {"url": "https://shop.example/p/mug"}},
}
LISTED = {
    "type": "track",
    "event": "Product List Viewed",
    "messageId": "m-2",
    "anonymousId": "a-1",
    "timestamp": "2026-11-02T10:00:01Z",
    "properties": {"category": "Mugs", "products": [{"product_id": "mug"}, {"product_id": "cup"}]},
}
SIGNED_UP = {"type": "track", "event": "Signed Up", "messageId": "m-3", "userId": "ann"}
#: A product id of the wrong form: the record breaks a rule.
BROKEN = {**VIEWED, "messageId": "m-4", "properties": {"product_id": {"sku": "mug"}}}
DELETED = {"type": "delete", "messageId": "m-5", "userId": "ann"}

VIEWED_RECORD = {
    "type": "product_detail_page_view",
    "timestamp": "2026-11-02T10:00:00.120000Z",
    "user_id": "ann",
    "anonymous_id": "a-1",
    "product_ids": ["mug"],
    "context": {
        "page": {"url": "https://shop.example/p/mug"},
        "truncated_ip": "203.0.113.0",
        "custom_context": {"uuid": "segment:m-1", "source": "segment"},
    },
}
LISTED_RECORDS = [
    {
        "type": "category_page_view",
        "timestamp": "2026-11-02T10:00:01Z",
        "anonymous_id": "a-1",
        "category": ["Mugs"],
        "context": {"custom_context": {"uuid": "segment:m-2", "source": "segment"}},
    },
    {
        "type": "impression",
        "timestamp": "2026-11-02T10:00:01Z",
        "anonymous_id": "a-1",
        "product_ids": ["mug", "cup"],
        "context": {"custom_context": {"uuid": "segment:m-2:1", "source": "segment"}},
    },
]

ORDER = {
    "id": 5001,
    "admin_graphql_api_id": "gid://shopify/Order/5001",
    "created_at": "2026-11-02T11:00:00+01:00",
    "total_price": "39.80",
    "customer": {"id": 77, "email": "ann@shop.example"},
    "line_items": [{"variant_id": 11, "product_id": 1, "quantity": 2}],
}
ORDER_RECORD = {
    "type": "checkout",
    "timestamp": "2026-11-02T10:00:00Z",
    "user_id": "77",
    "product_ids": ["11"],
    "product_group_ids": ["1"],
    "quantities": [2],
    "revenue": 39.8,
    "context": {"custom_context": {"uuid": "shopify:order:5001", "source": "shopify"}},
}
REFUND = {
    "id": 890,
    "order_id": 5001,
    "created_at": "2026-11-03T10:00:00Z",
    "user_id": 1,
    "refund_line_items": [{"quantity": 1, "line_item": {"variant_id": 11, "product_id": 1}}],
    "transactions": [{"kind": "refund", "status": "success", "amount": "19.90"}],
}
REFUND_RECORD = {
    "type": "refund",
    "timestamp": "2026-11-03T10:00:00Z",
    "product_ids": ["11"],
    "product_group_ids": ["1"],
    "context": {
        "custom_context": {"uuid": "shopify:refund:890", "source": "shopify", "refund_amount": 19.9},
    },
}
SHOP = {"shop_id": 9, "shop_domain": "mugs.myshopify.com"}
CUSTOMER = {"id": 77, "email": "ann@shop.example", "phone": "555-0100"}
REDACT = {**SHOP, "customer": CUSTOMER, "orders_to_redact": [5001]}
DATA_REQUEST = {**SHOP, "customer": CUSTOMER, "orders_requested": [5001], "data_request": {"id": 3}}

WOO_ORDER = {
    "id": 727,
    "status": "processing",
    "order_key": "wc_order_1",
    "date_created_gmt": "2026-11-02T12:00:00",
    "total": "29.90",
    "customer_id": 5,
    "line_items": [{"product_id": 93, "variation_id": 0, "quantity": 1}],
}
WOO_RECORD = {
    "type": "checkout",
    "timestamp": "2026-11-02T12:00:00Z",
    "user_id": "5",
    "product_ids": ["93"],
    "product_group_ids": ["93"],
    "quantities": [1],
    "revenue": 29.9,
    "context": {"custom_context": {"uuid": "woocommerce:order:727", "source": "woocommerce"}},
}
POSTHOG_EVENT = {
    "uuid": "0192-1",
    "event": "Product Viewed",
    "distinct_id": "ann",
    "timestamp": "2026-11-02T13:00:00Z",
    "properties": {"product_id": "mug", "$device_id": "d-1", "$user_id": "ann"},
}
POSTHOG_RECORD = {
    "type": "product_detail_page_view",
    "timestamp": "2026-11-02T13:00:00Z",
    "user_id": "ann",
    "anonymous_id": "d-1",
    "product_ids": ["mug"],
    "context": {"custom_context": {"uuid": "posthog:0192-1", "source": "posthog"}},
}


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def signature(source: str, secret: str, payload: Any) -> dict[str, str]:
    """The header that the tool sends with a body of ``payload``, compact; of Segment's batches the first is signed."""
    body = compact(payload)
    if source == "segment":
        first = compact(payload[0]) if isinstance(payload, list) else body
        return {"X-Signature": hmac.new(secret.encode(), first, hashlib.sha1).hexdigest()}
    headers = {"shopify": "X-Shopify-Hmac-Sha256", "woocommerce": "X-WC-Webhook-Signature"}
    if source not in headers:
        return {}
    return {headers[source]: b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()}
