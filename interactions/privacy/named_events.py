"""Which people a file of another tool's events names: by the ids that its connector reads in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, Final, cast

from interactions.codec.split.windows import Run
from interactions.connectors import Options, Source, dojo, recognised, records
from interactions.contract.mentions import words_in
from interactions.contract.tombstones import People, Person

_FAR: Final = 1 << 62  # bytes: the text may still be arriving, so its length isn't known
_HEAD: Final = 1 << 20


class _Every(dict[str, str | None]):
    """A type for every event, also for those that would be skipped: they name people all the same."""

    def __missing__(self, name: str) -> str:
        return "custom"

    def __contains__(self, name: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return True


class _Pieces:
    """Pieces of a text as a file that is read once, from its beginning."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._held = iter(pieces), b""

    def seek(self, offset: int) -> int:
        return offset

    def read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end."""
        held = [self._held]
        length = len(self._held)
        while length < size and (piece := next(self._pieces, None)) is not None:
            held.append(piece)
            length += len(piece)
        text = b"".join(held)
        self._held = text[size:]
        return text[:size]


def source_of(pieces: Iterator[bytes]) -> tuple[Source | None, Iterator[bytes]]:
    """Whose events a text is, None where its records are Dojo's own or nobody's; and the pieces, whole again."""
    first = next(pieces, b"")
    found = recognised(first[:_HEAD], is_whole=False) if first else None
    source = None if found is None or found.source.NAME == dojo.NAME else found.source
    return source, chain([first], pieces)


def named_in_events(source: Source, pieces: Iterable[bytes], people: People) -> frozenset[Person]:
    """Which of ``people`` the events in a text name; of what is damaged, any word that is an id of theirs."""
    from interactions.privacy.named_files import named_in  # loads Numba

    options = Options(types=_Every())
    for chunk in records(source, cast(BinaryIO, _Pieces(pieces)), options, run=Run(0, _FAR, _FAR)):
        named_in([chunk.lines], people)
        for rejected in chunk.rejected:
            people.look_for(words_in(rejected.text.decode(errors="replace")))
    return frozenset(people.met)
