"""How long it takes to look for live records in a large table: ``python -m benchmarks.known ENVIRONMENT``.

The answer has ``seconds``, of building the index of fingerprints from the table; ``bytes`` of it on disk; ``batches``,
by so many records, the ms that a batch takes by the median, index brought up to date and all looked for. The index is
in the system's page cache.
"""

from __future__ import annotations

import statistics
import sys
import time

import django

django.setup()

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from benchmarks.files import warm  # noqa: E402
from benchmarks.processes import answer  # noqa: E402
from interactions.ingest.duplicates.calls import sift  # noqa: E402
from interactions.ingest.duplicates.index import FingerprintIndex  # noqa: E402
from interactions.warehouse.lake import Lake  # noqa: E402

BATCHES = (100, 1_000, 10_000)
_TIMES = 9


def main(environment: str) -> None:
    lake, index = Lake(environment), FingerprintIndex(environment)
    began = time.perf_counter()
    index.refresh(*lake.state())
    index.merge()
    seconds = time.perf_counter() - began
    size = sum(path.stat().st_size for path in index.folder.iterdir())
    for path in index.folder.iterdir():
        warm(path)
    rows = pq.read_table(lake.files()[0]).slice(0, max(BATCHES) // 2)  # half of a batch is there, half is new
    answer({"seconds": seconds, "bytes": size, "batches": {str(size): _batch(lake, rows, size) for size in BATCHES}})


def _batch(lake: Lake, rows: pa.Table, size: int) -> float:
    taken = []
    chance = np.random.default_rng(size)
    for _ in range(_TIMES):
        there = rows.take(pa.array(chance.permutation(len(rows))[: size // 2]))
        prints = pa.array([chance.bytes(16) for _ in range(len(there))], rows.schema.field("fingerprint").type)
        place = rows.schema.get_field_index("fingerprint")
        batch = pa.concat_tables([there, there.set_column(place, there.schema.field(place), prints)]).combine_chunks()
        began = time.perf_counter()
        found = sift(batch, np.arange(len(batch)), FingerprintIndex(lake.environment).refresh(*lake.state()))
        taken.append((time.perf_counter() - began) * 1000)
        if found.known < len(there):
            sys.exit(f"Of {size // 2:,} records that are there {found.known:,} were found.")
    return statistics.median(taken)


if __name__ == "__main__":
    main(sys.argv[1])
