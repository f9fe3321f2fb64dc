"""Turn records into tables by means of ``scan``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from interactions.codec.origin import Origin
from interactions.codec.scanner import rest, scan
from interactions.codec.scanner.custom import customs
from interactions.codec.scanner.found import PADDING, room
from interactions.codec.scanner.free_form import FreeForm, Known
from interactions.codec.scanner.layout import RECORD, bit
from interactions.codec.scanner.rows import ScannedRows, plain
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.keyring import Keyring, load_compiled, name_people

_TIMED = bit(RECORD, "timestamp")
_MOMENT, _KEY = pa.timestamp("us", "UTC"), pa.int64()

FEW = 20  # a table for fewer records takes as long as one for a few hundred, so they're read with others


@dataclass(slots=True)
class Scanned:
    """Tables with ``records`` rows in total, ``untimed`` of which had no timestamp; the last ends at ``end``."""

    tables: list[pa.Table] = field(default_factory=list)
    records: int = 0
    untimed: int = 0
    end: int = 0


class Scanner:
    """Scans texts for one origin, caching custom_contexts. Without a ``keyring`` the key columns are null. With
    ``only_checks`` no tables are made."""

    def __init__(self, origin: Origin, keyring: Keyring | None, *, only_checks: bool = False) -> None:
        self._origin, self._keyring, self._only_checks = origin, keyring, only_checks
        self._known = Known(customs(), rest.Finder())
        self._found = room()

    def read(self, text: bytes, *, most: int | None = None) -> Scanned:
        """Read the records at the beginning of a text, up to the first that may be invalid or is longer than ``most``
        bytes. If that leaves fewer than FEW, none are read."""
        codes = np.frombuffer(text + PADDING, np.uint8)
        taken = Scanned()
        while True:
            how, rows = self._scan(codes, taken.end, len(text), len(text) if most is None else most)
            good = rows
            if rows:
                free = FreeForm(self._found, codes, text, rows, self._known)
                if len(faulty := free.faulty()):
                    how, good = scan.STOPPED, int(faulty[0])
                    free = FreeForm(self._found, codes, text, good, self._known)
                if good >= FEW or (good and how != scan.STOPPED):
                    self._take(taken, free, codes, good)
            if how != scan.FULL:
                return taken

    def read_each(self, texts: Sequence[bytes]) -> tuple[Scanned, list[int]]:
        """Read texts of one JSON value each. Returns the tables, and the indexes of texts that may be invalid; the
        tables are complete only if there are none."""
        text = b"\n".join(texts)
        codes = np.frombuffer(text + PADDING, np.uint8)
        starts = np.cumsum([0, *(len(each) + 1 for each in texts)]).tolist()
        taken, left, first = Scanned(), [], 0
        while first < len(texts):
            how, rows = self._scan(codes, starts[first], len(text), len(text))
            if rows:
                free = FreeForm(self._found, codes, text, rows, self._known)
                left += (first + free.faulty()).tolist()
                if not left:
                    self._take(taken, free, codes, rows)
            first += rows
            if how == scan.STOPPED:
                left.append(first)
                first += 1
        return taken, left

    def _scan(self, codes: np.ndarray, place: int, size: int, most: int) -> tuple[int, int]:
        while True:
            how, rows = scan.scan(codes, place, size, most, self._found)
            if rows or how != scan.FULL:
                return how, rows
            self._found = room(2 * len(self._found.quantities), 2 * len(self._found.unknown))

    def _take(self, taken: Scanned, free: FreeForm, codes: np.ndarray, rows: int) -> None:
        timed = self._found.has[RECORD, :rows] & _TIMED != 0
        if not self._only_checks:
            taken.tables.append(self._table(free, codes, timed))
        taken.records += rows
        taken.untimed += rows - int(np.count_nonzero(timed))
        taken.end = int(self._found.record_ends[rows - 1])

    def _table(self, free: FreeForm, codes: np.ndarray, timed: np.ndarray) -> pa.Table:
        """The table of the scanned rows; ``timed`` are those with a timestamp."""
        rows, received = len(timed), self._origin.received
        arrays = ScannedRows(self._found, codes, rows, free).columns()
        arrays["timestamp"] = plain(np.where(timed, self._found.times[:rows], received), _MOMENT)
        arrays["received_at"] = plain(np.full(rows, received), _MOMENT)
        arrays["import_id"] = plain(np.full(rows, self._origin.import_id), _KEY)
        name_people(arrays, self._keyring)
        return pa.Table.from_arrays([arrays[name] for name in TABLE_SCHEMA.names], schema=TABLE_SCHEMA)


def load() -> None:
    """Load the compiled code, compiling it if necessary, so that the first records don't have to wait."""
    text = b'{"type":"checkout","user_id":"","product_ids":["a"],"quantities":1,"revenue":1,"context":{"a":1}}'
    Scanner(Origin(0, datetime(1970, 1, 1, tzinfo=UTC)), None).read(b"\n".join([text] * FEW))
    load_compiled()
