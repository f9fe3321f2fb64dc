"""Other tools' events in a block: converted by their connector, then checked by the codec."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.conf import settings

from interactions.codec.reader import Batch, Reader
from interactions.codec.rejected import Rejected
from interactions.codec.split.windows import ByteRange
from interactions.connectors import SOURCES, Chunk, Options, Skipped, records
from interactions.ingest.connections import types
from interactions.models import Block, Import, ImportedEvents, SkippedEvents

_MOST_NAMES = 1000  # distinct names of events counted per block, skipped ones apart
_LONGEST_NAME = 200


def options_of(imp: Import) -> Options:
    """The user's options for an import's events. Once it's loading, the ones it started with apply to all blocks."""
    zone = ZoneInfo(imp.zone) if imp.zone else None
    if imp.started_at is not None:
        return Options(zone, imp.event_types)
    return types.options_of(imp.environment_id, imp.connector, zone)


@dataclass(slots=True)
class NameCounts:
    """What came of the events of a block, by their names: ``skipped`` events, and good and ``refused`` records."""

    skipped: Counter[Skipped] = field(default_factory=Counter)
    interactions: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, chunk: Chunk, refused: Iterable[int]) -> None:
        """Count a chunk, of which the records with these numbers are ``refused``."""
        names = list(map(chunk.names.__getitem__, refused))
        self.skipped += chunk.skipped
        self.refused.update(names)
        self.interactions.update(chunk.names)
        self.interactions.subtract(names)


def events_of(
    imp: Import, reader: Reader, file: BinaryIO, run: ByteRange, names: NameCounts
) -> Iterator[tuple[Batch, int]]:
    """The batches of a run of events, and how many events of each were skipped. Raises Unsound like the reader.

    Rejected records come with the original event. What became of events is added to ``names``.
    """
    source, longest = SOURCES[imp.connector], settings.IMPORT_RECORD_BYTES
    for chunk in records(source, file, options_of(imp), run=run, longest=longest):
        batch, refused = judged(chunk, reader)
        names.add(chunk, refused)
        yield batch, chunk.skipped.total()


def judged(chunk: Chunk, reader: Reader) -> tuple[Batch, list[int]]:
    """Check a chunk with the codec, as one batch; and the numbers of its records that are refused."""
    refused: list[int] = []
    made = Batch(chunk.size, len(chunk.rejected), rejected=list(chunk.rejected))
    size = len(chunk.lines)
    first = 0
    for batch in reader.read(io.BytesIO(chunk.lines), ByteRange(0, size, size)) if size else ():
        made.records += batch.records
        made.untimed += batch.untimed
        made.tables += batch.tables
        made.rejected += [_of_event(chunk, rejected) for rejected in batch.rejected]
        refused += [rejected.index for rejected in batch.rejected]
        first += batch.records
    made.rejected.sort(key=lambda rejected: rejected.index)
    return made, refused


def _of_event(chunk: Chunk, rejected: Rejected) -> Rejected:
    origin = chunk.origin(rejected.index)
    return replace(rejected, index=origin.index, offset=origin.offset, text=origin.text, own=rejected.text)


def note_names(block: Block, names: NameCounts) -> None:
    """Save what became of a block's events, replacing what was saved before."""
    note_skipped(block, names.skipped)
    made: dict[str, list[int]] = {}
    for place, counter in enumerate((names.interactions, names.refused)):
        for name, count in counter.most_common(_MOST_NAMES):
            row = made.setdefault(_kept(name), [0, 0])
            row[place] += count
    ImportedEvents.objects.filter(block=block).delete()
    ImportedEvents.objects.bulk_create(
        ImportedEvents(block=block, name=name, interactions=good, refused=bad) for name, (good, bad) in made.items()
    )


def _kept(name: str) -> str:
    """A name as every database takes it."""
    return name.replace("\x00", "␀").encode(errors="replace").decode()[:_LONGEST_NAME]


def note_skipped(block: Block, events: Counter[Skipped]) -> None:
    """Save which events of a block were skipped, replacing what was saved before."""
    SkippedEvents.objects.filter(block=block).delete()
    SkippedEvents.objects.bulk_create(
        SkippedEvents(block=block, name=said.name, reason=said.reason, count=count)
        for said, count in events.most_common(_MOST_NAMES)
    )
