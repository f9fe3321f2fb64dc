"""Shopify: orders and refunds from webhooks or the API."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from interactions.connectors import conventions
from interactions.connectors.conventions import Product, number, thing, things
from interactions.connectors.source import Json, Options, Skipped, Types

NAME: Final = "shopify"
TITLE: Final = "Shopify orders"
ASKS: tuple[str, ...] = ()
SIGNATURE: Final = "X-Shopify-Hmac-Sha256"
ORDER: Final = "orders/create"
REFUND: Final = "refunds/create"
TYPES: Types = {ORDER: ("checkout",), REFUND: ("refund",)}

DATA_REQUEST: Final = "customers/data_request"
CUSTOMER_REDACT: Final = "customers/redact"
SHOP_REDACT: Final = "shop/redact"
PRIVACY = frozenset({DATA_REQUEST, CUSTOMER_REDACT, SHOP_REDACT})

_PRIVACY_REASON = "It is a privacy request."
_TEST_REASON = "It is a test order."
_GID = "gid://shopify/"
_CENTS = 6  # decimals of a sum of amounts


def recognise(documents: Sequence[Json]) -> float:
    return conventions.share((each for document in documents for each in events(document)), _is_own)


def _is_own(event: Json) -> bool:
    if name_of(event) != ORDER:
        return name_of(event) in (REFUND, *PRIVACY)
    return not {"admin_graphql_api_id", "order_number", "checkout_token", "customer_locale"}.isdisjoint(event)


def events(document: Json) -> Iterator[Any]:
    """Unwrap the lists of orders or refunds that the API returns. An order also has a list of refunds."""
    listed = None if "id" in document else document.get("orders", document.get("refunds"))
    yield from listed if isinstance(listed, list) else (document,)


def name_of(event: Json) -> str:
    """The webhook's topic, found from the shape of the body, which doesn't contain it."""
    if "refund_line_items" in event:
        return REFUND
    if "line_items" in event:
        return ORDER
    if "shop_domain" not in event:
        return conventions.UNNAMED
    if "data_request" in event or "orders_requested" in event:
        return DATA_REQUEST
    return CUSTOMER_REDACT if "customer" in event or "orders_to_redact" in event else SHOP_REDACT


def event_id(event: Json) -> str:
    kind = "refund" if name_of(event) == REFUND else "order"
    identity = conventions.identity(plain_id(event.get("id")))
    return identity and f"{kind}:{identity}"


def interactions(event: Json, options: Options) -> list[Json] | Skipped:
    name = name_of(event)
    if name in PRIVACY:
        return Skipped(name, _PRIVACY_REASON)
    types = conventions.types_of(name, TYPES, options)
    if isinstance(types, Skipped):
        return types
    if event.get("test") is True:
        return Skipped(name, _TEST_REASON)
    return conventions.records(types, name, _head(event, name), _about(event, name), _Said(event))


def _head(event: Json, name: str) -> Json:
    """The ids and the timestamp. A refund doesn't name the customer: its ``user_id`` is the staff's."""
    customer = None if name == REFUND else plain_id(thing(event.get("customer")).get("id"))
    return conventions.who(customer, None, event.get("created_at"))


def _about(event: Json, name: str) -> Json:
    identity = event_id(event)
    client = thing(event.get("client_details"))
    return conventions.context(
        identity and f"{NAME}:{identity}",
        NAME,
        campaign=conventions.campaign_in(event.get("landing_site")),
        ip=event.get("browser_ip") or client.get("browser_ip"),
        locale=event.get("customer_locale") or client.get("accept_language"),
        user_agent=client.get("user_agent"),
    )


def plain_id(value: Any) -> Any:
    """An id as a string: for ``gid://shopify/Order/5001`` only the number."""
    if isinstance(value, str) and value.startswith(_GID):
        return value.rpartition("/")[2].partition("?")[0]
    return conventions.id_text(value)


class _Said:
    """Reads an order or a refund. A line without a variant, such as a tip, isn't a product."""

    __slots__ = ("_event",)

    def __init__(self, event: Json) -> None:
        self._event = event

    def products(self) -> list[Product]:
        lines = things(self._event.get("line_items"))
        for refunded in things(self._event.get("refund_line_items")):
            lines.append({"quantity": refunded.get("quantity"), **thing(refunded.get("line_item"))})
        return [
            (plain_id(line.get("variant_id")), plain_id(line.get("product_id")), number(line.get("quantity")))
            for line in lines
        ]

    def keywords(self) -> Any:
        return None

    def category(self) -> list[Any]:
        return []

    def revenue(self) -> Any:
        return number(self._event.get("total_price"))

    def refund(self) -> Any:
        """The total refunded; None if no payments are listed."""
        amounts = [
            number(each.get("amount"))
            for each in things(self._event.get("transactions"))
            if each.get("kind") == "refund" and each.get("status") in (None, "success")
        ]
        if not amounts or not all(type(each) in (int, float) for each in amounts):
            return None
        return round(math.fsum(amounts), _CENTS)

    def rating(self) -> Any:
        return None


def authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    return conventions.signed_in_base64(headers, SIGNATURE, body, secret)
