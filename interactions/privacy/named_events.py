"""Find people in a file of another tool's events, by the ids that its connector reads from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, Final, cast

from interactions.codec.split.windows import ByteRange
from interactions.connectors import Options, Source, recognised, records
from interactions.contract.mentions import words_in
from interactions.contract.tombstones import ErasedPeople, Person

_FAR: Final = 1 << 62  # bytes: the length is unknown, because the file may still be uploading
_HEAD: Final = 1 << 20


class _Every(dict[str, str | None]):
    """Maps every event name to a type, so that no event is skipped: all may name people."""

    def __missing__(self, name: str) -> str:
        return "custom"

    def __contains__(self, name: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return True


class _Pieces:
    """Pieces of a text as a file that is read once from the start."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._held = iter(pieces), b""

    def seek(self, offset: int) -> int:
        return offset

    def read(self, size: int) -> bytes:
        """Read ``size`` bytes, fewer only at the end."""
        held = [self._held]
        length = len(self._held)
        while length < size and (piece := next(self._pieces, None)) is not None:
            held.append(piece)
            length += len(piece)
        text = b"".join(held)
        self._held = text[size:]
        return text[:size]


def source_of(pieces: Iterator[bytes]) -> tuple[Source | None, Iterator[bytes]]:
    """The source of the events in a text, which is Dojo for interactions, and None if it's unknown; and all pieces."""
    first = next(pieces, b"")
    found = recognised(first[:_HEAD], is_whole=False) if first else None
    return None if found is None else found.source, chain([first], pieces)


def named_in_events(source: Source, pieces: Iterable[bytes], people: ErasedPeople) -> frozenset[Person]:
    """Which of ``people`` the events in a text name; in damaged events, by any word that is one of their ids."""
    from interactions.privacy.named_files import named_in  # loads Numba

    options = Options(types=_Every())
    for chunk in records(source, cast(BinaryIO, _Pieces(pieces)), options, run=ByteRange(0, _FAR, _FAR)):
        named_in([bytes(chunk.lines)], people)
        for rejected in chunk.rejected:
            people.look_for(words_in(rejected.text.decode(errors="replace")))
    return frozenset(people.met)
