"""Read messages: an interaction, a list of them, ``{"data": …}``, or events of any known source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, cast

import msgspec
from django.conf import settings

from interactions.codec.calls import are_good
from interactions.codec.rulebook import Violation, check_bytes
from interactions.connectors import SOURCES, Options, dojo, recognised
from interactions.connectors.body import Event, events_in, events_of
from interactions.contract import schema
from interactions.ingest.connections.read import Arrived, Came, Count, read_all
from interactions.ingest.streams.reader import Slice

NO_VALUE: Final = "The message has no value."
NO_EVENTS: Final = "The message has no events."
AGGREGATED: Final = (
    "The Kinesis Producer Library combined several records into one. Turn off its aggregation (AggregationEnabled)."
)
_AGGREGATED_MARK: Final = b"\xf3\x89\x9a\xc2"
_BOM: Final = b"\xef\xbb\xbf"
_EMPTY: Final = "(no value)"
_UNREADABLE: Final = "(not readable)"
_SURE: Final = 0.5


class _Own(msgspec.Struct, gc=False):
    """The fields that identify an interaction in Dojo's format, so that the rest doesn't have to be decoded."""

    type: str


_own = msgspec.json.Decoder(_Own)
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


class Payloads:
    """Converts messages to events. ``source`` is their source, empty to recognize each one.

    ``place`` is the format of a message's position for users, with topic, partition and offset. ``options`` returns the
    options of a source; it's called once per batch of messages.
    """

    def __init__(self, source: str, place: str, options: Callable[[str], Options]) -> None:
        self._source = source
        self._place = place
        self._ask = options
        self._options: dict[str, Options] = {}
        self._last = source or dojo.NAME

    def read(self, slices: Sequence[Slice]) -> Arrived:
        """The records of all messages, and what was skipped or refused. Never raises, whatever they hold."""
        self._options = {}  # they may have been changed since the last messages
        return self._all_plain(slices) or read_all(self._events(slices))

    def _all_plain(self, slices: Sequence[Slice]) -> Arrived | None:
        """The same where each message is a good interaction in Dojo's own form, as mostly, with little work for each;
        None where any is not."""
        values = [value for each in slices for value in each.values]
        if self._source not in ("", dojo.NAME) or not values:
            return None
        try:
            names = [_own.decode(value).type for value in values]  # type: ignore[arg-type]  # None raises, too
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError):
            return None
        records = cast(list[bytes], values)
        text = b",".join(records)
        is_small = max(map(len, records)) <= settings.IMPORT_RECORD_BYTES
        if not is_small or not schema.GROUP_OF.keys() >= set(names) or not are_good(text, len(records)):
            return None
        counts = {name: Count(interactions=count) for name, count in Counter(names).items()}
        return Arrived(len(records), text, counts, all_records=records)

    def _events(self, slices: Sequence[Slice]) -> Iterator[Came]:
        largest = settings.IMPORT_RECORD_BYTES if self._source in ("", dojo.NAME) else -1
        for each in slices:
            for index, raw in enumerate(each.values):
                value = raw.removeprefix(_BOM) if raw is not None else None
                place = partial(self._name, each, index)
                name = _own_type(value) if value is not None and len(value) <= largest else ""
                if name:
                    yield Came(dojo.NAME, Event(name, records=[value or b""], raw=value or b""), place)
                else:
                    yield from self._others(value, place)

    def _name(self, slice_: Slice, index: int) -> str:
        return self._place.format(*slice_.key, slice_.offsets[index])

    def _others(self, value: bytes | None, place: Callable[[], str]) -> Iterator[Came]:
        """The events of a message that isn't a single interaction."""
        if value is None:
            yield Came(dojo.NAME, Event(_EMPTY, skipped=NO_VALUE), place)
            return
        document, violations = _decoded(value)
        if violations:
            yield Came(dojo.NAME, Event(_UNREADABLE, violations=violations, raw=value), place)
            return
        source = self._source or self._found(value, document)
        is_event = isinstance(document, dict) and source != dojo.NAME
        read = partial(events_in, SOURCES[source], document) if is_event else partial(events_of, SOURCES[source], value)
        is_empty = True
        for event in read(self._options_of(source)):
            is_empty = False
            yield Came(source, event, place)
        if is_empty:
            yield Came(dojo.NAME, Event(_EMPTY, skipped=NO_EVENTS), place)

    def _options_of(self, source: str) -> Options:
        if source not in self._options:
            self._options[source] = self._ask(source)
        return self._options[source]

    def _found(self, value: bytes, document: Any) -> str:
        """The source of a message. The last one is tried first, because topics mostly have a single source."""
        listed = document if isinstance(document, list) else [document]
        things = [each for each in listed if isinstance(each, dict)]
        if not things or SOURCES[self._last].recognise(things) < _SURE:
            found = recognised(value)
            self._last = found.source.NAME if found else dojo.NAME
        return self._last


def _own_type(value: bytes) -> str:
    """The type of a message that is one interaction in Dojo's format, valid or not; empty for anything else."""
    try:
        name = _own.decode(value).type
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return name if name in schema.GROUP_OF else ""


def _decoded(value: bytes) -> tuple[Any, list[Violation]]:
    """Decode a message, or return the reason why it can't be read. It must be one JSON value."""
    reason = ""
    if len(value) > settings.IMPORT_RECORD_BYTES:
        size, most = len(value) >> 20, settings.IMPORT_RECORD_BYTES >> 20
        reason = f"The message has {size} MB. Dojo takes messages of up to {most} MB (IMPORT_RECORD_BYTES)."
    elif value.startswith(_AGGREGATED_MARK):
        reason = AGGREGATED
    elif not value.strip():
        reason = "The message is empty."
    if reason:
        return None, [Violation("", reason)]
    try:
        return _anything.decode(value), []
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, check_bytes(value).violations or [Violation("", "The message isn't valid JSON.")]
