"""Analysts' questions with each filter, put to Dojo and others: ``python -m benchmarks.analysts RECORDS CORES``.

The records are written, indexed and asked about in fresh processes, in the data folder of the settings.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from benchmarks import processes
from benchmarks.alike import equal
from benchmarks.importing import prepare
from benchmarks.narrowed import NARROWED
from benchmarks.processes import tell
from benchmarks.thin import add_thin
from dojo import workers

ENVIRONMENT: Final = "production"
_DAYS: Final = 90


def measure(data: Path, cores: int, *, has_peer: bool) -> dict[str, Any]:
    """``ours`` and ``theirs``: seconds by filter and question. ``theirs`` is None without ClickHouse's engine.

    Ends the process where the answers differ.
    """
    ours = {name: processes.measure("ours", ENVIRONMENT, name, data=data, cores=cores) for name in NARROWED}
    for name, found in ours.items():
        most = max(found["seconds"], key=found["seconds"].get)
        tell(f"  Questions with {name}: {found['seconds'][most] * 1000:.0f} ms at most, {most}")
    theirs = _theirs(data, cores, ours) if has_peer else None
    for found in ours.values():
        del found["answers"]
    return {"ours": ours, "theirs": theirs}


def _theirs(data: Path, cores: int, ours: dict[str, Any]) -> dict[str, Any]:
    theirs = processes.measure("theirs", ENVIRONMENT, data / "clickhouse", cores, data=data, cores=cores)
    for name, found in theirs["filters"].items():
        tell(f"  ClickHouse's engine with {name}: {sum(found['seconds'].values()) * 1000:,.0f} ms")
        for question, answer in found.pop("answers").items():
            if not equal(answer, ours[name]["answers"][question]):
                sys.exit(f"ClickHouse's engine does not agree on {question} with {name}.")
    return theirs


def main(records: int, cores: int) -> None:
    prepare()
    data = Path(settings.DATA_DIR)
    with workers.present():
        add_thin(ENVIRONMENT, records, _DAYS, processes=cores)
        processes.measure("index_build", ENVIRONMENT, data=data, cores=cores)
        found = measure(data, cores, has_peer=find_spec("chdb") is not None)
    processes.answer({"records": records, "asked": found})


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
