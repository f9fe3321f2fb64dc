"""The windows of a file that has its records in a list."""

from __future__ import annotations

import re

import msgspec

from interactions.codec import windows
from interactions.codec.structure import Tracker, last_record, scan
from interactions.codec.windows import BLANK, SHOWN_BYTES, Format, Piece, Text, Unsound, Window

STRAY_BYTES = 1 << 16  # what stands between two records is looked into up to this
TAIL_BYTES = 1 << 20  # and what follows the list up to this
NOT_CLOSED = "The file ends before its list of records is closed."
CUT_SHORT = "The file ends in the middle of this record."
BETWEEN = "It is not valid JSON: this stands between two records."
AFTER = "It is not valid JSON: this stands after the list of records."
NO_OBJECT = "A record has to be an object."
STRAY = "Something else than records stands here."
_BETWEEN = BLANK + b","
_ENDS = {Format.ARRAY: re.compile(rb"\][ \t\r\n]*\Z"), Format.OBJECT: re.compile(rb"\][ \t\r\n]*\}[ \t\r\n]*\Z")}
_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|[^ \t\r\n,"]+', re.DOTALL)


class ListWindows(Text):
    """Records of a list. Where a window ends is guessed; ``follow`` counts the brackets instead.

    A comma too many or too few between two records loses nothing, and is let pass.
    """

    _ended = False

    def next(self) -> Window | None:
        if self._ended:
            return None
        self._fill(windows.WINDOW_BYTES)
        if self._all_read and len(self._held) <= windows.WINDOW_BYTES:
            return self._last()
        cut = last_record(self._held[: windows.WINDOW_BYTES])
        return self._plain(cut, cut) if cut else self._exact(windows.WINDOW_BYTES)

    def follow(self) -> Window:
        self._ended = False
        return self._exact(len(self._give_back()))

    def _last(self) -> Window | None:
        size = len(self._held)
        if not self._run.is_last:
            return self._plain(size, size) if size else None
        end = _ENDS[self._run.format].search(self._held, max(0, size - 64))
        if end is None:
            return self._exact(size)
        self._ended = True
        return self._plain(size, end.start())

    def _plain(self, size: int, end: int) -> Window:
        """The next ``size`` bytes, of which those up to ``end`` should be records."""
        window = self._take(size)
        text = window.text[:end].rstrip(BLANK)
        return Window(text.removesuffix(b","), window.offset, size)

    def _exact(self, reach: int) -> Window:
        """The records that end within the next ``reach`` bytes, or whatever comes first, however long it is."""
        while True:
            text = self._held[:reach]
            found = scan(text)
            if found.bounds:
                return self._records(text, found.bounds)
            if found.closed is not None:
                return self._closing(text[: found.closed])
            between, opened = text[: found.rest], len(text) - found.rest
            if self._all_read and len(text) == len(self._held):
                return self._ending(between, opened)
            if between and (opened or not between.strip(_BETWEEN)):
                return self._take(found.rest, _stray(between))
            if opened > self._longest:
                return self._pass_record()
            if not opened and len(between.lstrip(_BETWEEN)) > STRAY_BYTES:
                return self._pass_stray()
            reach = max(2 * len(text), windows.WINDOW_BYTES)
            self._fill(reach)

    def _records(self, text: bytes, bounds: list[tuple[int, int]]) -> Window:
        """The first record, and those after it that are within a window's size."""
        pieces: list[Piece] = []
        place = 0
        for start, end in bounds:
            if place and (end > windows.WINDOW_BYTES or len(pieces) >= windows.MOST_PIECES):
                break
            pieces += _stray(text[place:start], place)
            pieces.append(self._piece(start, end))
            place = end
        return self._take(place, pieces)

    def _pass_record(self) -> Window:
        tracker = Tracker()
        for offset, chunk in self._chunks():
            end = tracker.value_end(chunk)
            if end is not None:
                return self._pass_over(self._too_large, offset + end, chunk[end:])
        self._end()
        return self._pass_over(self._too_large, self._at, b"")

    def _pass_stray(self) -> Window:
        lead = len(self._held) - len(self._held.lstrip(_BETWEEN))
        if lead:
            return self._take(lead, [])
        tracker = Tracker()
        for offset, chunk in self._chunks():
            end = tracker.bracket(chunk)
            if end is not None:
                return self._pass_over(STRAY, offset + end, chunk[end:])
        self._end()
        size = self._at - self._place
        shown = self._held[:SHOWN_BYTES]
        return Window(shown, self._place, size, [Piece(0, len(shown), STRAY), Piece(size, size, NOT_CLOSED)])

    def _ending(self, between: bytes, opened: int) -> Window:
        """All is read, and neither a record nor the list ends in what is held."""
        size = len(self._held)
        if not (self._run.is_last or opened or between.strip(_BETWEEN)):
            return self._take(size, [])
        self._end()
        if not opened:
            last = Piece(size, size, NOT_CLOSED)
        elif opened > self._longest:
            last = self._piece(len(between), size)
        else:
            last = Piece(len(between), size, CUT_SHORT)
        return self._take(size, [*_stray(between), last])

    def _closing(self, between: bytes) -> Window:
        self._end()
        pieces = _stray(between)
        text, place = self._held, self._place
        start, tail = self._tail(place + len(between) + 1)
        if not tail and self._run.format is Format.OBJECT:
            pieces.append(Piece(start - place, start - place, NOT_CLOSED))
        elif tail and not _closes(tail, self._run.format):
            pieces.append(Piece(start - place, start - place + SHOWN_BYTES, AFTER))
        return Window(text, place, self._run.end - place, pieces)

    def _tail(self, start: int) -> tuple[int, bytes]:
        """What follows the list, which ends before the offset ``start``: where it begins, and its first part."""
        tail = b""
        for offset, chunk in self._chunks():
            more = chunk[max(0, start - offset) :]
            if not tail:
                start = offset + len(chunk) - len(more.lstrip(BLANK))
                more = more.lstrip(BLANK)
            tail += more
            if len(tail) > TAIL_BYTES:
                break
        return start, tail

    def _end(self) -> None:
        if not self._run.is_last:
            raise Unsound
        self._ended = True


def _closes(tail: bytes, form: Format) -> bool:
    """Whether ``tail``, which is not blank, rightly follows the bracket that closes the list of records."""
    if form is Format.ARRAY:
        return False
    if len(tail) > TAIL_BYTES:
        return tail.startswith(b",")
    try:
        return "data" not in msgspec.json.decode(b'{"":[]' + tail)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _stray(between: bytes, place: int = 0) -> list[Piece]:
    """What stands between two records, which should be a comma; ``place`` is where it does so in the window."""
    text = between.lstrip(_BETWEEN)
    place += len(between) - len(text)
    if len(text) > STRAY_BYTES:
        return [Piece(place, place + SHOWN_BYTES, STRAY)]
    text = text.rstrip(_BETWEEN)
    if not text:
        return []
    try:
        msgspec.json.decode(b"[" + text + b"]")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return [Piece(place, place + min(len(text), SHOWN_BYTES), BETWEEN)]
    return [Piece(place + value.start(), place + value.end(), NO_OBJECT) for value in _VALUE.finditer(text)]
