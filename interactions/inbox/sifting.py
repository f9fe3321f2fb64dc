"""Find the live records that are in the data set already: sent again by a client that did not see the answer.

A record that carries a uuid is the same record wherever that uuid comes again. Of the others, a call may hold equal
ones on purpose, so the n-th copy in a call is matched with the n-th copy that was there before it, in the table or in
an earlier call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from interactions.codec.fingerprint import BY_UUID
from interactions.lake import Lake, Part

# A record without a timestamp has the time at which it came; so its copies are looked for in the day before.
UNTIMED_LOOKBACK = timedelta(hours=24)


class Sieve:
    """Leaves out what is known."""

    def sift(self, table: pa.Table, calls: Sequence[int], lake: Lake) -> pa.Table:
        """The rows of ``table`` that are new; ``calls`` says how many rows each call has, in order."""
        prints: list[bytes] = table["fingerprint"].to_pylist()
        known = self._known(prints, self._reach(table, lake.parts()))
        kept = np.ones(len(prints), bool)
        there: Counter[bytes] = Counter(known)
        row = 0
        for size in calls:
            seen: Counter[bytes] = Counter()
            for fingerprint in prints[row : row + size]:
                seen[fingerprint] += 1
                if seen[fingerprint] <= there[fingerprint] or (fingerprint[0] & BY_UUID and seen[fingerprint] > 1):
                    kept[row] = False
                row += 1
            for fingerprint, copies in seen.items():
                there[fingerprint] = max(there[fingerprint], copies)
        return table if kept.all() else table.filter(pa.array(kept))

    def _reach(self, table: pa.Table, parts: Sequence[Part]) -> list[Part]:
        """The parts that may hold copies: those of the same time."""
        bounds = pc.min_max(table["timestamp"]).as_py()
        first, last = bounds["min"], bounds["max"]
        untimed = table.filter(pc.equal(table["timestamp"], table["received_at"]))["timestamp"]
        if len(untimed):
            first = min(first, pc.min(untimed).as_py() - UNTIMED_LOOKBACK)
        return [part for part in parts if part.first <= last and first <= part.last]

    def _known(self, prints: Sequence[bytes], parts: Sequence[Part]) -> dict[bytes, int]:
        """How often each of the fingerprints is in the parts."""
        if not parts:
            return {}
        found = ds.dataset([str(part.path) for part in parts], format="parquet").to_table(
            columns=["fingerprint"], filter=pc.field("fingerprint").isin(pa.array(set(prints), pa.binary()))
        )
        counts = found["fingerprint"].value_counts()
        return {item["values"]: item["counts"] for item in counts.to_pylist()}
