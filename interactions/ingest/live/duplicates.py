"""Find the live records that are in the data set already: sent again by a client that did not see the answer.

A record that carries a uuid is the same record wherever that uuid comes again. Of the others, a call may hold equal
ones on purpose, so the n-th copy in a call is matched with the n-th copy that was there before it, in the table or in
an earlier call. A record with neither uuid nor timestamp is never a duplicate: two equal page views in a row are two.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from interactions.contract.fingerprint import BY_UUID, SIZE
from interactions.warehouse.lake import Part
from interactions.warehouse.overlaps import LIVE

# A record without a timestamp has the time at which it came; so its uuid is looked for in the day before.
UNTIMED_LOOKBACK = timedelta(hours=24)
_REMEMBERED = 30_000_000  # rows, of 4 bytes each
_ROWS = 262_144  # read in one go


@dataclass(frozen=True, slots=True)
class SiftedCalls:
    """The rows that are new, how many are not, and those of them that an import brought: undone, it leaves them."""

    new: pa.Table
    known: int
    of_imports: pa.Table


class Sieve:
    """Leaves out what is known. Keep one: of each part that it read it remembers the first bytes of all fingerprints.

    Parts never change, so what is remembered holds as long as they are there. It tells at once, and without reading
    anything, that most records are new; what may be known is looked up in the part itself.
    """

    def __init__(self) -> None:
        self._starts: OrderedDict[Path, np.ndarray] = OrderedDict()  # sorted, the part used last at the end
        self._rows = 0

    def sift(self, table: pa.Table, calls: Sequence[int], parts: Sequence[Part]) -> SiftedCalls:
        """Tell which rows of ``table`` are in none of ``parts``; ``calls``: the rows of each call, in order."""
        new = np.ones(table.num_rows, bool)
        of_imports = np.zeros(table.num_rows, bool)
        rows = np.flatnonzero(~_is_unlike_any(table))
        if len(rows):
            some = table.take(pa.array(rows))
            prints = some["fingerprint"].to_pylist()
            there, brought = self._known(prints, _reach(some, parts))
            new[rows] = _are_new(prints, _call_of(calls)[rows], there)
            of_imports[rows] = [each in brought for each in prints]
        known = int(len(new) - new.sum())
        left_out = table.filter(pa.array(~new & of_imports))
        return SiftedCalls(table.filter(pa.array(new)) if known else table, known, left_out)

    def _known(self, prints: Sequence[bytes], parts: Sequence[Part]) -> tuple[Counter[bytes], set[bytes]]:
        """How many copies of each of the fingerprints are in the parts, and of which some may be an import's."""
        known: Counter[bytes] = Counter()
        of_imports: set[bytes] = set()
        asked = sorted(set(prints))
        starts = _starts_of(asked)
        for part in parts:
            held = self._held(part)
            places = np.minimum(np.searchsorted(held, starts), len(held) - 1)
            maybe = [asked[at] for at in np.flatnonzero(held[places] == starts)]
            if maybe:
                found = _among(part.path, maybe)
                known.update(found)
                if part.import_id != LIVE:
                    of_imports.update(found)
        return known, of_imports

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
    import pyarrow.dataset as ds  # it loads pandas, 50 MB that web processes have no need of

    found: list[bytes] = (
        ds.dataset(str(path), format="parquet")
        .to_table(columns=["fingerprint"], filter=pc.field("fingerprint").isin(pa.array(prints, pa.binary())))[
            "fingerprint"
        ]
        .to_pylist()
    )
    return found


def _are_new(prints: Sequence[bytes], call_of: np.ndarray, there: Mapping[bytes, int]) -> list[bool]:
    """Of each record whether it is new; ``call_of``: the number of its call, which rises; ``there``: copies of each."""
    new: list[bool] = []
    added: Counter[bytes] = Counter()  # by the calls before this one
    for _call, places in groupby(range(len(prints)), key=lambda place: int(call_of[place])):
        seen: Counter[bytes] = Counter()
        of_call: Counter[bytes] = Counter()
        for each in (prints[place] for place in places):
            seen[each] += 1
            new.append(seen[each] > there[each] + added[each] and not (each[0] & BY_UUID and seen[each] > 1))
            of_call[each] += new[-1]
        added.update(of_call)  # += would look at all that was added so far
    return new


def _is_unlike_any(table: pa.Table) -> np.ndarray:
    """Of each row whether it can have no duplicate: it has neither a timestamp of its own nor a uuid."""
    untimed = pc.equal(table["timestamp"], table["received_at"]).to_numpy()
    firsts = pc.binary_slice(table["fingerprint"], 0, 1).to_pylist()
    alone: np.ndarray = untimed & np.array([first[0] & BY_UUID == 0 for first in firsts], bool)
    return alone


def _call_of(calls: Sequence[int]) -> np.ndarray:
    """The number of the call that each row came in; ``calls``: the rows of each."""
    return np.repeat(np.arange(len(calls)), calls)
