"""Split a stream of JSON documents into records.

A document is a record, a list of records, or an object with a list of records called data. Documents follow each other
with any whitespace, commas and byte order marks in between, or nothing; lists and objects with data can be nested. So
all layouts of files are read in one way. Damaged text counts as one rejected record and ends where the next record
begins (see ``syntax``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from interactions.codec.split import syntax, windows
from interactions.codec.split.seams import inside_at
from interactions.codec.split.syntax import Head, key_of, value_end
from interactions.codec.split.windows import ByteRange, Format, Open, RecordPiece, TextBuffer, Unsound, Window

NOT_CLOSED = "The file ends before its list of records is closed."
CUT_SHORT = "The file ends in the middle of this record."
STRAY = "It is not valid JSON: this is between two records."
NO_OBJECT = "A record must be an object."
REPEATED = "The object around the list of records has the same key twice."
_DEEPEST = 64  # nested lists and objects with data
TOO_MANY_LISTS = f"Lists of records are nested more than {syntax.MOST_LISTS} levels deep here."
TOO_DEEP = f"Lists of records are nested more than {_DEEPEST} levels deep here."
_BOM = b"\xef\xbb\xbf"
_DATA = frozenset(["data"])
_NOTHING = None, None, False


class _Undecided(Exception):
    """More text is needed to decide; nothing has been consumed."""


class Documents(TextBuffer):
    """Splits a byte range into records. The result doesn't depend on how the range falls into windows.

    Raises Unsound if a range that isn't the file's last ends within a record, or with other lists and objects open
    than the bytes at its end suggest.
    """

    def __init__(self, file: BinaryIO, run: ByteRange, longest: int) -> None:
        self.open: Open = inside_at(file, run.start, run.inside)
        self._inside_next: Open = () if run.is_last else inside_at(file, run.end, run.inside)
        super().__init__(file, run, longest)
        self.forms: Counter[Format] = Counter()  # documents by form
        self._pieces: list[RecordPiece] = []
        self._tail: frozenset[str] | None = None  # after the list of an object: that object's keys so far
        self._has_comma = bool(self.open)  # since the last piece
        self._on_new_line = run.start == 0
        self._just_opened = False
        self._was_damaged = False
        self._ended = False
        self._text_at = 0  # the offset of the text that the scanner reads
        self._damaged_until = -1  # the offset of the end of a damaged record in it
        self.inside: Open | None = None  # what was open where the first record began

    def lead(self) -> Window:
        """The brackets and keys before a file's first record."""
        self._fill(windows.WINDOW_BYTES)
        self._pieces = []
        text, view, place = self._held, memoryview(self._held), 0
        while self._run.start == 0 and len(self.open) < _DEEPEST:
            place = self._separators(text, place)
            if syntax.opens_list(text, place, len(text)):
                place = self._enter(None, place, Format.ARRAY)
                continue
            near = min(len(text), place + min(self._longest, syntax.MOST_LINES_BYTES))
            _, head, _ = self._whole(text, view, place, near) if text[place : place + 1] == b"{" else _NOTHING
            if head is None:
                break
            place = self._enter_object(head, place)
        return self._take(place, self._pieces)

    def each(self, most: int = windows.MOST_PIECES) -> Iterator[Window]:
        """The whole range: what precedes the first record, then at most ``most`` pieces at a time."""
        window: Window | None = self.lead()
        while window is not None:
            yield window
            window = self.next(most)

    def text(self) -> bytes:
        """The text of the next window; empty if no record can begin there."""
        self._fill(windows.WINDOW_BYTES)
        self._text_at = self._place
        return self._held[: windows.WINDOW_BYTES] if self._tail is None else b""

    def may_end(self, text: bytes, start: int, end: int) -> bool:
        """Whether a record of :meth:`text` ends where its brackets match, at ``end``."""
        if syntax.TYPE_FIRST.match(text, start, end) is None and _names_data(text, start, end):
            return False
        if value_end(memoryview(text), start, end).place == end:
            return True
        self._damaged_until = self._text_at + end
        return syntax.cut_of(text, start, end) == syntax.Cut(end)

    def skip(self, size: int) -> None:
        """Skip ``size`` bytes of whole records that the scanner has read."""
        self._drop(size)
        self._passed(is_damaged=self._place == self._damaged_until)

    def next(self, most: int, *, waits: bool = False) -> Window | None:
        """At most ``most`` pieces that begin within the next window; None at the end of the range.

        With ``waits``, an empty window is returned if the first piece isn't complete in the buffer.
        """
        while not self._ended:
            window = self._within(self._held, most, waits=waits)
            if window is not None:
                return window
        return None

    def _within(self, text: bytes, most: int, *, waits: bool) -> Window | None:
        view, place, reach = memoryview(text), 0, min(windows.WINDOW_BYTES, len(text))
        self._pieces = []
        while place < reach and len(self._pieces) < min(most, windows.MOST_PIECES):
            if most == 1 and place and self._just_opened:
                break  # the scanner may be able to read the records in it
            try:
                place = self._one(text, view, place)
            except _Undecided:
                if place or self._pieces or waits:
                    return self._take(place, self._pieces)
                return self._undecided(text)
        if place == len(text) and self._all_read:
            self._end(place)
        elif not place and not self._pieces:
            self._fill(windows.WINDOW_BYTES)
            return None
        return self._take(place, self._pieces)

    def _undecided(self, text: bytes) -> Window | None:
        """Handle a first piece that isn't complete in the buffer."""
        if len(text) > self._longest:
            return self._pass()
        if not self._all_read:
            self._fill(max(min(2 * len(text), self._longest + 1), windows.WINDOW_BYTES))
            return None
        self._require_last()
        self._ended = True
        if self._tail is not None:
            return self._take(len(text), [RecordPiece(len(text), len(text), NOT_CLOSED)])
        end = _stripped(text, 0, len(text))
        return self._take(
            len(text), [RecordPiece(0, end, CUT_SHORT if text[0] == syntax.OPEN else self._rule_of_stray(text[0]))]
        )

    def _end(self, place: int) -> None:
        self._ended = True
        if not self._run.is_last:
            if self._tail is not None or self.open != self._inside_next:
                raise Unsound
        elif (self.open or self._tail is not None) and not self._was_damaged:
            self._pieces.append(RecordPiece(place, place, NOT_CLOSED))

    def _require_last(self) -> None:
        if not self._run.is_last:
            raise Unsound

    def _ends_at(self, text: bytes, size: int) -> bool:
        """Whether the file ends ``size`` bytes into the buffer."""
        return size == len(text) and self._all_read and self._run.is_last

    def _one(self, text: bytes, view: memoryview, place: int) -> int:
        """Consume what begins at ``place`` and return the place after it. Raises _Undecided."""
        between = self._separators(text, place)
        if between > place:
            return between
        size = min(len(text), place + self._longest + 1)
        if self._tail is not None:
            return self._in_tail(text, view, place, size)
        first = text[place]
        if first == syntax.OPEN:
            return self._object(text, view, place, size)
        opens = syntax.opens_list(text, place, size) if first == syntax.LIST and len(self.open) < _DEEPEST else False
        if opens or (opens is None and self._ends_at(text, size)):
            return self._enter(None, place, Format.ARRAY)
        if opens is None:
            raise _Undecided
        if first == syntax.LIST_END and self.open:
            self._tail, self.open = self.open[-1], self.open[:-1]
            self._has_comma = self._on_new_line = self._just_opened = False
            return place + 1
        return self._stray(text, view, place, size)

    def _separators(self, text: bytes, place: int) -> int:
        end = syntax.SEPARATORS.match(text, place).end()  # type: ignore[union-attr]  # it matches nothing, too
        if end > place:
            passed = text[place:end].replace(_BOM, b"")
            self._has_comma = self._has_comma or b"," in passed
            self._on_new_line = passed[-1] in syntax.LINE_ENDS if passed else self._on_new_line
        return end

    def _object(self, text: bytes, view: memoryview, place: int, size: int) -> int:
        """Consume a record, or enter an object that contains records."""
        for limit in sorted({min(size, place + syntax.MOST_LINES_BYTES + 1), size}):
            end, head, is_short = self._whole(text, view, place, limit)
            if end is not None and end - place > syntax.MOST_LINES_BYTES and syntax.LINE.search(text, place, end):
                end, is_short = None, True
            if end is None:
                cut = syntax.cut_of(text, place, limit)
                far = limit - place > syntax.MOST_LINES_BYTES or self._ends_at(text, limit)
                if cut is not None and (far or not cut.by_line or not is_short):
                    return self._record(text, place, cut.place, is_damaged=True)
            elif head is not None:
                return self._enter_object(head, place)
            else:
                return self._record(text, place, end)
        raise _Undecided

    def _whole(self, text: bytes, view: memoryview, place: int, size: int) -> tuple[int | None, Head | None, bool]:
        """Where an object ends, or its list of records begins (then with its head), and whether the text is too
        short to tell."""
        can_enter = len(self.open) < _DEEPEST
        data = syntax.DATA_FIRST.match(text, place, size) if can_enter else None
        if data is not None:
            return data.end(), Head(data.end(), _DATA, None), False
        end, is_short = value_end(view, place, size)
        if can_enter and syntax.TYPE_FIRST.match(text, place, size) is None:
            head = syntax.head_of(text, view, place, size) if end is None or _names_data(text, place, end) else None
            if head is not None:
                return head.place, head, False
        return end, None, is_short

    def _record(self, text: bytes, start: int, end: int, *, is_damaged: bool = False) -> int:
        self._note_form(Format.LINES if self._on_new_line and b"\n" not in text[start:end] else Format.OBJECTS)
        self.inside = self.open if self.inside is None else self.inside
        self._passed(is_damaged=is_damaged)
        piece = self._piece(start, _stripped(text, start, end), is_damaged=is_damaged)
        if len(self.open) == _DEEPEST and syntax.DATA_FIRST.match(text, start, end) is not None:
            piece = piece._replace(rule=TOO_DEEP)
        self._pieces.append(piece)
        return end

    def _enter_object(self, head: Head, place: int) -> int:
        self._enter(head.keys, place, Format.OBJECT)
        if head.repeated is not None:
            self._pieces.append(RecordPiece(place, place + 1, REPEATED, head.repeated))
        return head.place

    def _enter(self, keys: frozenset[str] | None, place: int, form: Format) -> int:
        if self.open and self._on_new_line and not (self._has_comma or self._just_opened):
            # A document on its own line: what was open before it was never closed.
            if not self._was_damaged:
                self._pieces.append(RecordPiece(place, place, NOT_CLOSED))
            self.open = ()
        self._note_form(form)
        self.open = (*self.open, keys)
        self._passed()
        self._just_opened = True
        return place + 1

    def _in_tail(self, text: bytes, view: memoryview, place: int, size: int) -> int:
        """Consume what follows the list in its object: another key, or the closing brace."""
        keys, first = self._tail or frozenset(), text[place]
        if first == syntax.CLOSE:
            self._tail = None
            return place + 1
        key = syntax.KEY.match(text, place, size)
        name = None if key is None else key_of(key[1])
        if first == syntax.QUOTE and (key is None or key.end() == size):
            raise _Undecided
        if key is None or name is None:
            return self._never_closed(place)
        opens = name == "data" and text[key.end()] == syntax.LIST
        end, is_short = (key.end() + 1, False) if opens else value_end(view, key.end(), size)
        if end is None and is_short:
            raise _Undecided
        if end is None:
            return self._never_closed(place)
        if name in keys:
            self._pieces.append(RecordPiece(place, place + len(key[1]), REPEATED, name))
        if opens:
            self.open = (*self.open, keys)
        self._tail = None if opens else keys | {name}
        return end

    def _never_closed(self, place: int) -> int:
        """Continue as if the object ended here."""
        self._tail = None
        if not self._was_damaged:
            self._pieces.append(RecordPiece(place, place, NOT_CLOSED))
        return place

    def _stray(self, text: bytes, view: memoryview, place: int, size: int) -> int:
        """Consume a value that isn't an object, or invalid text up to where the next record may begin."""
        scalar = syntax.SCALAR.match(text, place, size)
        if scalar is not None and scalar.end() == size and not self._ends_at(text, size):
            raise _Undecided
        if scalar is not None and value_end(view, place, scalar.end()).place is not None:
            self._passed()
            self._pieces.append(RecordPiece(place, scalar.end(), NO_OBJECT))
            return scalar.end()
        found = self._next.search(text, place + 1, size)
        if found is None:
            raise _Undecided
        self._passed(is_damaged=True)
        end = place + len(text[place : found.start()].rstrip(b" \t\r\n,\x1e"))
        self._pieces.append(RecordPiece(place, end, self._rule_of_stray(text[place])))
        return found.start()

    def _rule_of_stray(self, first: int) -> str:
        """The message for text beginning with ``first`` where a record should begin."""
        if first != syntax.LIST:
            return STRAY
        return TOO_MANY_LISTS if len(self.open) < _DEEPEST else TOO_DEEP

    @property
    def _next(self) -> re.Pattern[bytes]:
        return syntax.NEXT_IN_LIST if self.open else syntax.NEXT

    def _pass(self) -> Window:
        """Reject a piece that is too large to buffer, and continue after it."""
        from interactions.codec.split.tracker import Tracker

        first, in_tail = self._held[0], self._tail is not None
        pattern, rule, tracker = self._next, STRAY, None
        if in_tail or first == syntax.OPEN:
            pattern, rule, tracker = syntax.LINE, self._too_large, Tracker(depth=int(in_tail))
        self._tail = None
        self._passed(is_damaged=True)
        carried, begin = b"", self._place
        for offset, chunk in self._chunks():
            text = carried + chunk
            found = None if in_tail else pattern.search(text, max(0, begin + 1 - (offset - len(carried))))
            ends = [] if found is None else [found.start()]
            end = None if tracker is None else tracker.value_end(chunk)
            if end is not None:
                ends.append(len(carried) + end)
            if ends:
                return self._pass_over(rule, offset - len(carried) + min(ends), text[min(ends) :])
            carried = text[-syntax.OVERLAP :]
        self._require_last()
        return self._pass_over(rule, self._at, b"")

    def _passed(self, *, is_damaged: bool = False) -> None:
        self._was_damaged = is_damaged
        self._has_comma = self._on_new_line = self._just_opened = False

    def _note_form(self, form: Format) -> None:
        if not self.open:
            self.forms[form] += 1


def _names_data(text: bytes, start: int, end: int) -> bool:
    """Whether the text may have a key called data, possibly written with escapes."""
    return text.find(b'"data"', start, end) >= 0 or text.find(rb"\u00", start, end) >= 0


def _stripped(text: bytes, start: int, end: int) -> int:
    """The end of a piece without a trailing line break and what follows it."""
    last = end
    while last > start + 1 and text[last - 1] in syntax.BLANKS:
        last -= 1
    behind = text[last:end]
    return last + len(behind) - len(behind.lstrip(b" \t"))
