"""Turn records into tables by means of ``scan``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from interactions.codec.origin import Origin
from interactions.codec.scanner import scan
from interactions.codec.scanner.found import PADDING, room
from interactions.codec.scanner.free_form import FreeForm, Known
from interactions.codec.scanner.layout import RECORD, bit
from interactions.codec.scanner.rows import ScannedRows, plain
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.keyring import Keyring, load_compiled, name_people

_TIMED = bit(RECORD, "timestamp")
_MOMENT, _KEY = pa.timestamp("us", "UTC"), pa.int64()

FEW = 20  # a table for fewer records takes as long as one for a few hundred, so they're read with others
_BY_BRACKETS = np.empty(0, np.int64)  # where the ends of records aren't known


@dataclass(slots=True)
class Scanned:
    """Consecutive records of a text, up to its place ``end``: the ``tables`` of those that are certainly valid,
    ``untimed`` of which have no timestamp, and the numbers of the ``doubtful`` others with where each starts and ends.
    """

    tables: list[pa.Table] = field(default_factory=list)
    records: int = 0
    untimed: int = 0
    doubtful: dict[int, tuple[int, int]] = field(default_factory=dict)
    end: int = 0


class Scanner:
    """Scans texts for one origin, caching custom_contexts. Without a ``keyring`` the key columns are null. With
    ``only_checks`` no tables are made."""

    def __init__(self, origin: Origin, keyring: Keyring | None, *, only_checks: bool = False) -> None:
        self._origin, self._keyring, self._only_checks = origin, keyring, only_checks
        self._known = Known()
        self._found = room()

    def read(
        self, text: bytes, *, may_end: Callable[[int, int], bool] = lambda start, end: True, most: int | None = None
    ) -> Iterator[Scanned]:
        """Read the records at the beginning of a text, up to the first with an unclear end or more than ``most`` bytes.
        If only fewer than FEW are left before that one, they aren't read.

        A doubtful record from ``start`` to ``end`` has an unclear end unless ``may_end`` returns True.
        """
        codes = np.frombuffer(text + PADDING, np.uint8)
        how, end = scan.FULL, 0
        while how == scan.FULL:
            how, count = self._scan(codes, end, len(text), len(text) if most is None else most, _BY_BRACKETS)
            unclear = next((number for number, span in self._doubtful(count).items() if not may_end(*span)), None)
            if unclear is not None:
                how, count = scan.STOPPED, unclear
            if not count or (count < FEW and how == scan.STOPPED):
                return
            taken = Scanned()
            self._take(taken, codes, text, count)
            end = taken.end
            yield taken

    def read_each(self, texts: Sequence[bytes]) -> Scanned:
        """Read texts of one JSON value each."""
        text = b"\n".join(texts)
        codes = np.frombuffer(text + PADDING, np.uint8)
        ends = np.cumsum(np.array([len(each) + 1 for each in texts], np.int64)) - 1
        taken = Scanned()
        while taken.records < len(texts):
            start = int(ends[taken.records]) - len(texts[taken.records])
            _, count = self._scan(codes, start, len(text), len(text), ends[taken.records :])
            self._take(taken, codes, text, count)
        return taken

    def _doubtful(self, count: int) -> dict[int, tuple[int, int]]:
        """Where each doubtful one of the scanned records starts and ends."""
        found = self._found
        numbers = np.flatnonzero(found.doubtful[:count])
        spans = zip(found.record_starts[numbers].tolist(), found.record_ends[numbers].tolist(), strict=True)
        return dict(zip(numbers.tolist(), spans, strict=True))

    def _scan(self, codes: np.ndarray, place: int, size: int, most: int, ends: np.ndarray) -> tuple[int, int]:
        while True:
            how, count = scan.scan(codes, place, size, most, ends, self._found)
            if count or how != scan.FULL:
                return how, count
            self._found = room(2 * len(self._found.quantities), 2 * len(self._found.unknown))

    def _take(self, taken: Scanned, codes: np.ndarray, text: bytes, count: int) -> None:
        """Add the scanned records to ``taken``. Their free-form parts are checked only here."""
        doubtful = self._found.doubtful[:count]
        rows = count - int(np.count_nonzero(doubtful))
        if rows:
            free = FreeForm(self._found, codes, text, rows, self._known)
            faulty, timed = free.faulty(), self._found.has[RECORD, :rows] & _TIMED != 0
            if not self._only_checks and not faulty.all():
                table = self._table(free, codes, timed, count)
                taken.tables.append(table.filter(pa.array(~faulty)) if faulty.any() else table)
            taken.untimed += int(np.count_nonzero(~(timed | faulty)))
            doubtful[~doubtful] = faulty
        taken.doubtful.update((taken.records + number, span) for number, span in self._doubtful(count).items())
        taken.records += count
        taken.end = int(self._found.record_ends[count - 1])

    def _table(self, free: FreeForm, codes: np.ndarray, timed: np.ndarray, count: int) -> pa.Table:
        """The table of the rows of ``count`` scanned records; ``timed`` are those with a timestamp."""
        rows, received = len(timed), self._origin.received
        arrays = ScannedRows(self._found, codes, rows, count, free).columns()
        arrays["timestamp"] = plain(np.where(timed, self._found.times[:rows], received), _MOMENT)
        arrays["received_at"] = plain(np.full(rows, received), _MOMENT)
        arrays["import_id"] = plain(np.full(rows, self._origin.import_id), _KEY)
        name_people(arrays, self._keyring)
        return pa.Table.from_arrays([arrays[name] for name in TABLE_SCHEMA.names], schema=TABLE_SCHEMA)


def load() -> None:
    """Load the compiled code, compiling it if necessary, so that the first records don't have to wait."""
    text = b'{"type":"checkout","user_id":"","product_ids":["a"],"quantities":1,"revenue":1,"context":{"a":1}}'
    next(Scanner(Origin(0, datetime(1970, 1, 1, tzinfo=UTC)), None).read(b"\n".join([text] * FEW)))
    load_compiled()
