"""Amplitude: JSON Lines from the Export API (a zip of gzipped files)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from interactions.connectors import conventions
from interactions.connectors.conventions import thing
from interactions.connectors.ecommerce import FREE_NAMES, Properties
from interactions.connectors.source import Json, Options, Skipped, Types

NAME: Final = "amplitude"
TITLE: Final = "Amplitude"
ASKS: tuple[str, ...] = ()
SIGNATURE: Final = ""
TYPES: Types = FREE_NAMES

_OWN = frozenset({"amplitude_id", "event_properties", "device_id", "server_upload_time", "$insert_id"})
_FITTING = 3  # so many of these keys identify an Amplitude event


def recognise(documents: Sequence[Json]) -> float:
    return conventions.share(documents, _is_event)


def _is_event(event: Json) -> bool:
    is_named = isinstance(event.get("event_type"), str) and "event_time" in event
    return is_named and sum(key in event for key in _OWN) >= _FITTING


def events(document: Json) -> Iterator[Any]:
    yield document


def name_of(event: Json) -> str:
    return conventions.name_text(event.get("event_type"))


def event_id(event: Json) -> str:
    return conventions.identity(event.get("$insert_id") or event.get("uuid"))


def interactions(event: Json, options: Options) -> list[Json] | Skipped:
    name = name_of(event)
    types = conventions.types_of(name, TYPES, options)
    if isinstance(types, Skipped):
        return types
    said, identity = thing(event.get("event_properties")), event_id(event)
    about = conventions.context(
        identity and f"{NAME}:{identity}",
        NAME,
        campaign=conventions.utm(said) or conventions.utm(thing(event.get("user_properties"))),
        ip=event.get("ip_address"),
        region=event.get("region"),
        url=said.get("[Amplitude] Page Location") or said.get("[Amplitude] Page URL"),
        referrer=said.get("referrer"),
        title=said.get("[Amplitude] Page Title"),
        user_agent=event.get("user_agent"),
    )
    head = conventions.who(event.get("user_id"), event.get("device_id"), conventions.in_utc(event.get("event_time")))
    return conventions.records(types, name, head, about, Properties(said))


def authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    return True
