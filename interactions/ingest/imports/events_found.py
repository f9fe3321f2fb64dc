"""Other tools' events at the beginning of a file: their names, and the interactions they become."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from interactions.codec.split.windows import ByteRange, Unsound
from interactions.connectors import SOURCES, Options, Source, first_documents, records
from interactions.connectors.source import ZONE, Json
from interactions.ingest.imports.events import options_of
from interactions.ingest.imports.sample import SHOWN, FileSample, read_sample
from interactions.models import Import

EVENTS_BYTES = 8 << 20
"""Bytes of a file in which events are counted by name. The first megabyte is also converted as a sample."""
_SAMPLE_BYTES = 1 << 20
_LONGEST = 1 << 20
_SHOWN = 1000  # characters of an event


@dataclass(slots=True)
class EventName:
    """Events with one name: their number, the types they become, how many are skipped, and why.

    ``usual`` are the source's default types, empty if it skips such events. ``chosen`` is the type chosen by a user:
    empty to skip them, None if there was no choice. ``sample`` is the first such event as JSON, cut.
    """

    name: str
    usual: tuple[str, ...] = ()
    chosen: str | None = None
    sample: str = ""
    count: int = 0
    types: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    reason: str = ""

    @property
    def kinds(self) -> list[str]:
        """The types, most frequent first.

        Templates can't list a Counter's keys, because it has a value for any name.
        """
        return [kind for kind, _ in self.types.most_common()]


@dataclass(frozen=True, slots=True)
class EventsFound:
    """The events at the beginning of a file; ``is_all`` if that is the whole file.

    ``names`` are the names of events, most frequent first. ``sample`` is the result of checking the first converted
    records; rejected ones come with their event. ``asks_zone``: times can be local times of a zone.
    """

    title: str
    names: list[EventName]
    is_all: bool
    asks_zone: bool
    sample: FileSample

    @property
    def count(self) -> int:
        return sum(name.count for name in self.names)

    @property
    def skipped(self) -> int:
        return sum(name.skipped for name in self.names)


def events_found(imp: Import, text: bytes, types: Mapping[str, str | None] | None, *, is_whole: bool) -> EventsFound:
    """Inspect the beginning of the file of an import with a connector.

    ``types`` are the chosen types by event name, the saved ones by default.
    """
    source, options = SOURCES[imp.connector], options_of(imp)
    options = options if types is None else replace(options, types=types)
    names = _names(source, options, text, is_whole=is_whole)
    head = text[:_SAMPLE_BYTES]
    sample = _sample(source, options, head, is_whole=is_whole and len(head) == len(text))
    return EventsFound(source.TITLE, names, is_whole, ZONE in source.ASKS, sample)


def _names(source: Source, options: Options, text: bytes, *, is_whole: bool) -> list[EventName]:
    names: dict[str, EventName] = {}
    documents = first_documents(text, is_whole=is_whole)
    for event in (event for document in documents for event in source.events(document) if isinstance(event, dict)):
        name = source.name_of(event)
        entry = names.get(name) or names.setdefault(name, _entry(source, options, name, event))
        entry.count += 1
        made = source.interactions(event, options)
        if isinstance(made, list):
            entry.types.update(str(record.get("type")) for record in made)
        else:
            entry.skipped, entry.reason = entry.skipped + 1, made.reason
    return sorted(names.values(), key=lambda entry: (-entry.count, entry.name))


def _entry(source: Source, options: Options, name: str, event: Json) -> EventName:
    chosen = (options.types[name] or "") if name in options.types else None
    text = json.dumps(event, ensure_ascii=False)
    return EventName(name, source.TYPES.get(name, ()), chosen, text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _sample(source: Source, options: Options, head: bytes, *, is_whole: bool) -> FileSample:
    """Check the records at the beginning of a text."""
    sample = FileSample()
    run = ByteRange(0, len(head), len(head) if is_whole else len(head) + 1)
    with suppress(Unsound):  # it ends in the middle of an event
        for chunk in records(source, io.BytesIO(head), options, run=run, longest=_LONGEST):
            found = read_sample(bytes(chunk.lines), is_whole=True, longest=_LONGEST)
            sample.records += found.records + len(chunk.rejected)
            sample.types += found.types
            sample.moments += found.moments
            sample.rejected += chunk.rejected
            for rejected in found.rejected:
                origin = chunk.origin(rejected.index)
                sample.rejected.append(replace(rejected, index=origin.index, offset=origin.offset, text=origin.text))
            sample.first += found.first[: SHOWN - len(sample.first)]
    return sample
