"""Find the live records that are in the data set already: sent again by a client that did not see the answer.

A record that carries a uuid is the same record wherever that uuid comes again. Of the others, a call may hold equal
ones on purpose, so the n-th copy in a call is matched with the n-th copy that was there before it, in the table or in
an earlier call. A record with neither uuid nor timestamp is never a duplicate: two equal page views in a row are two.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
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
        kept = np.ones(table.num_rows, bool)
        matched = np.flatnonzero(~_is_unlike_any(table))
        if len(matched):
            self._leave_out(table.take(pa.array(matched)), matched, _call_of(calls)[matched], kept, lake)
        known = int(len(kept) - kept.sum())
        return (table.filter(pa.array(kept)) if known else table), known

    def _leave_out(self, table: pa.Table, rows: np.ndarray, call_of: np.ndarray, kept: np.ndarray, lake: Lake) -> None:
        """In ``kept`` unmark the ``rows`` that are there already; ``table`` holds them, ``call_of`` their calls."""
        prints: list[bytes] = table["fingerprint"].to_pylist()
        there = self._known(prints, _reach(table, lake.parts()))
        added: Counter[bytes] = Counter()  # by the calls before this one
        for _call, places in groupby(range(len(prints)), key=lambda place: int(call_of[place])):
            seen: Counter[bytes] = Counter()
            new: Counter[bytes] = Counter()
            for place in places:
                each = prints[place]
                seen[each] += 1
                if seen[each] <= there[each] + added[each] or (each[0] & BY_UUID and seen[each] > 1):
                    kept[rows[place]] = False
                else:
                    new[each] += 1
            added.update(new)  # += would look at all that was added so far

    def _known(self, prints: Sequence[bytes], parts: Sequence[Part]) -> Counter[bytes]:
        """How many copies of each of the fingerprints are in the parts."""
        known: Counter[bytes] = Counter()
        asked = sorted(set(prints))
        starts = _starts_of(asked)
        for part in parts:
            held = self._held(part)
            places = np.minimum(np.searchsorted(held, starts), len(held) - 1)
            maybe = [asked[at] for at in np.flatnonzero(held[places] == starts)]
            if maybe:
                known.update(_among(part.path, maybe))
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


def _among(path: Path, prints: Sequence[bytes]) -> list[bytes]:
    """The fingerprints of the part that are among these, each as often as it is there."""
    found: list[bytes] = (
        ds.dataset(str(path), format="parquet")
        .to_table(columns=["fingerprint"], filter=pc.field("fingerprint").isin(pa.array(prints, pa.binary())))[
            "fingerprint"
        ]
        .to_pylist()
    )
    return found


def _is_unlike_any(table: pa.Table) -> np.ndarray:
    """Of each row whether it can have no duplicate: it has neither a timestamp of its own nor a uuid."""
    untimed: np.ndarray = pc.equal(table["timestamp"], table["received_at"]).to_numpy()
    firsts = pc.binary_slice(table["fingerprint"], 0, 1).to_pylist()
    return untimed & np.array([first[0] & BY_UUID == 0 for first in firsts], bool)


def _call_of(calls: Sequence[int]) -> np.ndarray:
    """The number of the call that each row came in; ``calls``: the rows of each."""
    return np.repeat(np.arange(len(calls)), calls)
