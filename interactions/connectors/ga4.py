"""Google Analytics 4: rows of its BigQuery export, as JSON or from Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from interactions.connectors import conventions
from interactions.connectors.conventions import Product, id_text, number, thing, things
from interactions.connectors.source import Json, Options, Skipped, Types

NAME: Final = "ga4"
TITLE: Final = "Google Analytics 4"
ASKS: tuple[str, ...] = ()
SIGNATURE: Final = ""
TYPES: Types = {
    "view_item": ("product_detail_page_view",),
    "view_item_list": ("category_page_view", "impression"),
    "search": ("search",),
    "view_search_results": ("search",),
    "select_item": ("click",),
    "view_promotion": ("promo_page_view",),
    "add_to_cart": ("add_to_cart",),
    "remove_from_cart": ("remove_from_cart",),
    "add_to_wishlist": ("add_to_collection",),
    "purchase": ("checkout",),
    "refund": ("refund",),
    "share": ("share",),
}

_MICROSECOND = timedelta(microseconds=1)
_HOME: tuple[str, ...] = ("home_page_view",)
_IDENTITY = ("user_pseudo_id", "event_timestamp", "event_name", "event_bundle_sequence_id", "batch_event_index")
_NUMBERS = ("int_value", "double_value", "float_value")  # instead of a string_value
_LEVELS = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")
_MANUAL = {f"manual_{key}": name for key, name in conventions.CAMPAIGN.items()} | {"manual_campaign_name": "name"}


def recognise(documents: Sequence[Json]) -> float:
    return conventions.share(documents, _is_event)


def _is_event(event: Json) -> bool:
    return isinstance(event.get("event_name"), str) and "event_timestamp" in event and "event_params" in event


def events(document: Json) -> Iterator[Any]:
    yield document


def name_of(event: Json) -> str:
    return conventions.name_text(event.get("event_name"))


def event_id(event: Json) -> str:
    """For a purchase, the transaction id; else the user, time, name and position in the batch."""
    return _identity(event, _Params(event.get("event_params")))


def _identity(event: Json, params: _Params) -> str:
    if event.get("event_name") == "purchase" and (order := _transaction(event, params)):
        return f"order:{order}"
    said = map(event.get, _IDENTITY)
    parts = [each if type(each) is str else conventions.identity(each) for each in said]
    return ":".join(parts) if parts[0] and parts[1] else ""


def interactions(event: Json, options: Options) -> list[Json] | Skipped:
    name = name_of(event)
    types = conventions.types_of(name, TYPES, options)
    if isinstance(types, Skipped) and (name != "page_view" or types.reason != conventions.NO_TYPE):
        return types
    params = _Params(event.get("event_params"))
    if isinstance(types, Skipped):
        if not conventions.is_home(params.get("page_location")):
            return types
        types = _HOME
    identity = _identity(event, params)
    about = conventions.context(
        identity and f"{NAME}:{identity}",
        NAME,
        campaign=conventions.campaign(thing(event.get("collected_traffic_source")), _MANUAL),
        locale=thing(event.get("device")).get("language"),
        region=thing(event.get("geo")).get("region"),
        url=params.get("page_location"),
        referrer=params.get("page_referrer"),
        title=params.get("page_title"),
    )
    when = conventions.moment(event.get("event_timestamp"), _MICROSECOND)
    head = conventions.who(event.get("user_id"), event.get("user_pseudo_id"), when)
    return conventions.records(types, name, head, about, _Said(event, params))


def _transaction(event: Json, params: _Params) -> str:
    return conventions.identity(thing(event.get("ecommerce")).get("transaction_id") or params.get("transaction_id"))


class _Params:
    """The parameters of an event: a list of objects with a key, and a value under the name of its type."""

    __slots__ = ("_values",)

    def __init__(self, listed: Any) -> None:
        try:
            self._values: dict[Any, Any] = {each["key"]: each["value"] for each in listed}
        except (TypeError, KeyError, IndexError):  # not all are objects with both
            self._values = {}
            for each in things(listed):
                if isinstance(key := each.get("key"), str):
                    self._values[key] = each.get("value")

    def get(self, key: str) -> Any:
        value = self._values.get(key)
        if type(value) is not dict:
            return value
        found = value.get("string_value")
        if found is not None:
            return found
        return next((value[kind] for kind in _NUMBERS if value.get(kind) is not None), None)


class _Said:
    __slots__ = ("_event", "_items", "_params")

    def __init__(self, event: Json, params: _Params) -> None:
        self._event, self._params = event, params
        self._items = things(event.get("items"))

    def products(self) -> list[Product]:
        return [
            (id_text(conventions.meant(each.get("item_id"))), None, number(each.get("quantity")))
            for each in self._items
        ]

    def keywords(self) -> Any:
        return self._params.get("search_term")

    def category(self) -> list[Any]:
        """The category path shared by all items, widest level first; else the name of their list."""
        paths = {tuple(filter(None, map(conventions.text, map(each.get, _LEVELS)))) for each in self._items}
        if len(paths) == 1 and (path := paths.pop()):
            return list(path)
        names = [self._params.get("item_list_name"), *(each.get("item_list_name") for each in self._items)]
        return [name for name in map(conventions.meant, names) if name][:1]

    def revenue(self) -> Any:
        return self._amount("purchase_revenue")

    def refund(self) -> Any:
        return self._amount("refund_value")

    def rating(self) -> Any:
        return number(self._params.get("rating"))

    def _amount(self, key: str) -> Any:
        found = number(thing(self._event.get("ecommerce")).get(key))
        return number(self._params.get("value")) if found is None else found


def authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    return True
