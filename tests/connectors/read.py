"""Read events as a file would bring them, and compare what comes of them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from interactions.codec import origin as codec
from interactions.codec.reader import Batch, Reader
from interactions.codec.split.windows import ByteRange
from interactions.connectors import SOURCES, Chunk, Options, records

AGENT = "Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0"


def read(source: str, events: Iterable[Any] | bytes, options: Options | None = None) -> list[Chunk]:
    """The chunks of a file with an event a line, or of these bytes."""
    text = events if isinstance(events, bytes) else b"".join(json.dumps(event).encode() + b"\n" for event in events)
    return list(records(SOURCES[source], io.BytesIO(text), options or Options()))


def verdicts(chunk: Chunk) -> list[Batch]:
    """What the codec makes of a chunk's records."""
    size = len(chunk.lines)
    reader = Reader(codec.Origin(0, None), None, longest=16 << 20)
    return list(reader.read(io.BytesIO(chunk.lines), ByteRange(0, size, size)))


def made(source: str, *events: Any, options: Options | None = None) -> list[dict[str, Any]]:
    """The records that events stand for, times as moments; the codec takes each of them."""
    chunks = read(source, events, options)
    assert not any(chunk.rejected for chunk in chunks)
    for chunk in chunks:
        batches = verdicts(chunk)
        assert [each.violations for batch in batches for each in batch.rejected] == []
        assert sum(batch.accepted for batch in batches) == chunk.records
    return as_moments(json.loads(line) for chunk in chunks for line in bytes(chunk.lines).splitlines())


def skipped(source: str, *events: Any, options: Options | None = None) -> dict[str, int]:
    """How many events of each name are skipped."""
    counts: dict[str, int] = {}
    for chunk in read(source, events, options):
        for said, count in chunk.skipped.items():
            counts[said.name] = counts.get(said.name, 0) + count
    return counts


def as_moments(listed: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records with their timestamps as moments, which may be written in several ways."""
    return [
        {**each, "timestamp": datetime.fromisoformat(each["timestamp"])} if "timestamp" in each else each
        for each in listed
    ]
