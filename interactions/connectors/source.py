"""What a source of other tools' events is, and what comes of reading one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from interactions.codec.rejected import Rejected

#: A JSON object, decoded: an event of a source, or a record in Dojo's own form.
Json = dict[str, Any]
#: The default interaction types of an event name. With two, the second is a further record of the same event.
Types = Mapping[str, tuple[str, ...]]

ZONE = "zone"
"""What has to be asked: the time zone of times that come without one (``Options.zone``)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the data itself can't say.

    ``zone`` is that of times without one; None reads them as UTC. ``types`` maps event names to interaction types, over
    the source's own table; None skips an event on purpose.
    """

    zone: tzinfo | None = None
    types: Mapping[str, str | None] = field(default_factory=dict)


class Skipped(msgspec.Struct, frozen=True, gc=False):
    """An event that stands for no interaction: its ``name`` as a table of names shows it, and why, as a sentence."""

    name: str
    reason: str


class Source(Protocol):
    """A tool whose events Dojo understands. A module with these names is one; nothing in it raises for any JSON."""

    NAME: str  # in addresses, in tables, and in custom_context.source
    TITLE: str  # on pages
    TYPES: Types  # event name to interaction types
    ASKS: tuple[str, ...]  # what a file of this source can't say: ZONE, or nothing
    SIGNATURE: str  # the header with the signature of a webhook; empty where the tool signs nothing

    def recognise(self, documents: Sequence[Json], /) -> float:
        """How sure it is, from 0 to 1, that the first documents of a file or body are this tool's."""

    def events(self, document: Json, /) -> Iterator[Any]:
        """The events in one JSON document, which may be a batch or an envelope. What is no object is refused later."""

    def interactions(self, event: Json, options: Options, /) -> list[Json] | Skipped:
        """The records, in Dojo's own form, that an event stands for. The codec checks them as any others."""

    def name_of(self, event: Json, /) -> str:
        """The event's name, as a table of names shows it."""

    def event_id(self, event: Json, /) -> str:
        """What tells the event from all others of this source; empty where it says nothing of the kind."""

    def authentic(self, headers: Mapping[str, str], body: bytes, secret: str, /) -> bool:
        """Whether a webhook was signed with ``secret``. Always true where the tool signs nothing: then the secret in
        the address is all there is."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file or body of a known source, found from its beginning.

    ``events`` were read there, and ``names`` counts them by name, most first; ``asks`` is what only the user can say.
    """

    source: Source
    confidence: float
    events: int
    names: Counter[str]
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventOrigin:
    """Where a record comes from: its ``index`` among all records, skipped and rejected events of what was read, from 0,
    the ``offset`` in bytes of the text that has its event, and the event's ``text`` as the source wrote it."""

    index: int
    offset: int
    text: bytes


@dataclass(slots=True)
class Chunk:
    """What came of about a megabyte of a source's text, of which ``size`` bytes were read.

    ``lines`` has ``records`` in Dojo's own form, as JSON Lines. ``skipped`` counts events by name and reason.
    ``rejected`` is what isn't an event at all, such as damaged JSON. ``events`` counts all events, these too.
    """

    size: int
    lines: bytes = b""
    records: int = 0
    events: int = 0
    skipped: Counter[Skipped] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    find: Callable[[int], EventOrigin] | None = None

    def origin(self, record: int) -> EventOrigin:
        """Where a record of ``lines`` comes from, by its number from 0: for those that the codec refuses."""
        if self.find is None:
            raise LookupError("This source keeps no origins.")
        return self.find(record)
