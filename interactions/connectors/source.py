"""The interface of a source, that is, a tool whose events Dojo can read, and the results of reading it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from interactions.codec.rejected import Rejected

#: A decoded JSON object: an event of a source, or a record in Dojo's format.
Json = dict[str, Any]
#: The default interaction types by event name. With two types, an event becomes two records.
Types = Mapping[str, tuple[str, ...]]

ZONE = "zone"
"""A question to ask the user: the time zone of times without one (``Options.zone``)."""


@dataclass(frozen=True, slots=True)
class Options:
    """Choices that can't be found in the data.

    ``zone`` is the time zone of times without one, None for UTC. ``types`` maps event names to interaction types and
    takes precedence over the source's defaults; None skips an event.
    """

    zone: tzinfo | None = None
    types: Mapping[str, str | None] = field(default_factory=dict)


class Skipped(msgspec.Struct, frozen=True, gc=False):
    """An event that isn't converted: its ``name``, and the ``reason`` as a sentence."""

    name: str
    reason: str


class Source(Protocol):
    """A tool whose events Dojo understands. It's a module with these names; no function raises, whatever the JSON."""

    NAME: str  # in addresses, in tables, and in custom_context.source
    TITLE: str  # on pages
    TYPES: Types  # event name to interaction types
    ASKS: tuple[str, ...]  # questions to ask the user about a file: ZONE, or none
    SIGNATURE: str  # the header with a webhook's signature; empty if the tool doesn't sign

    def recognise(self, documents: Sequence[Json], /) -> float:
        """The confidence, from 0 to 1, that the first documents of a file or body are this tool's."""

    def events(self, document: Json, /) -> Iterator[Any]:
        """The events in a JSON document, which may be a batch or an envelope. Non-objects are rejected later."""

    def interactions(self, event: Json, options: Options, /) -> list[Json] | Skipped:
        """Convert an event to records in Dojo's format. The codec validates them like any others."""

    def name_of(self, event: Json, /) -> str:
        """The event's name, as shown on pages."""

    def event_id(self, event: Json, /) -> str:
        """The event's unique id within this source; empty if it has none."""

    def authentic(self, headers: Mapping[str, str], body: bytes, secret: str, /) -> bool:
        """Whether a webhook was signed with ``secret``. Always true if the tool doesn't sign: then only the token in
        the URL protects it."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The source of a file or body, recognized from its beginning.

    ``events`` is the number of events in the beginning, and ``names`` counts them by name; ``asks`` are questions for
    the user.
    """

    source: Source
    confidence: float
    events: int
    names: Counter[str]
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventOrigin:
    """The origin of a record: its ``index`` (from 0) among all records and skipped or rejected events that were read,
    the byte ``offset`` of its event, and the event's original ``text``."""

    index: int
    offset: int
    text: bytes


@dataclass(slots=True)
class Chunk:
    """The result of reading ``size`` bytes of a source's text.

    ``lines`` has ``records`` records in Dojo's format, as JSON Lines. ``skipped`` counts events by name and reason.
    ``rejected`` has everything that isn't an event, such as damaged JSON. ``events`` counts all of these events.
    ``names`` has the event name of each record; a table has none.
    """

    size: int
    lines: bytes | memoryview = b""
    records: int = 0
    events: int = 0
    skipped: Counter[Skipped] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    find: Callable[[int], EventOrigin] | None = None
    names: list[str] = field(default_factory=list)

    def origin(self, record: int) -> EventOrigin:
        """The origin of a record in ``lines``, by its index from 0; needed for records that the codec rejects."""
        if self.find is None:
            raise LookupError("This source keeps no origins.")
        return self.find(record)
