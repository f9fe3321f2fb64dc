"""Find people in a text of any length, by the fields for ids in it, window by window."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from interactions.contract.mentions import scalars, words_in
from interactions.contract.tombstones import ErasedPeople, Person
from interactions.privacy.id_fields import ANONYMOUS, NONE, USER, next_field

_VALUE: Final = 64 << 10  # bytes of a field's value that are searched
_REMEMBERED: Final = 2_048  # bytes of a value that is remembered, to search it once
_KNOWN: Final = 200_000  # values remembered
_PADDING: Final = b"\x00" * 8
_BLANK: Final = b" \t\r\n"
_OPENERS: Final = (b"[", b"{", b"\\", b"'")
_ENDS: Final = b" \t\r\n,}]"


def named_in(pieces: Iterable[bytes], people: ErasedPeople) -> frozenset[Person]:
    """Which of ``people`` are named in a text given in pieces, however their ids are escaped."""
    search = _Search(people)
    held = b""
    for piece in pieces:
        text = held + piece
        search.look_into(text)
        # Searched again with the next piece, so that no field is split. Whitespace within a field may be of any length.
        whole = text.rstrip(_BLANK)
        blanks = text[len(whole) :]
        held = whole[-_VALUE:] + (blanks if len(blanks) < _VALUE else b" ")
    return frozenset(people.met)


class _Search:
    def __init__(self, people: ErasedPeople) -> None:
        self._people = people
        self._known: set[tuple[int, bytes]] = set()
        self._new: list[tuple[int, bytes]] = []

    def look_into(self, text: bytes) -> None:
        codes, place, kind = np.frombuffer(text + _PADDING, np.uint8), 0, USER
        while kind != NONE:
            place, kind = next_field(codes, place, len(text))
            if kind != NONE:
                self._note(text, place, kind)
        for each in (USER, ANONYMOUS):
            said = [identifier for kind, value in self._new if kind == each for identifier in _ids_in(value)]
            self._people.look_for(said, user=each == USER, anonymous=each == ANONYMOUS)
        self._new.clear()

    def _note(self, text: bytes, start: int, kind: int) -> None:
        end = start + _VALUE
        if text[start : start + 1] == b'"':
            quote = text.find(b'"', start + 1, end) + 1
            if quote and text.find(b"\\", start + 1, quote) < 0:
                end = quote
        elif text[start : start + 1] not in _OPENERS:
            end = next((at for at in range(start, min(end, len(text))) if text[at] in _ENDS), end)
        said = text[start:end]
        if (kind, said) not in self._known:
            self._new.append((kind, said))
            if len(self._known) > _KNOWN:
                self._known.clear()
            if len(said) < _REMEMBERED:
                self._known.add((kind, said))


def _ids_in(said: bytes) -> Iterator[str]:
    """The ids at the start of a text: those in the JSON value there, or else all words up to the end of the line."""
    text = said.decode(errors="surrogateescape")
    try:
        value, _ = _decoder.raw_decode(text)
    except (ValueError, RecursionError):
        yield from words_in(text.partition("\n")[0][:4_096])
    else:
        yield from scalars(value)


_decoder = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)
