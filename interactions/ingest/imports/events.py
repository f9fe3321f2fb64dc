"""Other tools' events in a block: converted by their connector, then checked by the codec."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.conf import settings

from interactions.codec.reader import Batch, Reader
from interactions.codec.rejected import Rejected
from interactions.codec.split.windows import ByteRange
from interactions.connectors import SOURCES, Chunk, Options, Skipped, records
from interactions.ingest.connections import types
from interactions.models import Block, Import, SkippedEvents

_MOST_NAMES = 1000  # distinct names of skipped events counted per block


def options_of(imp: Import) -> Options:
    """The user's options for an import's events. Once it's loading, the ones it started with apply to all blocks."""
    zone = ZoneInfo(imp.zone) if imp.zone else None
    if imp.started_at is not None:
        return Options(zone, imp.event_types)
    return types.options_of(imp.environment_id, imp.connector, zone)


def events_of(imp: Import, reader: Reader, file: BinaryIO, run: ByteRange) -> Iterator[tuple[Batch, Counter[Skipped]]]:
    """The batches of a run of events, and the skipped events of each. Raises Unsound like the reader.

    Rejected records come with the original event.
    """
    source, longest = SOURCES[imp.connector], settings.IMPORT_RECORD_BYTES
    for chunk in records(source, file, options_of(imp), run=run, longest=longest):
        yield judged(chunk, reader), chunk.skipped


def judged(chunk: Chunk, reader: Reader) -> Batch:
    """Check a chunk with the codec, as one batch."""
    made = Batch(chunk.size, len(chunk.rejected), rejected=list(chunk.rejected))
    size = len(chunk.lines)
    first = 0
    for batch in reader.read(io.BytesIO(chunk.lines), ByteRange(0, size, size)) if size else ():
        made.records += batch.records
        made.untimed += batch.untimed
        made.tables += batch.tables
        made.rejected += [_of_event(chunk, rejected) for rejected in batch.rejected]
        first += batch.records
    made.rejected.sort(key=lambda rejected: rejected.index)
    return made


def _of_event(chunk: Chunk, rejected: Rejected) -> Rejected:
    origin = chunk.origin(rejected.index)
    return replace(rejected, index=origin.index, offset=origin.offset, text=origin.text, own=rejected.text)


def note_skipped(block: Block, events: Counter[Skipped]) -> None:
    """Save which events of a block were skipped, replacing what was saved before."""
    SkippedEvents.objects.filter(block=block).delete()
    SkippedEvents.objects.bulk_create(
        SkippedEvents(block=block, name=said.name, reason=said.reason, count=count)
        for said, count in events.most_common(_MOST_NAMES)
    )
