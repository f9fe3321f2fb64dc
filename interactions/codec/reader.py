"""Read a run of bytes that holds whole records: what is good becomes tables, what is not is said.

A window is first read in one go. Only where that fails are its records taken
apart, and those that cannot be read as typed records checked by the rule book.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import numpy as np
import pyarrow as pa

from interactions.codec.check import Violation, check_bytes
from interactions.codec.custom import Customs
from interactions.codec.keyring import Keyring
from interactions.codec.lines import LineWindows
from interactions.codec.lists import ListWindows
from interactions.codec.record import Interaction, line_decoder, list_decoder
from interactions.codec.table import Doubtful, Origin, to_table
from interactions.codec.whole_check import check_whole
from interactions.codec.windows import WINDOW_BYTES, Format, Run, Window

if TYPE_CHECKING:
    from interactions.codec.scanned import Scanned, Scanner

_BREAK = ord("\n")
_SCANNED = 2 * WINDOW_BYTES  # larger windows are one long record
_FEW = 200  # of which one is doubtful: the rule book is quicker then than looking for the one
_NOT_PLAIN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Doubtful)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was refused: ``index`` from the run's first record, ``offset`` from the file's first byte."""

    index: int
    offset: int
    text: bytes
    violations: list[Violation]


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

    @cached_property
    def _scanner(self) -> Scanner:
        from interactions.codec.scanned import Scanner  # it takes a moment to load what was compiled

        return Scanner(self._origin, self._keyring, self._customs)

    def read(self, file: BinaryIO, run: Run) -> Iterator[Batch]:
        """The batches of a run, in the order of the file. Raises Unsound where its end was guessed wrong."""
        source = (LineWindows if run.format is Format.LINES else ListWindows)(file, run, self._longest)
        index = 0
        while (window := source.next()) is not None:
            batch = self._plain(window, run.format) if window.pieces is None else None
            if batch is None:
                if window.pieces is None:
                    window = source.follow()
                batch = _Apart(self, window, index).batch()
            index += batch.records
            yield batch

    def _plain(self, window: Window, form: Format) -> Batch | None:
        """A window in one go; None where some record may be at fault."""
        text = window.text
        if len(text) > self._longest:
            return None
        if self._compiled and len(text) <= _SCANNED:
            try:
                found = self._scanner.read(text, by_line=form is Format.LINES)
                return Batch(window.size, found.records, found.untimed, found.tables)
            except Doubtful:
                pass  # perhaps only rare
        if self._only_checks:
            try:
                records = _decoded(text, form)
                check_whole(records, text, self._customs)
                return Batch(window.size, len(records), _untimed(records))
            except _NOT_PLAIN:
                pass  # perhaps only rare
        try:
            records = _decoded(text, form)
            tables = [self.table(records, text)] if records else []
        except _NOT_PLAIN:
            return None
        return Batch(window.size, len(records), _untimed(records), tables)

    def runs(self, texts: list[bytes]) -> Iterator[tuple[int, Scanned]]:
        """Those of some records that the compiled loops take, see ``Scanner.runs``."""
        return self._scanner.runs(texts) if self._compiled else iter(())

    def table(self, records: list[Interaction], text: bytes) -> pa.Table:
        """The records of ``text``, as a table. Raises one of _NOT_PLAIN."""
        return to_table(records, self._origin, self._keyring, known=self._customs, text=text)

    def table_of_checked(self, records: list[Interaction], rests: list[dict[str, Any] | None]) -> pa.Table:
        """Records that were checked one by one, as a table."""
        return to_table(records, self._origin, self._keyring, known=self._customs, rests=rests)


def _decoded(text: bytes, form: Format) -> list[Interaction]:
    """All records of a window. Raises one of _NOT_PLAIN."""
    if form is not Format.LINES:
        return list_decoder.decode(b"[" + text + b"]")
    records = line_decoder.decode_lines(text)
    if len(records) != _lines(text):
        raise Doubtful("lines")  # msgspec lets a record go over several lines, and several stand in one
    return records


def _lines(text: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == _BREAK)) + (not text.endswith(b"\n"))


def _untimed(records: Iterable[Interaction]) -> int:
    return sum(record.timestamp is None for record in records)


class _Apart:
    """Reads a window piece by piece; whatever becomes of them, the batch has them in the order of the file."""

    def __init__(self, reader: Reader, window: Window, first: int) -> None:
        self._reader, self._window, self._first = reader, window, first
        self._pieces = window.pieces or []
        self._texts = [window.text[piece.start : piece.end] for piece in self._pieces]
        self._refused: dict[int, list[Violation]] = {}
        self._numbers: list[int] = []  # of the pieces that are rows of the tables, in their order
        self._tables: list[pa.Table] = []
        self._untimed = 0

    def batch(self) -> Batch:
        whole = []
        for number, piece in enumerate(self._pieces):
            if piece.rule is None:
                whole.append(number)
            else:
                self._refused[number] = [Violation("", piece.rule)]
        typed: dict[int, Interaction] = {}
        doubtful: list[int] = []
        for number in self._scan(whole):
            try:
                typed[number] = line_decoder.decode(self._texts[number])
            except _NOT_PLAIN:
                doubtful.append(number)
        doubtful += self._take(typed)
        self._check(doubtful)
        rejected = [
            Rejected(self._first + number, self._window.offset + self._pieces[number].start, self._texts[number], found)
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
            checked = check_bytes(self._texts[number])
            if checked.record is None:
                self._refused[number] = checked.violations
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
