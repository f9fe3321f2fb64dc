"""Other tools' events in a block: what their connector makes of them, as the codec judges it."""

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
from interactions.codec.split.windows import Run
from interactions.connectors import SOURCES, Chunk, Options, Skipped, records
from interactions.ingest.connections import types
from interactions.models import Block, Import, SkippedEvents

_MOST_NAMES = 1000  # of a block's skipped events that are told apart


def options_of(imp: Import) -> Options:
    """What the user said of an import's events. Once it loads, all its blocks are read by what was chosen then."""
    zone = ZoneInfo(imp.zone) if imp.zone else None
    if imp.started_at is not None:
        return Options(zone, imp.event_types)
    return types.options_of(imp.environment_id, imp.connector, zone)


def events_of(imp: Import, reader: Reader, file: BinaryIO, run: Run) -> Iterator[tuple[Batch, Counter[Skipped]]]:
    """The batches of a run of events, and which of each were skipped. Raises Unsound as the reader does.

    A rejected record comes with its event, as the source wrote it.
    """
    source, longest = SOURCES[imp.connector], settings.IMPORT_RECORD_BYTES
    for chunk in records(source, file, options_of(imp), run=run, longest=longest):
        yield judged(chunk, reader), chunk.skipped


def judged(chunk: Chunk, reader: Reader) -> Batch:
    """The codec's verdict on a chunk, as one batch."""
    made = Batch(chunk.size, len(chunk.rejected), rejected=list(chunk.rejected))
    size = len(chunk.lines)
    first = 0
    for batch in reader.read(io.BytesIO(chunk.lines), Run(0, size, size)) if size else ():
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
    """Keep which events of a block were skipped, in place of what was kept before."""
    SkippedEvents.objects.filter(block=block).delete()
    SkippedEvents.objects.bulk_create(
        SkippedEvents(block=block, name=said.name, reason=said.reason, count=count)
        for said, count in events.most_common(_MOST_NAMES)
    )
