"""Mixpanel: JSON Lines from the raw event export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from interactions.connectors import conventions
from interactions.connectors.conventions import thing
from interactions.connectors.ecommerce import FREE_NAMES, Properties
from interactions.connectors.source import ZONE, Json, Options, Skipped, Types

NAME: Final = "mixpanel"
TITLE: Final = "Mixpanel"
ASKS: tuple[str, ...] = (ZONE,)  # older projects write local times
SIGNATURE: Final = ""
TYPES: Types = FREE_NAMES

_SECOND = timedelta(seconds=1)
_DEVICE = "$device:"
_OWN = frozenset({"$insert_id", "mp_lib", "mp_country_code", "mp_processing_time_ms", "$device_id", "$user_id"})


def recognise(documents: Sequence[Json]) -> float:
    return conventions.share(documents, _is_event)


def _is_event(event: Json) -> bool:
    properties = thing(event.get("properties"))
    is_one = isinstance(event.get("event"), str) and "time" in properties and "distinct_id" in properties
    return is_one and not _OWN.isdisjoint(properties)


def events(document: Json) -> Iterator[Any]:
    yield document


def name_of(event: Json) -> str:
    return conventions.name_text(event.get("event"))


def event_id(event: Json) -> str:
    return conventions.identity(thing(event.get("properties")).get("$insert_id"))


def interactions(event: Json, options: Options) -> list[Json] | Skipped:
    name = name_of(event)
    types = conventions.types_of(name, TYPES, options)
    if isinstance(types, Skipped):
        return types
    said, identity = thing(event.get("properties")), event_id(event)
    about = conventions.context(
        identity and f"{NAME}:{identity}",
        NAME,
        campaign=conventions.utm(said),
        ip=said.get("$ip") or said.get("ip"),
        region=said.get("$region"),
        url=said.get("$current_url") or said.get("current_url"),
        referrer=said.get("$referrer"),
        user_agent=said.get("$user_agent"),
    )
    user, visitor = _ids(said)
    head = conventions.who(user, visitor, conventions.moment(said.get("time"), _SECOND, options.zone))
    return conventions.records(types, name, head, about, Properties(said))


def _ids(said: Json) -> tuple[Any, Any]:
    """The user and the visitor. ``distinct_id`` is either; with the prefix ``$device:`` it's the device."""
    user, device, distinct = said.get("$user_id"), said.get("$device_id"), said.get("distinct_id")
    if isinstance(distinct, str) and distinct.startswith(_DEVICE):
        return user, device or distinct.removeprefix(_DEVICE)
    if user or not distinct or distinct == device:
        return user, device
    return distinct, device


def authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    return True
