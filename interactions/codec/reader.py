"""Read a run of bytes that holds whole records: what is good becomes tables, what is not is said.

A window is first read in one go; only where that fails is it halved until the
records at fault stand alone, and those are checked one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa

from interactions.codec.check import Violation, check_bytes
from interactions.codec.keyring import Keyring
from interactions.codec.lines import LineWindows
from interactions.codec.lists import ListWindows
from interactions.codec.record import Interaction, line_decoder, list_decoder
from interactions.codec.table import Doubtful, Origin, to_table
from interactions.codec.windows import Format, Piece, Run, Window

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
    """Reads runs for one origin. A record of more than ``longest`` bytes is refused."""

    def __init__(self, origin: Origin, keyring: Keyring, *, longest: int) -> None:
        self._origin, self._keyring, self._longest = origin, keyring, longest

    def read(self, file: BinaryIO, run: Run) -> Iterator[Batch]:
        """The batches of a run, in the order of the file. Raises Unsound where its end was guessed wrong."""
        source = (LineWindows if run.format is Format.LINES else ListWindows)(file, run, self._longest)
        index = 0
        while (window := source.next()) is not None:
            batch = self._plain(window, run.format) if window.pieces is None else None
            if batch is None:
                if window.pieces is None:
                    window = source.follow()
                batch = _Apart(self, window, run.format, index).batch
            index += batch.records
            yield batch

    def _plain(self, window: Window, form: Format) -> Batch | None:
        """A window in one go; None where some record may be at fault."""
        if len(window.text) > self._longest:
            return None
        batch = Batch(window.size)
        return batch if self.take(window.text, form, batch) else None

    def take(self, text: bytes, form: Format, batch: Batch, *, lines: int | None = None) -> bool:
        """Add all records of ``text`` to the batch; False, and none added, where any may be at fault.

        ``lines`` is how many lines of it are not blank; where it is None, none should be.
        """
        try:
            if form is Format.LINES:
                records = line_decoder.decode_lines(text)
                # msgspec lets a record go over several lines, and several stand in one.
                if len(records) != (_lines(text) if lines is None else lines):
                    return False
            else:
                records = list_decoder.decode(b"[" + text + b"]")
            table = to_table(records, self._origin, self._keyring, text=text) if records else None
        except _NOT_PLAIN:
            return False
        if table is not None:
            batch.tables.append(table)
            batch.records += len(records)
            batch.untimed += sum(record.timestamp is None for record in records)
        return True

    def table(self, records: list[Interaction], rests: list[dict[str, Any] | None]) -> pa.Table:
        """Records that were checked one by one, as a table."""
        return to_table(records, self._origin, self._keyring, rests=rests)


def _lines(text: bytes) -> int:
    return text.count(b"\n") + (not text.endswith(b"\n"))


class _Apart:
    """Reads a window piece by piece where need be; its batch has everything in the order of the file."""

    def __init__(self, reader: Reader, window: Window, form: Format, index: int) -> None:
        self._reader, self._window, self._form = reader, window, form
        self._first = index
        self._records: list[Interaction] = []
        self._rests: list[dict[str, Any] | None] = []
        self.batch = Batch(window.size)
        self._halve(window.pieces or [])
        self._flush()

    def _halve(self, pieces: list[Piece]) -> None:
        if len(pieces) <= 1:
            for piece in pieces:
                self._check(piece)
        elif not self._at_once(pieces):
            middle = len(pieces) // 2
            self._halve(pieces[:middle])
            self._halve(pieces[middle:])

    def _at_once(self, pieces: list[Piece]) -> bool:
        if any(piece.rule is not None for piece in pieces):
            return False
        text = self._window.text[pieces[0].start : pieces[-1].end]
        part = Batch(0)
        if not self._reader.take(text, self._form, part, lines=len(pieces)):
            return False
        self._flush()
        self.batch.tables += part.tables
        self.batch.records += part.records
        self.batch.untimed += part.untimed
        return True

    def _check(self, piece: Piece) -> None:
        index, offset = self._first + self.batch.records, self._window.offset + piece.start
        self.batch.records += 1
        text = self._window.text[piece.start : piece.end]
        if piece.rule is not None:
            self.batch.rejected.append(Rejected(index, offset, text, [Violation("", piece.rule)]))
            return
        checked = check_bytes(text)
        if checked.record is None:
            self.batch.rejected.append(Rejected(index, offset, text, checked.violations))
            return
        self.batch.untimed += checked.record.timestamp is None
        self._records.append(checked.record)
        self._rests.append(checked.rest)

    def _flush(self) -> None:
        """Records checked one by one become a table before others follow them."""
        if self._records:
            self.batch.tables.append(self._reader.table(self._records, self._rests))
            self._records, self._rests = [], []
