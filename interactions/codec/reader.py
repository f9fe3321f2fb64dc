"""Read a run of a file: what is good becomes tables, what is not is said.

As many records as are plain are read in one go. Only where that ends are they told
apart, and those that cannot be read as typed records checked by the rule book.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import numpy as np
import pyarrow as pa

from interactions.codec.check import MOST_NAMED, Violation, check_bytes
from interactions.codec.custom import Customs
from interactions.codec.documents import Documents
from interactions.codec.first_load import FIRST_LOAD
from interactions.codec.keyring import Keyring
from interactions.codec.record import Interaction, line_decoder, list_decoder
from interactions.codec.syntax import MOST_LINES_BYTES
from interactions.codec.table import Doubtful, Origin, to_table
from interactions.codec.whole_check import check_whole
from interactions.codec.windows import MOST_PIECES, WINDOW_BYTES, Piece, Run, Window

if TYPE_CHECKING:
    from interactions.codec.scanned import Scanned, Scanner

_SCANNED = 2 * WINDOW_BYTES  # larger windows are one long record
_LONG = 200  # records; shorter runs are better read after they were told apart, all of a window together
_FEW = 200  # of which one is doubtful: the rule book is quicker then than looking for the one
_NOT_PLAIN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Doubtful)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was refused: ``index`` from the run's first record, ``offset`` from the file's first byte.

    ``more`` counts the violations that are not among ``violations``.
    """

    index: int
    offset: int
    text: bytes
    violations: list[Violation]
    more: int = 0


@dataclass(slots=True)
class Batch:
    """What one window of ``size`` bytes held. ``untimed`` counts accepted records without a timestamp."""

    size: int
    records: int = 0
    untimed: int = 0
    tables: list[pa.Table] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return self.records - len(self.rejected)


class Reader:
    """Reads runs for one origin. A record of more than ``longest`` bytes is refused.

    ``compiled``: with the compiled loops, which are faster and take a process some 100 MB more. ``only_checks``: it
    need not make tables, and makes none where all is well.
    """

    def __init__(
        self, origin: Origin, keyring: Keyring | None, *, longest: int, compiled: bool = True, only_checks: bool = False
    ) -> None:
        self._origin, self._keyring, self._longest = origin, keyring, longest
        self._compiled, self._only_checks = compiled, only_checks
        self._customs = Customs()
        self.most_named = MOST_NAMED  # violations of each record from now on

    @cached_property
    def _scanner(self) -> Scanner:
        with FIRST_LOAD:
            from interactions.codec.scanned import Scanner  # it takes a moment to load what was compiled

        return Scanner(self._origin, self._keyring, self._customs)

    def read(self, file: BinaryIO, run: Run) -> Iterator[Batch]:
        """The batches of a run, in the order of the file. Raises Unsound where its end was guessed wrong."""
        source = Documents(file, run, self._longest)
        index = 0
        for found in self._batches(source):
            batch = _Apart(self, found, index).batch() if isinstance(found, Window) else found
            index += batch.records
            if batch.size or batch.records:
                yield batch

    def _batches(self, source: Documents) -> Iterator[Batch | Window]:
        """Plain records are read in one go. What stands between them, or is not plain, is told apart first: the more of
        it at once the longer it goes on."""
        window: Window | None = source.lead()
        most = 1
        while window is not None:
            yield window
            plain = self._plain(source.text())
            most = 1 if plain.records >= _LONG else min(4 * most, MOST_PIECES)
            if plain.size:
                source.skip(plain.size)
                yield plain
            window = source.next(most if self._compiled else MOST_PIECES, waits=plain.size > 0)

    def _plain(self, text: bytes) -> Batch:
        """The records that a text begins with, as far as the compiled loops take them."""
        if self._compiled and text:
            try:
                found = self._scanner.read(text, most=min(self._longest, MOST_LINES_BYTES))
                return Batch(found.end, found.records, found.untimed, found.tables)
            except Doubtful:
                pass  # perhaps only rare
        return Batch(0)

    def read_listed(self, texts: Iterable[memoryview]) -> Iterator[Batch]:
        """The same of records that are valid JSON, each by itself; their offsets mean nothing."""
        index = 0
        for group in _groups(texts):
            text = b",".join(group)
            batch = self._typed(text, len(group))
            if batch is None:
                ends = list(accumulate(len(each) + 1 for each in group))
                pieces = [Piece(end - 1 - len(each), end - 1) for each, end in zip(group, ends, strict=True)]
                batch = _Apart(self, Window(text, 0, len(text), pieces), index).batch()
            index += batch.records
            yield batch

    def _typed(self, text: bytes, records: int) -> Batch | None:
        """Records with commas between them in one go; None where some may be at fault."""
        try:
            found = list_decoder.decode(b"[" + text + b"]")
            if self._only_checks:
                check_whole(found, text, self._customs)
                return Batch(len(text), records, _untimed(found))
        except _NOT_PLAIN:
            pass  # perhaps only rare
        try:
            found = list_decoder.decode(b"[" + text + b"]")
            return Batch(len(text), records, _untimed(found), [self.table(found, text)])
        except _NOT_PLAIN:
            return None

    def runs(self, texts: list[bytes]) -> Iterator[tuple[int, Scanned]]:
        """Those of some records that the compiled loops take, see ``Scanner.runs``."""
        return self._scanner.runs(texts) if self._compiled else iter(())

    def table(self, records: list[Interaction], text: bytes) -> pa.Table:
        """The records of ``text``, as a table. Raises one of _NOT_PLAIN."""
        return to_table(records, self._origin, self._keyring, known=self._customs, text=text)

    def table_of_checked(self, records: list[Interaction], rests: list[dict[str, Any] | None]) -> pa.Table:
        """Records that were checked one by one, as a table."""
        return to_table(records, self._origin, self._keyring, known=self._customs, rests=rests)


def _groups(texts: Iterable[memoryview]) -> Iterator[list[memoryview]]:
    """The texts in order, about WINDOW_BYTES of them at a time."""
    group: list[memoryview] = []
    size = 0
    for text in texts:
        group.append(text)
        size += len(text)
        if size >= WINDOW_BYTES or len(group) >= MOST_PIECES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _untimed(records: Iterable[Interaction]) -> int:
    return sum(record.timestamp is None for record in records)


class _Apart:
    """Reads a window piece by piece; whatever becomes of them, the batch has them in the order of the file."""

    def __init__(self, reader: Reader, window: Window, first: int) -> None:
        self._reader, self._window, self._first = reader, window, first
        self._pieces = window.pieces
        self._texts = [window.text[piece.start : piece.end] for piece in self._pieces]
        self._refused: dict[int, tuple[list[Violation], int]] = {}
        self._numbers: list[int] = []  # of the pieces that are rows of the tables, in their order
        self._tables: list[pa.Table] = []
        self._untimed = 0

    def batch(self) -> Batch:
        whole: list[int] = []
        doubtful: list[int] = []
        for number, piece in enumerate(self._pieces):
            if piece.rule is not None:
                self._refused[number] = [Violation("", piece.rule, piece.value)], 0
            elif piece.is_damaged:
                doubtful.append(number)
            else:
                whole.append(number)
        typed: dict[int, Interaction] = {}
        for number in self._scan(whole):
            try:
                typed[number] = line_decoder.decode(self._texts[number])
            except _NOT_PLAIN:
                doubtful.append(number)
        doubtful += self._take(typed)
        self._check(doubtful)
        rejected = [
            Rejected(
                self._first + number, self._window.offset + self._pieces[number].start, self._texts[number], *found
            )
            for number, found in sorted(self._refused.items())
        ]
        return Batch(self._window.size, len(self._pieces), self._untimed, self._in_order(), rejected)

    def _scan(self, numbers: list[int]) -> list[int]:
        """Make tables of those that the compiled loops take; answers the numbers of the others."""
        if len(self._window.text) > _SCANNED:
            return numbers
        taken: set[int] = set()
        for first, found in self._reader.runs([self._texts[number] for number in numbers]):
            run = numbers[first : first + found.records]
            taken.update(run)
            self._numbers += run
            self._tables += found.tables
            self._untimed += found.untimed
        return [number for number in numbers if number not in taken]

    def _take(self, typed: dict[int, Interaction]) -> list[int]:
        """Make a table of these records; answers the numbers of those among which some are doubtful."""
        if not typed:
            return []
        numbers, records = list(typed), list(typed.values())
        try:
            self._add(numbers, records, self._reader.table(records, b"\n".join(self._texts[each] for each in numbers)))
        except _NOT_PLAIN:
            if len(numbers) <= _FEW:
                return numbers
            middle = len(numbers) // 2
            halves = (numbers[:middle], numbers[middle:])
            return [each for half in halves for each in self._take({number: typed[number] for number in half})]
        return []

    def _check(self, numbers: list[int]) -> None:
        good: dict[int, Interaction] = {}
        rests: list[dict[str, Any] | None] = []
        for number in sorted(numbers):
            checked = check_bytes(self._texts[number], self._reader.most_named)
            if checked.record is None:
                self._refused[number] = checked.violations, checked.more
            else:
                good[number] = checked.record
                rests.append(checked.rest)
        if good:
            records = list(good.values())
            self._add(list(good), records, self._reader.table_of_checked(records, rests))

    def _add(self, numbers: list[int], records: list[Interaction], table: pa.Table) -> None:
        self._numbers += numbers
        self._tables.append(table)
        self._untimed += _untimed(records)

    def _in_order(self) -> list[pa.Table]:
        if len(self._tables) <= 1:
            return self._tables
        return [pa.concat_tables(self._tables).take(np.argsort(self._numbers))]
