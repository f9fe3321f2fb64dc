"""The dashboard's page over a table of thin records: ``python -m benchmarks.pages RECORDS CORES ROUNDS``.

The records are written, indexed and asked about in fresh processes, with each filter; ClickHouse's engine is asked the
same, and so are analysts' questions (``asked``). Then records are appended while the index is kept.
"""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings

from benchmarks import processes
from benchmarks.alike import equal
from benchmarks.analysts import measure as measure_questions
from benchmarks.importing import prepare
from benchmarks.narrowed import NARROWED
from benchmarks.processes import tell
from benchmarks.thin import add_thin
from dojo import workers

ENVIRONMENT = "production"
_DAYS = 90
_FIRST = next(iter(NARROWED))
_PEERS_MOST = 10_000_000  # records that ClickHouse's engine is given


def main(records: int, cores: int, rounds: int) -> None:
    prepare()
    with workers.present():
        began = time.perf_counter()
        add_thin(ENVIRONMENT, records, _DAYS, processes=cores)
        written = time.perf_counter() - began
        index = _measure(cores, "index_build")
        tell(f"  An index of {index['events']:,} events in {index['seconds']:.1f} s")
        filters = {name: _page(cores, rounds, name) for name in NARROWED}
        peer = _peer(cores, filters) if records <= _PEERS_MOST and find_spec("chdb") else None
        questions = measure_questions(Path(settings.DATA_DIR), cores, has_peer=peer is not None)
        upkeep = _measure(cores, "upkeep", records)
        tell(f"  {upkeep['imported']:,} records by a tenth of the people are seen after {upkeep['tenth']:.1f} s")
        after = _page(cores, rounds, _FIRST)
        known = _measure(cores, "known")
        tell(f"  Live records are looked for in {known['batches']['1000']:.0f} ms, 1,000 at once")
    for page in filters.values():
        del page["answers"]
    found = {
        "records": records,
        "written": written,
        "index": index,
        "filters": filters,
        "peer": peer,
        "asked": questions,
    }
    processes.answer({**found, "upkeep": upkeep, "after": after["cold"], "known": known})


def _measure(cores: int, module: str, *options: object) -> dict[str, Any]:
    return processes.measure(module, ENVIRONMENT, *options, data=Path(settings.DATA_DIR), cores=cores)


def _page(cores: int, rounds: int, name: str) -> dict[str, Any]:
    """The round in the middle, by its cold page; the most memory of all."""
    pages = [_measure(cores, "dashboard", name) for _ in range(rounds)]
    ordered = sorted(pages, key=lambda page: float(page["cold"]))
    middle = {**ordered[len(ordered) // 2], "memory": max(page["memory"] for page in pages)}
    tell(f"  The page with {name}: {middle['cold'] * 1000:.0f} ms cold, {middle['warm'] * 1000:.1f} ms warm")
    return middle


def _peer(cores: int, filters: dict[str, Any]) -> dict[str, Any]:
    """What ClickHouse's engine takes. Ends the process where it answers anything else than Dojo."""
    found = _measure(cores, "clickhouse", Path(settings.DATA_DIR) / "clickhouse", cores)
    for name, asked in found["filters"].items():
        tell(f"  ClickHouse's engine with {name}: {asked['seconds'] * 1000:,.0f} ms")
        for question, answer in asked.pop("answers").items():
            if not equal(answer, filters[name]["answers"][question]):
                sys.exit(f"ClickHouse's engine does not agree on {question} with {name}.")
    return found


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
