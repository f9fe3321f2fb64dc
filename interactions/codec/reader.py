"""Read a byte range of a file: valid records become tables, invalid ones are reported.

The scanner reads as many records as it can. Where it stops, the text is split into single records, and the rule book
decides on each record that the scanner doesn't accept. Then the scanner continues.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from interactions.codec.origin import Origin
from interactions.codec.rejected import Rejected
from interactions.codec.rulebook import MOST_NAMED, Checked, check_bytes, refused
from interactions.codec.split.documents import Documents
from interactions.codec.split.syntax import MOST_LINES_BYTES
from interactions.codec.split.windows import MOST_PIECES, ByteRange, RecordPiece, Window
from interactions.compiled.first_load import FIRST_LOAD
from interactions.contract.keyring import Keyring

if TYPE_CHECKING:
    from interactions.codec.scanner.scanner import Scanned, Scanner

_GROUP_BYTES = 1 << 20  # records that arrive one by one are read together in groups of this size
_LONG = 200  # records; if the scanner stops sooner, it's faster to split a whole window first
_UNREADABLE = "It cannot be read."
_MOST_IGNORED = 1_000  # distinct names of ignored fields that are counted
_OTHER_FIELDS = "(other fields)"


@dataclass(slots=True)
class Batch:
    """The records of one window of ``size`` bytes. ``untimed`` counts accepted records without a timestamp."""

    size: int
    records: int = 0
    untimed: int = 0
    tables: list[pa.Table] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return self.records - len(self.rejected)


class Reader:
    """Reads byte ranges for one origin. Records longer than ``longest`` bytes are rejected.

    Without a ``keyring`` the key columns are null. With ``only_checks`` no tables are made. With ``ignores_unknown``
    unknown fields are dropped instead of rejecting the record; ``ignored`` counts the records that had them, by field.
    """

    def __init__(
        self,
        origin: Origin,
        keyring: Keyring | None,
        *,
        longest: int,
        only_checks: bool = False,
        ignores_unknown: bool = False,
    ) -> None:
        self._origin, self._keyring, self._longest, self._only_checks = origin, keyring, longest, only_checks
        self._ignores_unknown = ignores_unknown
        self.ignored: Counter[str] = Counter()
        self.most_named = MOST_NAMED  # violations listed per record; may be lowered while reading

    @cached_property
    def _scanner(self) -> Scanner:
        with FIRST_LOAD:
            from interactions.codec.scanner.scanner import Scanner  # loading compiled code takes a moment

        return Scanner(self._origin, self._keyring, only_checks=self._only_checks)

    def read(self, file: BinaryIO, run: ByteRange) -> Iterator[Batch]:
        """Read a byte range in file order. Raises Unsound if its end isn't a record boundary."""
        source = Documents(file, run, self._longest)
        index = 0
        for found in self._batches(source):
            batch = self._apart(found, index) if isinstance(found, Window) else found
            index += batch.records
            if batch.size or batch.records:
                yield batch

    def _batches(self, source: Documents) -> Iterator[Batch | Window]:
        """Alternate between the scanner and splitting. The longer the scanner makes no progress, the more records are
        split at once."""
        window: Window | None = source.lead()
        most = 1
        while window is not None:
            yield window
            taken = self._scanner.read(source.text(), most=min(self._longest, MOST_LINES_BYTES))
            most = 1 if taken.records >= _LONG else min(4 * most, MOST_PIECES)
            if taken.end:
                source.skip(taken.end)
                yield Batch(taken.end, taken.records, taken.untimed, taken.tables)
            window = source.next(most, waits=taken.end > 0)

    def read_plain(self, text: bytes, records: int) -> Batch | None:
        """The same of so many JSON objects with commas between them, all at once: several times as fast. None where the
        scanner doesn't take each of them: then they have to be told apart."""
        taken = self._scanner.read(text)
        return Batch(len(text), records, taken.untimed, taken.tables) if taken.records == records else None

    def read_listed(self, texts: Iterable[memoryview]) -> Iterator[Batch]:
        """Read records that are already split and valid JSON. Offsets in the result are meaningless."""
        index = 0
        for group in _groups(texts):
            ends = list(accumulate(len(each) + 1 for each in group))
            pieces = [RecordPiece(end - 1 - len(each), end - 1) for each, end in zip(group, ends, strict=True)]
            text = b",".join(group)
            batch = self._apart(Window(text, 0, len(text), pieces), index)
            index += batch.records
            yield batch

    def _apart(self, window: Window, first: int) -> Batch:
        """Read the records of a window that has been split; ``first`` is the index of its first record."""
        texts = [window.text[piece.start : piece.end] for piece in window.pieces]
        judged = _Judged(self._scanner, self.most_named, self.ignored if self._ignores_unknown else None)
        for number, piece in enumerate(window.pieces):
            if piece.rule is not None:
                judged.refuse(number, refused(piece.rule, piece.value))
            else:
                judged.texts[number] = texts[number]
                if piece.is_damaged:
                    judged.look_at(number)
        taken = judged.taken()
        rejected = [
            Rejected(
                first + number, window.offset + window.pieces[number].start, texts[number], said.violations, said.more
            )
            for number, said in sorted(judged.refused.items())
        ]
        return Batch(window.size, len(texts), taken.untimed, taken.tables, rejected)


class _Judged:
    """The verdict on some records: the scanner's or, for those it doesn't accept, the rule book's."""

    def __init__(self, scanner: Scanner, most_named: int, ignored: Counter[str] | None) -> None:
        self._scanner, self._most_named, self._ignored = scanner, most_named, ignored
        self.texts: dict[int, bytes] = {}  # of the records not refused so far, by number
        self.refused: dict[int, Checked] = {}
        self._looked_at: set[int] = set()

    def taken(self) -> Scanned:
        """Scan all valid records. The rule book rewrites those that the scanner doesn't accept in a form that it
        does."""
        while True:
            numbers = sorted(self.texts)
            found, left = self._scanner.read_each([self.texts[number] for number in numbers])
            if not left:
                return found
            for place in left:
                self.look_at(numbers[place])

    def look_at(self, number: int) -> None:
        """Have the rule book check a record."""
        again = number in self._looked_at  # would mean that the scanner is stricter, a bug: don't loop
        fields = None if self._ignored is None else set[str]()
        checked = refused(_UNREADABLE) if again else check_bytes(self.texts[number], self._most_named, fields)
        self._looked_at.add(number)
        if checked.record is None:
            self.refuse(number, checked)
            return
        self.texts[number] = checked.record
        if self._ignored is not None and fields:
            _count_ignored(self._ignored, fields)

    def refuse(self, number: int, checked: Checked) -> None:
        self.refused[number] = checked
        self.texts.pop(number, None)


def _count_ignored(counted: Counter[str], fields: Iterable[str]) -> None:
    """Count a record's ignored fields; beyond _MOST_IGNORED names, new ones count as "other"."""
    for name in fields:
        counted[name if name in counted or len(counted) < _MOST_IGNORED else _OTHER_FIELDS] += 1


def _groups(texts: Iterable[memoryview]) -> Iterator[list[memoryview]]:
    """Group texts in order, about _GROUP_BYTES per group."""
    group: list[memoryview] = []
    size = 0
    for text in texts:
        group.append(text)
        size += len(text)
        if size >= _GROUP_BYTES or len(group) >= MOST_PIECES:
            yield group
            group, size = [], 0
    if group:
        yield group
