"""The dashboard's page over a table of thin records: ``python -m benchmarks.pages RECORDS CORES ROUNDS``.

The records are written, summed up and asked about in fresh processes; then a part is added, summed up and asked about.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from benchmarks import processes
from benchmarks.importing import prepare
from benchmarks.processes import tell
from benchmarks.thin import add_thin
from dojo import workers

ENVIRONMENT = "production"
_DAYS = 90
_ADDED = 2_000
_NARROW = 10_000_000  # records of which a fortieth is held in memory


def main(records: int, cores: int, rounds: int) -> None:
    prepare()
    with workers.present():
        began = time.perf_counter()
        add_thin(ENVIRONMENT, records, _DAYS, processes=cores)
        written = time.perf_counter() - began
        index = _measure("index_build", cores)
        tell(f"  An index of {index['events']:,} events in {index['seconds']:.1f} s")
        built = _measure("covering", cores)
        tell(f"  {built['segments']} segments of {records:,} records in {built['seconds']:.1f} s")
        by_region = ["--by-region"] if records <= _NARROW else []
        pages = [_measure("page", cores, *by_region) for _ in range(rounds)]
        add_thin(ENVIRONMENT, _ADDED, 1, processes=1, name="added")
        added = _measure("covering", cores)
        refreshed = _measure("page", cores)
    page = _middle(pages)
    tell(f"  The page at {records:,} records: {page['cold']:.2f} s cold, {page['warm'] * 1000:.0f} ms warm")
    processes.answer(
        {
            "records": records,
            "written": written,
            "index": index,
            "built": built,
            "added": {"records": _ADDED, "seconds": added["seconds"], "page": refreshed["cold"]},
            **page,
        }
    )


def _measure(module: str, cores: int, *options: str) -> dict[str, Any]:
    return processes.measure(module, ENVIRONMENT, *options, data=Path(settings.DATA_DIR), cores=cores)


def _middle(pages: list[dict[str, Any]]) -> dict[str, Any]:
    """The round in the middle, by its cold page; the most memory of all."""
    ordered = sorted(pages, key=lambda page: float(page["cold"]))
    return {**ordered[len(ordered) // 2], "peak": max(page["peak"] for page in pages)}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
