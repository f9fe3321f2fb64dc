"""Segment, and RudderStack, which uses the same format: calls from a webhook destination or an archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from interactions.connectors import conventions
from interactions.connectors.conventions import thing
from interactions.connectors.ecommerce import Properties
from interactions.connectors.source import Json, Options, Skipped, Types
from interactions.contract import schema

NAME: Final = "segment"
TITLE: Final = "Segment or RudderStack"
ASKS: tuple[str, ...] = ()
SIGNATURE: Final = "X-Signature"
TYPES: Types = {
    "Product Viewed": ("product_detail_page_view",),
    "Product List Viewed": ("category_page_view", "impression"),
    "Products Searched": ("search",),
    "Product Clicked": ("click",),
    "Promotion Viewed": ("promo_page_view",),
    "Product Added": ("add_to_cart",),
    "Product Removed": ("remove_from_cart",),
    "Product Added to Wishlist": ("add_to_collection",),
    "Product Removed from Wishlist": ("remove_from_collection",),
    "Order Completed": ("checkout",),
    "Order Refunded": ("refund",),
    "Product Shared": ("share",),
    "Product Reviewed": ("rate",),
}

_CALLS = frozenset({"track", "page", "screen", "identify", "group", "alias"})
_HOME = "Home"
_CAMPAIGN = {name: name for name in schema.CAMPAIGN_FIELDS}


def recognise(documents: Sequence[Json]) -> float:
    return conventions.share((each for document in documents for each in events(document)), _is_call)


def _is_call(event: Json) -> bool:
    of_call = event.get("type") in _CALLS if isinstance(event.get("type"), str) else False
    return of_call and not {"messageId", "anonymousId", "userId"}.isdisjoint(event)


def events(document: Json) -> Iterator[Any]:
    batch = document.get("batch")
    yield from batch if isinstance(batch, list) else (document,)


def name_of(event: Json) -> str:
    """The event of a track call; else the kind of call, with the name of the page if any: ``page: Cart``."""
    call = event.get("type")
    if call == "track" or not isinstance(call, str):
        return conventions.name_text(event.get("event"))
    name = conventions.text(event.get("name")) or conventions.text(thing(event.get("properties")).get("name"))
    return conventions.name_text(f"{call}: {name}" if name and call in ("page", "screen") else call)


def event_id(event: Json) -> str:
    return conventions.identity(event.get("messageId"))


def interactions(event: Json, options: Options) -> list[Json] | Skipped:
    name = name_of(event)
    properties = thing(event.get("properties"))
    types = conventions.types_of(name, TYPES, options)
    if isinstance(types, Skipped):
        if types.reason != conventions.NO_TYPE or event.get("type") != "page" or not _is_home(event, properties):
            return types
        types = ("home_page_view",)
    said = thing(event.get("context"))
    page, identity = thing(said.get("page")), event_id(event)
    about = conventions.context(
        identity and f"{NAME}:{identity}",
        NAME,
        campaign=conventions.campaign(thing(said.get("campaign")), _CAMPAIGN),
        ip=said.get("ip"),
        locale=said.get("locale"),
        url=page.get("url"),
        referrer=page.get("referrer"),
        title=page.get("title"),
        user_agent=said.get("userAgent"),
    )
    when = event.get("timestamp") or event.get("originalTimestamp")
    head = conventions.who(event.get("userId"), event.get("anonymousId"), when)
    return conventions.records(types, name, head, about, Properties(properties))


def _is_home(event: Json, properties: Json) -> bool:
    path = properties.get("path") or thing(thing(event.get("context")).get("page")).get("path")
    return _HOME in (event.get("name"), properties.get("name")) or path == "/"


def authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Verify the signature, which is of the body or, for a batch, of its first event as compact JSON."""
    given = conventions.header(headers, SIGNATURE)
    return conventions.signed_in_hex(given, _signed(body), secret)


def _signed(body: bytes) -> Iterator[bytes]:
    yield body
    try:
        found = _batch.decode(body)
        first = (found.batch if isinstance(found, _Batch) else found)[:1]
        if first:
            yield bytes(first[0])
            yield msgspec.json.format(bytes(first[0]), indent=-1)
            yield msgspec.json.encode(msgspec.json.decode(first[0]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return


class _Batch(msgspec.Struct, gc=False):
    batch: list[msgspec.Raw]


_batch = msgspec.json.Decoder(list[msgspec.Raw] | _Batch)
