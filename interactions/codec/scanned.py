"""Plain records become a table by way of ``scanning``: the same table as ``table`` makes of them, in less time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from interactions.codec import rest, scanning
from interactions.codec.columns import TABLE_SCHEMA
from interactions.codec.custom import Customs
from interactions.codec.free_form import Known
from interactions.codec.keyring import Keyring, name_people
from interactions.codec.layout import RECORD, bit
from interactions.codec.scanned_rows import Rows, plain
from interactions.codec.table import Doubtful, Origin

_TIMED = bit(RECORD, "timestamp")
_MOMENT, _KEY = pa.timestamp("us", "UTC"), pa.int64()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FEW = 20  # records that a table of their own takes longer for than the rule book


@dataclass(frozen=True, slots=True)
class Scanned:
    """Tables of ``records`` rows in all, of which ``untimed`` came without a timestamp; the last ends at ``end``."""

    tables: list[pa.Table]
    records: int
    untimed: int
    end: int


class Scanner:
    """Reads texts for one origin; ``known`` remembers what custom_contexts are."""

    def __init__(self, origin: Origin, keyring: Keyring | None, known: Customs) -> None:
        self._keyring, self._known = keyring, Known(known, rest.Finder())
        self._found = scanning.found()
        self._origin = origin
        self._received = origin.received

    def read(self, text: bytes, *, most: int | None = None) -> Scanned:
        """The records that a text begins with, with anything or nothing between them, as long as they are plain and of
        at most ``most`` bytes. Raises Doubtful where one of them may be at fault."""
        codes = np.frombuffer(text + scanning.PADDING, np.uint8)
        tables, records, untimed, place = [], 0, 0, 0
        longest = len(text) if most is None else most
        while True:
            how, rows, end = scanning.scan(codes, place, len(text), longest, self._found)
            if rows and (rows >= FEW or how != scanning.STOPPED):
                tables.append(self._table(codes, text, place, end, rows))
                untimed += self._untimed(rows)
                records += rows
                place = end
            if how != scanning.FULL:
                return Scanned(tables, records, untimed, place)

    def runs(self, texts: Sequence[bytes]) -> Iterator[tuple[int, Scanned]]:
        """Those of some records that are plain, where at least FEW of them follow each other: the number of the first,
        and what they are."""
        text = b"\n".join(texts)
        codes = np.frombuffer(text + scanning.PADDING, np.uint8)
        starts = np.cumsum([0, *(len(each) + 1 for each in texts)]).tolist()
        left = [(0, len(texts))]
        while left:
            first, last = left.pop()
            if last - first < FEW:
                continue
            place, end = starts[first], starts[last] - 1
            how, rows, end = scanning.scan(codes, place, end, len(text), self._found)
            left.append((first + rows + (how == scanning.STOPPED), last))
            if rows < FEW:
                continue
            try:
                tables = [self._table(codes, text, place, end, rows)]
                yield first, Scanned(tables, rows, self._untimed(rows), end)
            except Doubtful:
                middle = first + rows // 2
                left += [(first, middle), (middle, first + rows)]

    def _table(self, codes: np.ndarray, text: bytes, start: int, end: int, rows: int) -> pa.Table:
        """The rows just found between two places of a text. Raises Doubtful where one may be at fault."""
        arrays = Rows(self._found, codes, text, start, end, rows, self._known).columns()
        timed = self._found.has[RECORD, :rows] & _TIMED != 0
        arrays["timestamp"] = plain(np.where(timed, self._found.times[:rows], self._received), _MOMENT)
        arrays["received_at"] = plain(np.full(rows, self._received), _MOMENT)
        arrays["import_id"] = plain(np.full(rows, self._origin.import_id), _KEY)
        name_people(arrays, self._keyring)
        return pa.Table.from_arrays([arrays[name] for name in TABLE_SCHEMA.names], schema=TABLE_SCHEMA)

    def _untimed(self, rows: int) -> int:
        return rows - int(np.count_nonzero(self._found.has[RECORD, :rows] & _TIMED))


def load() -> None:
    """Load what is compiled, or compile it where that was never done, so that the first records need not wait."""
    text = b'{"type":"checkout","user_id":"","product_ids":["a"],"quantities":1,"revenue":1,"context":{"a":1}}'
    Scanner(Origin(0, _EPOCH), Keyring(b""), Customs()).read(b"\n".join([text] * FEW))


if __name__ == "__main__":
    load()
