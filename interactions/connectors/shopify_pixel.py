"""Shopify's customer events, sent by a custom pixel in the shop's pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from interactions.connectors import conventions, shopify
from interactions.connectors.conventions import Product, number, thing, things
from interactions.connectors.shopify import plain_id
from interactions.connectors.source import Json, Options, Skipped, Types

NAME: Final = "shopify_pixel"
TITLE: Final = "Shopify pixel"
ASKS: tuple[str, ...] = ()
SIGNATURE: Final = ""
TYPES: Types = {
    "product_viewed": ("product_detail_page_view",),
    "collection_viewed": ("category_page_view", "impression"),
    "search_submitted": ("search",),
    "product_added_to_cart": ("add_to_cart",),
    "product_removed_from_cart": ("remove_from_cart",),
    "checkout_completed": ("checkout",),
}

_HOME: tuple[str, ...] = ("home_page_view",)
_SHOP: Final = shopify.NAME  # the same for pixel and webhook, so that an order sent by both counts once


def recognise(documents: Sequence[Json]) -> float:
    return conventions.share(documents, _is_event)


def _is_event(event: Json) -> bool:
    return isinstance(event.get("name"), str) and "clientId" in event and isinstance(event.get("context"), dict)


def events(document: Json) -> Iterator[Any]:
    yield document


def name_of(event: Json) -> str:
    return conventions.name_text(event.get("name"))


def event_id(event: Json) -> str:
    """The order's id if there is one, else the event's."""
    order = conventions.identity(plain_id(thing(_checkout(event).get("order")).get("id")))
    if event.get("name") == "checkout_completed" and order:
        return f"order:{order}"
    return conventions.identity(event.get("id"))


def interactions(event: Json, options: Options) -> list[Json] | Skipped:
    name = name_of(event)
    document = thing(thing(event.get("context")).get("document"))
    url = thing(document.get("location")).get("href")
    types = conventions.types_of(name, TYPES, options)
    if isinstance(types, Skipped):
        if name != "page_viewed" or types.reason != conventions.NO_TYPE or not conventions.is_home(url):
            return types
        types = _HOME
    navigator, identity = thing(thing(event.get("context")).get("navigator")), event_id(event)
    about = conventions.context(
        identity and f"{_SHOP}:{identity}",
        _SHOP,
        campaign=conventions.campaign_in(url),
        locale=navigator.get("language"),
        url=url,
        referrer=document.get("referrer"),
        title=document.get("title"),
        user_agent=navigator.get("userAgent"),
    )
    customer = plain_id(thing(thing(_checkout(event).get("order")).get("customer")).get("id"))
    head = conventions.who(customer, event.get("clientId"), event.get("timestamp"))
    return conventions.records(types, name, head, about, _Said(thing(event.get("data"))))


def _checkout(event: Json) -> Json:
    return thing(thing(event.get("data")).get("checkout"))


class _Said:
    __slots__ = ("_data",)

    def __init__(self, data: Json) -> None:
        self._data = data

    def products(self) -> list[Product]:
        """The product variants in the event."""
        line, checkout = thing(self._data.get("cartLine")), thing(self._data.get("checkout"))
        if line:
            return [_product(thing(line.get("merchandise")), line.get("quantity"))]
        if checkout:
            return [
                _product(thing(each.get("variant")), each.get("quantity")) for each in things(checkout.get("lineItems"))
            ]
        if "productVariant" in self._data:
            return [_product(thing(self._data["productVariant"]))]
        listed = thing(self._data.get("collection") or self._data.get("searchResult"))
        return [_product(each) for each in things(listed.get("productVariants"))]

    def keywords(self) -> Any:
        return thing(self._data.get("searchResult")).get("query")

    def category(self) -> list[Any]:
        title = thing(self._data.get("collection")).get("title")
        return [title] if title else []

    def revenue(self) -> Any:
        total = thing(self._data.get("checkout")).get("totalPrice")
        return number(thing(total).get("amount"))

    def refund(self) -> Any:
        return None

    def rating(self) -> Any:
        return None


def _product(variant: Json, quantity: Any = None) -> Product:
    return (plain_id(variant.get("id")), plain_id(thing(variant.get("product")).get("id")), number(quantity))


def authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    return True
