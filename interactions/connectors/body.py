"""Read the body of a call event by event, so that events can be counted by name and outcome."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from interactions.codec.rejected import Rejected
from interactions.codec.rulebook import Violation, check_bytes
from interactions.codec.split.windows import ByteRange
from interactions.connectors.conventions import UNNAMED
from interactions.connectors.documents import documents
from interactions.connectors.read import record_text
from interactions.connectors.source import Json, Options, Skipped, Source


@dataclass(slots=True)
class Event:
    """An event: its ``records`` in Dojo's format (JSON texts), or the reason for skipping it (``skipped``).

    If it isn't an event at all, it has ``violations``. ``document`` is the decoded event, empty if it isn't an object.
    """

    name: str = UNNAMED
    document: Json = field(default_factory=dict)
    records: list[bytes] = field(default_factory=list)
    skipped: str = ""
    violations: list[Violation] = field(default_factory=list)
    raw: bytes = b""

    @property
    def text(self) -> bytes:
        """The event as JSON, or whatever was sent instead of one."""
        return self.raw or record_text(self.document)


def events_of(source: Source, body: bytes, options: Options) -> Iterator[Event]:
    """The events in a body, in order. Never raises, whatever the body is."""
    run = ByteRange(0, len(body), len(body))
    for decoded in documents(io.BytesIO(body), run, len(body) + 1):
        for document in decoded.documents:
            if isinstance(document, Rejected):
                yield Event(violations=document.violations, raw=document.text)
                continue
            yield from events_in(source, document, options)


def events_in(source: Source, document: Json, options: Options) -> Iterator[Event]:
    """The events in a document, in order. Never raises."""
    for event in source.events(document):
        yield _event(source, event, options)


def _event(source: Source, event: object, options: Options) -> Event:
    if not isinstance(event, dict):
        text = msgspec.json.encode(event)
        return Event(violations=check_bytes(text).violations, raw=text)
    said = source.interactions(event, options)
    if isinstance(said, Skipped):
        return Event(said.name, event, skipped=said.reason)
    return Event(source.name_of(event), event, [record_text(record) for record in said])
