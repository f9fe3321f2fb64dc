"""WooCommerce: orders from webhooks or the REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from interactions.connectors import conventions
from interactions.connectors.conventions import Product, id_text, number, things
from interactions.connectors.source import Json, Options, Skipped, Types

NAME: Final = "woocommerce"
TITLE: Final = "WooCommerce"
ASKS: tuple[str, ...] = ()
SIGNATURE: Final = "X-WC-Webhook-Signature"
#: By order status. An order is sent again when it changes, but counts once, because its id is the record's uuid.
TYPES: Types = {f"order: {status}": ("checkout",) for status in ("processing", "on-hold", "completed", "refunded")}

_ATTRIBUTION = {f"_wc_order_attribution_utm_{key}": name for key, name in conventions.CAMPAIGN.items()}


def recognise(documents: Sequence[Json]) -> float:
    return conventions.share(documents, _is_order)


def _is_order(event: Json) -> bool:
    return "line_items" in event and not {"date_created_gmt", "order_key", "customer_ip_address"}.isdisjoint(event)


def events(document: Json) -> Iterator[Any]:
    yield document


def name_of(event: Json) -> str:
    status = conventions.text(event.get("status"))
    return conventions.name_text(f"order: {status}") if status and "line_items" in event else conventions.UNNAMED


def event_id(event: Json) -> str:
    identity = conventions.identity(event.get("id"))
    return identity and f"order:{identity}"


def interactions(event: Json, options: Options) -> list[Json] | Skipped:
    name = name_of(event)
    types = conventions.types_of(name, TYPES, options)
    if isinstance(types, Skipped):
        return types
    identity = event_id(event)
    noted = {
        each["key"]: each.get("value") for each in things(event.get("meta_data")) if isinstance(each.get("key"), str)
    }
    about = conventions.context(
        identity and f"{NAME}:{identity}",
        NAME,
        campaign=conventions.campaign(noted, _ATTRIBUTION),
        ip=event.get("customer_ip_address"),
        user_agent=event.get("customer_user_agent"),
    )
    head = conventions.who(event.get("customer_id") or None, None, conventions.in_utc(event.get("date_created_gmt")))
    return conventions.records(types, name, head, about, _Said(event))


class _Said:
    """Reads an order. Products without variations have the variation id 0."""

    __slots__ = ("_event",)

    def __init__(self, event: Json) -> None:
        self._event = event

    def products(self) -> list[Product]:
        return [
            (
                id_text(line.get("variation_id") or line.get("product_id") or None),
                id_text(line.get("product_id") or None),
                number(line.get("quantity")),
            )
            for line in things(self._event.get("line_items"))
        ]

    def keywords(self) -> Any:
        return None

    def category(self) -> list[Any]:
        return []

    def revenue(self) -> Any:
        return number(self._event.get("total"))

    def refund(self) -> Any:
        return None

    def rating(self) -> Any:
        return None


def authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    return conventions.signed_in_base64(headers, SIGNATURE, body, secret)
