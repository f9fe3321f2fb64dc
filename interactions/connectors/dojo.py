"""Dojo's own format: records are passed on as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from interactions.connectors import conventions
from interactions.connectors.conventions import thing
from interactions.connectors.source import Json, Options, Skipped, Types
from interactions.contract import schema

NAME: Final = "dojo"
TITLE: Final = "Dojo"
ASKS: tuple[str, ...] = ()
SIGNATURE: Final = ""
TYPES: Types = {name: (name,) for name in schema.TYPES}


def recognise(documents: Sequence[Json]) -> float:
    return conventions.share((each for document in documents for each in events(document)), _is_record)


def _is_record(record: Json) -> bool:
    return isinstance(record.get("type"), str) and record["type"] in schema.GROUP_OF


def events(document: Json) -> Iterator[Any]:
    listed = document.get("data")
    yield from listed if isinstance(listed, list) and "type" not in document else (document,)


def name_of(event: Json) -> str:
    return conventions.name_text(event.get("type"))


def event_id(event: Json) -> str:
    custom = thing(thing(event.get("context")).get("custom_context"))
    return conventions.identity(custom.get(schema.RECORD_UUID))


def interactions(event: Json, options: Options) -> list[Json] | Skipped:
    return [event]


def authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    return True
