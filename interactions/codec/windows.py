"""Cut a run of a file into windows of whole records, in constant memory whatever the file holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Protocol

import msgspec

from interactions.codec.structure import Scan, Tracker, last_record, scan

WINDOW_BYTES = 1 << 20
_BLANK = b" \t\r\n"
_SHOWN_BYTES = 1000  # of a piece that is too large to be kept
NOT_CLOSED = "The file ends before its list of records is closed."
CUT_SHORT = "The file ends in the middle of this record."
BETWEEN = "It is not valid JSON: this stands between two records."
AFTER = "It is not valid JSON: this stands after the list of records."
NO_OBJECT = "A record has to be an object."


class Format(StrEnum):
    """How records stand in a file: in a list, in the ``data`` list of an object, or one a line."""

    ARRAY = "array"
    OBJECT = "object"
    LINES = "lines"


class Unsound(Exception):
    """A run does not end between two records: it was cut in the wrong place, or the file is broken."""


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes ``[start, end)`` of a file of ``length`` bytes, from the first byte of a record to that of another,
    or to the file's end. Where it is not the file's last, its end may be a guess."""

    start: int
    end: int
    length: int
    format: Format

    @property
    def is_last(self) -> bool:
        return self.end >= self.length


@dataclass(frozen=True, slots=True)
class Piece:
    """What should be one record: its place in a window, and what is wrong with it where that is known already."""

    start: int
    end: int
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Text at ``offset`` in the file, for which ``size`` bytes were read.

    ``pieces`` None: it should hold whole records, to be read in one go; where that fails, ``follow`` has it again
    with the pieces told apart.
    """

    text: bytes
    offset: int
    size: int
    pieces: list[Piece] | None = None


class Windows(Protocol):
    def next(self) -> Window | None:
        """The next window, None at the end of the run."""

    def follow(self, window: Window) -> Window:
        """The window just given, read exactly; what is not whole in it is given again."""


def windows(file: BinaryIO, run: Run, *, longest: int) -> Windows:
    """The windows of a run. A record of more than ``longest`` bytes is passed over and told as a problem."""
    return (LineWindows if run.format is Format.LINES else ListWindows)(file, run, longest)


class _Text:
    """The bytes read of a run and not given out yet: ``held``, at offset ``place`` of the file."""

    def __init__(self, file: BinaryIO, run: Run, longest: int) -> None:
        file.seek(run.start)
        self._file, self._run, self._longest = file, run, longest
        self._at = self._place = run.start
        self._held = b""

    @property
    def _all_read(self) -> bool:
        return self._at >= self._run.end

    def _fill(self, size: int) -> None:
        """Hold ``size`` bytes, or all that are left."""
        wanted = min(size - len(self._held), self._run.end - self._at)
        if wanted > 0:
            more = self._file.read(wanted)
            self._at = self._at + len(more) if len(more) == wanted else self._run.end
            self._held += more

    def _take(self, size: int, pieces: list[Piece] | None = None) -> Window:
        window = Window(self._held[:size], self._place, size, pieces)
        self._place += size
        self._held = self._held[size:]
        return window

    def _pass_over(self, end: int) -> Window:
        """Give out what is held and all up to the offset ``end`` as one record that is too long."""
        rule = f"It is larger than {self._longest >> 20} MB, or its quotes and brackets do not match."
        shown = self._held[:_SHOWN_BYTES]
        window = Window(shown, self._place, end - self._place, [Piece(0, len(shown), rule)])
        self._file.seek(end)
        self._at = self._place = end
        self._held = b""
        return window

    def _chunks(self) -> Iterator[bytes]:
        """Read on to the end of the run, keeping nothing."""
        while not self._all_read:
            chunk = self._file.read(min(WINDOW_BYTES, self._run.end - self._at))
            if not chunk:
                return
            self._at += len(chunk)
            yield chunk


class LineWindows(_Text):
    """One record a line: JSON never has a line break within a string, so every break is a seam."""

    def next(self) -> Window | None:
        size = WINDOW_BYTES
        while True:
            self._fill(size)
            if not self._held:
                return None
            cut = len(self._held) if self._all_read else self._held.rfind(b"\n") + 1
            if cut:
                return self._take(cut)
            if len(self._held) > self._longest:
                return self._pass_line()
            size = 2 * len(self._held)

    def follow(self, window: Window) -> Window:
        return Window(window.text, window.offset, window.size, list(_lines(window.text)))

    def _pass_line(self) -> Window:
        for chunk in self._chunks():
            newline = chunk.find(b"\n")
            if newline >= 0:
                return self._pass_over(self._at - len(chunk) + newline + 1)
        return self._pass_over(self._at)


def _lines(text: bytes) -> Iterator[Piece]:
    start = 0
    while start < len(text):
        end = text.find(b"\n", start)
        end = len(text) if end < 0 else end
        if text[start:end].strip(_BLANK):
            yield Piece(start, end)
        start = end + 1


_ENDS = {Format.ARRAY: re.compile(rb"\]\s*\Z"), Format.OBJECT: re.compile(rb"\]\s*\}\s*\Z")}


class ListWindows(_Text):
    """Records of a list. Where a window ends is guessed; ``follow`` counts the brackets instead."""

    _ended = False

    def next(self) -> Window | None:
        size = WINDOW_BYTES
        while not self._ended:
            self._fill(size)
            if self._all_read:
                return self._last()
            cut = last_record(self._held)
            if cut:
                return self._plain(cut)
            if len(self._held) > self._longest:
                return self._given_back(self._held)
            size = 2 * len(self._held)
        return None

    def follow(self, window: Window) -> Window:
        return self._given_back(self._before(window))

    def _plain(self, cut: int) -> Window:
        window = self._take(cut)
        text = window.text.rstrip(_BLANK).removesuffix(b",")
        self._given = window.text
        return Window(text, window.offset, window.size)

    def _before(self, window: Window) -> bytes:
        """Go back to before ``window``; answers its text as it stands in the file."""
        self._held = self._given + self._held
        self._place = window.offset
        self._ended = False
        return self._given

    def _last(self) -> Window | None:
        if not self._run.is_last:
            return self._plain(len(self._held)) if self._held else None
        end = _ENDS[self._run.format].search(self._held, max(0, len(self._held) - 64))
        if end is None:
            return self._given_back(self._held)
        self._ended = True
        self._given = self._held
        window = self._take(len(self._held))
        return Window(window.text[: end.start()], window.offset, window.size)

    def _given_back(self, text: bytes) -> Window:
        """The whole pieces at the start of what is held, of which ``text`` is to be looked at."""
        found = scan(text)
        if found.closed is not None:
            return self._closing(text, found)
        if found.rest:
            if found.rest == len(text) and self._all_read and len(text) == len(self._held):
                return self._unclosed(text, found)
            return self._take(found.rest, list_pieces(text, found))
        if len(self._held) > len(text) or not self._all_read:
            return self._longer(text)
        self._require_last()
        self._ended = True
        return self._take(
            len(text), [Piece(0, min(len(text), self._longest), CUT_SHORT if text.strip(_BLANK) else NOT_CLOSED)]
        )

    def _longer(self, text: bytes) -> Window:
        """The record at the start of what is held does not end in ``text``."""
        if len(text) <= self._longest:
            self._fill(max(len(self._held), 2 * len(text)))
            return self._given_back(self._held[: 2 * len(text)])
        tracker = Tracker()
        ended = tracker.feed(self._held)
        if ended is not None:
            return self._pass_over(self._place + ended)
        for chunk in self._chunks():
            ended = tracker.feed(chunk)
            if ended is not None:
                return self._pass_over(self._at - len(chunk) + ended)
        self._require_last()
        self._ended = True
        return self._pass_over(self._at)

    def _unclosed(self, text: bytes, found: Scan) -> Window:
        pieces = list_pieces(text, found)
        if self._run.is_last:
            self._ended = True
            pieces.append(Piece(len(text), len(text), NOT_CLOSED))
        return self._take(len(text), pieces)

    def _closing(self, text: bytes, found: Scan) -> Window:
        self._require_last()
        self._ended = True
        pieces = list_pieces(text, found)
        after = self._held[found.closed + 1 :] + b"".join(self._chunks_up_to(WINDOW_BYTES))
        if self._all_read and not _closes(after, self._run.format):
            pieces.append(Piece(found.closed + 1, min(len(text), found.closed + 1 + _SHOWN_BYTES), AFTER))
        return Window(text, self._place, self._run.end - self._place, pieces)

    def _chunks_up_to(self, size: int) -> Iterator[bytes]:
        for chunk in self._chunks():
            yield chunk
            size -= len(chunk)
            if size <= 0:
                return

    def _require_last(self) -> None:
        if not self._run.is_last:
            raise Unsound


def _closes(after: bytes, form: Format) -> bool:
    """Whether ``after`` rightly follows the bracket that closes the list of records."""
    if form is Format.ARRAY:
        return not after.strip(_BLANK)
    try:
        msgspec.json.decode(b'{"data":[]' + after)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def list_pieces(text: bytes, found: Scan) -> list[Piece]:
    """The records of a list's text, and whatever else stands between them."""
    pieces: list[Piece] = []
    place = 0
    for start, end in found.bounds:
        pieces += _between(text, place, start)
        pieces.append(Piece(start, end))
        place = end
    return pieces + _between(text, place, found.rest if found.closed is None else found.closed)


def _between(text: bytes, start: int, end: int) -> list[Piece]:
    """A comma, and nothing else, belongs between two records."""
    gap = text[start:end].strip(_BLANK).removeprefix(b",").removesuffix(b",").strip(_BLANK)
    if not gap:
        return []
    place = text.index(gap, start)
    piece = Piece(place, place + len(gap), NO_OBJECT)
    try:
        return [piece] * len(msgspec.json.decode(b"[" + gap + b"]"))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return [Piece(piece.start, piece.end, BETWEEN)]
