"""Privacy requests among a tool's events: to erase a person, or to send them their data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from interactions.connectors import conventions, segment, shopify
from interactions.connectors.conventions import thing
from interactions.connectors.source import Json


class Wish(StrEnum):
    """The kind of request."""

    ERASURE = "erasure"
    LETTER = "letter"
    SHOP_ERASURE = "shop_erasure"  # of a whole shop, after its owner removed the app


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """A request, and the ids of its person as in records, empty if the event names nobody."""

    wish: Wish
    user_id: str = ""
    anonymous_id: str = ""

    @property
    def names_nobody(self) -> bool:
        return not self.user_id and not self.anonymous_id


def privacy_request(source: str, event: Json) -> PrivacyRequest | None:
    """The request in an event of the source called ``source``; None if it's any other event."""
    read = _READERS.get(source)
    return read(event) if read else None


def _of_segment(event: Json) -> PrivacyRequest | None:
    """Read Segment's forwarded deletions, calls of the type ``delete``."""
    if event.get("type") != "delete":
        return None
    ids = (conventions.identity(event.get(key)) for key in ("userId", "anonymousId"))
    return PrivacyRequest(Wish.ERASURE, *ids)


def _of_shopify(event: Json) -> PrivacyRequest | None:
    wish = _SHOPIFY.get(shopify.name_of(event))
    if wish is None:
        return None
    return PrivacyRequest(wish, conventions.identity(shopify.plain_id(thing(event.get("customer")).get("id"))))


_SHOPIFY: Mapping[str, Wish] = {
    shopify.CUSTOMER_REDACT: Wish.ERASURE,
    shopify.DATA_REQUEST: Wish.LETTER,
    shopify.SHOP_REDACT: Wish.SHOP_ERASURE,
}
_READERS: Mapping[str, Callable[[Json], PrivacyRequest | None]] = {
    segment.NAME: _of_segment,
    shopify.NAME: _of_shopify,
}
