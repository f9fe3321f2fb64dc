"""Read a source's documents, and convert their events to records."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any, BinaryIO

import msgspec

from interactions.codec.rejected import Rejected
from interactions.codec.rulebook import Violation, check_bytes, refused
from interactions.codec.split.windows import WINDOW_BYTES, ByteRange, Unsound
from interactions.connectors.documents import Decoded, documents
from interactions.connectors.source import Chunk, EventOrigin, Json, Options, Skipped, Source
from interactions.contract import schema

_MOST_NAMES = 1000  # kinds of skipped events counted separately per chunk
_OTHERS = Skipped("(other events)", "They have no interaction type.")
_NO_EVENT = "It isn't an event."
_NOTE = schema.NOTE
_TOO_DEEP = schema.DEEPEST + 1
_encoder = msgspec.json.Encoder()


def first_documents(head: bytes, *, is_whole: bool) -> list[Json]:
    """The complete objects at the beginning of a text."""
    found: list[Json] = []
    if b"{" not in head:
        return found  # as in most CSV files, which would be searched for the beginning of a record several times
    run = ByteRange(0, len(head), len(head) if is_whole else len(head) + 1)
    with suppress(Unsound):  # the text ends in the middle of a document
        for decoded in documents(io.BytesIO(head), run, max(len(head), 1)):
            found += [each for each in decoded.documents if isinstance(each, dict)]
    return found


def chunks(source: Source, file: BinaryIO, options: Options, run: ByteRange | None, longest: int) -> Iterator[Chunk]:
    """See ``connectors.records``."""
    if run is None:
        length = file.seek(0, io.SEEK_END)
        run = ByteRange(0, length, length)
    index = size = 0
    held: list[Chunk] = []
    try:
        for decoded in documents(file, run, longest):
            chunk = _Reading(source, options, decoded, index).chunk()
            index += chunk.records + chunk.skipped.total() + len(chunk.rejected)
            if held and size + chunk.size > WINDOW_BYTES:
                yield _joined(held)
                size, held = 0, []
            size += chunk.size
            held.append(chunk)
    except Unsound:
        if held:
            yield _joined(held)
        raise
    if held:
        yield _joined(held)


def _joined(parts: list[Chunk]) -> Chunk:
    """Join several chunks, because the codec is faster with many records at a time."""
    if len(parts) == 1:
        return parts[0]
    whole = Chunk(0)
    firsts: list[int] = []
    for part in parts:
        firsts.append(whole.records)
        whole.size += part.size
        whole.records += part.records
        whole.events += part.events
        whole.skipped.update(part.skipped)
        whole.rejected += part.rejected
        whole.names += part.names
    whole.lines = b"".join(part.lines for part in parts)
    whole.find = lambda record: _origin_in(parts, firsts, record)
    return whole


def _origin_in(parts: list[Chunk], firsts: list[int], record: int) -> EventOrigin:
    number = bisect_right(firsts, record) - 1
    return parts[number].origin(record - firsts[number])


class _Reading:
    """Builds one chunk. ``index`` is the number of its first record, or skipped or rejected event."""

    def __init__(self, source: Source, options: Options, decoded: Decoded, index: int) -> None:
        self._source, self._options, self._index = source, options, index
        self._documents, self._size, self._find_places = decoded.documents, decoded.size, decoded.places
        self._made: list[Json] = []
        self._skipped: Counter[Skipped] = Counter()
        self._rejected: list[Rejected] = []
        self._idle = 0  # events without a record
        # The document of each event, and the event and number of each record, for looking up rejected ones.
        self._document_of: list[int] = []
        self._event_of: list[int] = []
        self._number_of: list[int] = []
        self._names: list[str] = []

    def chunk(self) -> Chunk:
        for number, document in enumerate(self._documents):
            if isinstance(document, Rejected):
                self._reject(number, document.text, document.violations, document.more)
            else:
                self._read(number, document)
        lines, records = self._encoded(), len(self._made)
        self._documents.clear()  # so that the next ones reuse their memory while it's in the CPU cache
        self._made.clear()
        events = len(self._document_of)
        return Chunk(self._size, lines, records, events, self._skipped, self._rejected, self._origin, self._names)

    def _read(self, number: int, document: Json) -> None:
        """Convert the events in a document."""
        interactions, name_of, options = self._source.interactions, self._source.name_of, self._options
        for event in self._source.events(document):
            if not isinstance(event, dict) or (_NOTE in event and len(event) == 1):
                self._refuse(number, event)
                continue
            said = interactions(event, options)
            if isinstance(said, list):
                name = name_of(event)
                for record in said:
                    self._names.append(name)
                    self._event_of.append(len(self._document_of))
                    self._number_of.append(self._idle + len(self._made))
                    self._made.append(record)
            else:
                self._skip(said)
            self._document_of.append(number)

    def _skip(self, skipped: Skipped) -> None:
        full = len(self._skipped) >= _MOST_NAMES and skipped not in self._skipped
        self._skipped[_OTHERS if full else skipped] += 1
        self._idle += 1

    def _refuse(self, number: int, event: Any) -> None:
        """Reject something that isn't an event. If it's only Dojo's note on an earlier rejection, reject the original
        text again."""
        note = event[_NOTE] if isinstance(event, dict) else None
        before = note.get("text") if isinstance(note, dict) else None
        text = before.encode() if isinstance(before, str) else msgspec.json.encode(event)
        self._reject(number, text, check_bytes(text).violations or refused(_NO_EVENT).violations)

    def _reject(self, number: int, text: bytes, violations: list[Violation], more: int = 0) -> None:
        at = self._index + self._idle + len(self._made)
        self._rejected.append(Rejected(at, self._places[number][0], text, violations, more))
        self._document_of.append(number)
        self._idle += 1

    def _encoded(self) -> bytes:
        try:
            return _encoder.encode_lines(self._made)
        except RecursionError:  # one is nested too deeply
            return b"".join(record_text(record) + b"\n" for record in self._made)

    @cached_property
    def _places(self) -> list[tuple[int, bytes]]:
        return self._find_places()

    @cached_property
    def _first_of(self) -> dict[int, int]:
        """The index of the first event of each document with several events."""
        held = Counter(self._document_of)
        return {number: self._document_of.index(number) for number, count in held.items() if count > 1}

    def _origin(self, record: int) -> EventOrigin:
        event = self._event_of[record]
        number = self._document_of[event]
        offset, text = self._places[number]
        if number in self._first_of:  # only the event, because its document may be the whole file
            text = msgspec.json.encode(self._batches[number][event - self._first_of[number]])
        return EventOrigin(self._index + self._number_of[record], offset, text)

    @cached_property
    def _batches(self) -> dict[int, list[Any]]:
        texts = {number: self._places[number][1] for number in self._first_of}
        return {number: list(self._source.events(msgspec.json.decode(text))) for number, text in texts.items()}


def record_text(record: Json) -> bytes:
    """A record as JSON. If it's nested too deeply, a placeholder that the codec rejects for the same reason."""
    try:
        return _encoder.encode(record)
    except RecursionError:
        return b'{"type":"","timestamp":' + b"[" * _TOO_DEEP + b"]" * _TOO_DEEP + b"}"
