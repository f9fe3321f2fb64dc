"""Find the live records that are in the data set already: sent again by a client that did not see the answer.

A record that carries a uuid is the same record wherever that uuid comes again. Of the others, a call may hold equal
ones on purpose, so the n-th copy in a call is matched with the n-th copy that was there before it, in the table or in
an earlier call. Where such a record has no timestamp either, an equal one means the same only for as long as clients
try again; later it is somebody doing the same thing once more.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from interactions.codec.fingerprint import BY_UUID, SIZE
from interactions.lake import Lake, Part

# A record without a timestamp has the time at which it came; so its uuid is looked for in the day before.
UNTIMED_LOOKBACK = timedelta(hours=24)
RETRIES = timedelta(minutes=10)
_ALWAYS = (1 << 63) - 1
_REMEMBERED = 30_000_000  # rows, of 4 bytes each
_ROWS = 262_144  # read in one go


class Sieve:
    """Leaves out what is known. Keep one: of each part that it read it remembers the first bytes of all fingerprints.

    Parts never change, so what is remembered holds as long as they are there. It tells at once, and without reading
    anything, that most records are new; what may be known is looked up in the part itself.
    """

    def __init__(self) -> None:
        self._starts: OrderedDict[Path, np.ndarray] = OrderedDict()  # sorted, the part used last at the end
        self._rows = 0

    def sift(self, table: pa.Table, calls: Sequence[int], lake: Lake) -> tuple[pa.Table, int]:
        """The rows of ``table`` that are new, and how many are not; ``calls``: the rows of each call, in order."""
        prints: list[bytes] = table["fingerprint"].to_pylist()
        received: list[int] = table["received_at"].cast(pa.int64()).to_pylist()
        until = _until(table)
        there = self._known(prints, _reach(table, lake.parts()))
        kept = np.ones(len(prints), bool)
        row = 0
        for size in calls:
            rows = range(row, row + size)
            seen: Counter[bytes] = Counter()
            before: dict[bytes, int] = {}
            for at in rows:
                each = prints[at]
                seen[each] += 1
                if each not in before:
                    before[each] = sum(last >= received[at] for last in there[each])
                if seen[each] <= before[each] or (each[0] & BY_UUID and seen[each] > 1):
                    kept[at] = False
            for at in rows:
                if kept[at]:
                    there[prints[at]].append(until[at])
            row += size
        known = int(len(kept) - kept.sum())
        return (table.filter(pa.array(kept)) if known else table), known

    def _known(self, prints: Sequence[bytes], parts: Sequence[Part]) -> defaultdict[bytes, list[int]]:
        """Of each of the fingerprints the copies in the parts: until when each counts, as _until says it."""
        known: defaultdict[bytes, list[int]] = defaultdict(list)
        asked = sorted(set(prints))
        starts = _starts_of(asked)
        for part in parts:
            held = self._held(part)
            places = np.minimum(np.searchsorted(held, starts), len(held) - 1)
            maybe = [asked[at] for at in np.flatnonzero(held[places] == starts)]
            if maybe:
                _add(known, part.path, maybe)
        return known

    def _held(self, part: Part) -> np.ndarray:
        held = self._starts.get(part.path)
        if held is None:
            held = self._starts[part.path] = _read(part.path)
            self._rows += len(held)
            while self._rows > _REMEMBERED and len(self._starts) > 1:
                self._rows -= len(self._starts.popitem(last=False)[1])
        self._starts.move_to_end(part.path)
        return held


def _reach(table: pa.Table, parts: Sequence[Part]) -> list[Part]:
    """The parts that may hold copies of the table's rows: those of the same time."""
    bounds = pc.min_max(table["timestamp"]).as_py()
    first, last = bounds["min"], bounds["max"]
    untimed = table.filter(pc.equal(table["timestamp"], table["received_at"]))["timestamp"]
    if len(untimed):
        first = min(first, pc.min(untimed).as_py() - UNTIMED_LOOKBACK)
    return [part for part in parts if part.rows and part.first <= last and first <= part.last]


def _starts_of(prints: Sequence[bytes]) -> np.ndarray:
    """The first four bytes of each fingerprint, as numbers in the order of the fingerprints."""
    return np.frombuffer(b"".join(prints), ">u4").reshape(-1, SIZE // 4)[:, 0].astype(np.uint32)


def _read(path: Path) -> np.ndarray:
    pieces = []
    with pq.ParquetFile(path) as part:
        for batch in part.iter_batches(_ROWS, columns=["fingerprint"]):
            values = batch.column(0).cast(pa.binary(SIZE))  # of one length, so their bytes lie side by side
            place = values.offset * SIZE
            pieces.append(_starts_of([values.buffers()[1].slice(place, len(values) * SIZE).to_pybytes()]))
    return np.sort(np.concatenate(pieces))


def _add(known: defaultdict[bytes, list[int]], path: Path, prints: Sequence[bytes]) -> None:
    found = ds.dataset(str(path), format="parquet").to_table(
        columns=["fingerprint", "timestamp", "received_at"],
        filter=pc.field("fingerprint").isin(pa.array(prints, pa.binary())),
    )
    for fingerprint, until in zip(found["fingerprint"].to_pylist(), _until(found), strict=True):
        known[fingerprint].append(until)


def _until(table: pa.Table) -> list[int]:
    """Until when a record that comes and equals the row is taken for the same: microseconds since 1970."""
    untimed = pc.equal(table["timestamp"], table["received_at"]).to_pylist()
    received = table["received_at"].cast(pa.int64()).to_pylist()
    by_uuid = (fingerprint[0] & BY_UUID for fingerprint in table["fingerprint"].to_pylist())
    retries = RETRIES // timedelta(microseconds=1)
    return [
        moment + retries if has_no_time and not has_uuid else _ALWAYS
        for moment, has_no_time, has_uuid in zip(received, untimed, by_uuid, strict=True)
    ]
