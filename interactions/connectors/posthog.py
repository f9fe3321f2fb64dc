"""PostHog: events from a batch export or a webhook destination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from interactions.connectors import conventions
from interactions.connectors.conventions import thing
from interactions.connectors.ecommerce import FREE_NAMES, Properties
from interactions.connectors.source import Json, Options, Skipped, Types

NAME: Final = "posthog"
TITLE: Final = "PostHog"
ASKS: tuple[str, ...] = ()
SIGNATURE: Final = ""
TYPES: Types = FREE_NAMES

_DIRECT = "$direct"  # what PostHog writes without a referrer


def recognise(documents: Sequence[Json]) -> float:
    return conventions.share((each for document in documents for each in events(document)), _is_event)


def _is_event(event: Json) -> bool:
    is_named = isinstance(event.get("event"), str) and isinstance(event.get("properties"), (dict, str))
    return is_named and {"uuid", "distinct_id", "timestamp"} <= event.keys()


def events(document: Json) -> Iterator[Any]:
    """Unwrap the event: webhooks send it together with the person."""
    inner = document.get("event")
    yield inner if isinstance(inner, dict) else document


def name_of(event: Json) -> str:
    return conventions.name_text(event.get("event"))


def event_id(event: Json) -> str:
    return conventions.identity(event.get("uuid"))


def interactions(event: Json, options: Options) -> list[Json] | Skipped:
    name = name_of(event)
    types = conventions.types_of(name, TYPES, options)
    if isinstance(types, Skipped):
        return types
    said, identity = _properties(event.get("properties")), event_id(event)
    referrer = said.get("$referrer")
    about = conventions.context(
        identity and f"{NAME}:{identity}",
        NAME,
        campaign=conventions.utm(said),
        ip=said.get("$ip"),
        locale=said.get("$browser_language"),
        region=said.get("$geoip_subdivision_1_name"),
        url=said.get("$current_url"),
        referrer=None if referrer == _DIRECT else referrer,
        title=said.get("title") or said.get("$title"),
        user_agent=said.get("$raw_user_agent"),
    )
    user, visitor = _ids(event.get("distinct_id"), said)
    head = conventions.who(user, visitor, conventions.in_utc(event.get("timestamp")))
    return conventions.records(types, name, head, about, Properties(said))


def _properties(said: Any) -> Json:
    """The properties, which in Parquet files are JSON text."""
    if isinstance(said, str):
        try:
            said = msgspec.json.decode(said)
        except (msgspec.MsgspecError, RecursionError):
            return {}
    return thing(said)


def _ids(distinct: Any, said: Json) -> tuple[Any, Any]:
    """The user and the visitor. ``distinct_id`` is the device's id until the user is identified."""
    user, device = said.get("$user_id"), said.get("$device_id")
    if user or not distinct or distinct == device:
        return user, device
    return distinct, device


def authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    return True
