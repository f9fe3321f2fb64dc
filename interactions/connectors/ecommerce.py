"""Event properties named as in Segment's Ecommerce Spec v2, which users of other tools mostly follow, too."""

from __future__ import annotations

from typing import Any

from interactions.connectors.conventions import Product, id_text, number, text, things
from interactions.connectors.source import Json

#: Common event names in tools that let users choose them.
FREE_NAMES = {
    "Product Viewed": ("product_detail_page_view",),
    "Product List Viewed": ("category_page_view",),
    "Search": ("search",),
    "Added to Cart": ("add_to_cart",),
    "Product Added": ("add_to_cart",),
    "Product Removed": ("remove_from_cart",),
    "Order Completed": ("checkout",),
    "Order Refunded": ("refund",),
}
_ID_KEYS = ("product_id", "sku")
_WORDS = ("query", "text", "keywords", "term", "q", "value")


class Properties:
    """Reads the properties of an event."""

    __slots__ = ("_said",)

    def __init__(self, said: Json) -> None:
        self._said = said

    def products(self) -> list[Product]:
        listed = things(self._said.get("products"))
        if listed:
            return [(_id(each, (*_ID_KEYS, "id")), None, number(each.get("quantity"))) for each in listed]
        return [(_id(self._said, _ID_KEYS), None, number(self._said.get("quantity")))]

    def keywords(self) -> Any:
        query = self._said.get("query")
        if isinstance(query, dict):  # some send the fields of their search form
            return next((query[key] for key in _WORDS if text(query.get(key))), None)
        return query if query else None

    def category(self) -> list[Any]:
        said = self._said.get("category")
        return [each for each in said if each] if isinstance(said, list) else [said] if said else []

    def revenue(self) -> Any:
        revenue = number(self._said.get("revenue"))
        return number(self._said.get("total")) if revenue is None else revenue

    def refund(self) -> Any:
        return self.revenue()

    def rating(self) -> Any:
        return number(self._said.get("rating"))


def _id(said: Json, keys: tuple[str, ...]) -> Any:
    for key in keys:
        found = id_text(said.get(key))
        if found is not None:
            return found
    return None
