"""An import and the dashboard's page on a disk and in an object store: ``python -m benchmarks.object_store RECORDS``.

Prints the section of the page of figures. ``--rounds`` is how often each import is measured.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import files, processes, report_store, store_server
from benchmarks.processes import say
from dojo.cores import cores

ROUNDS = 3
_WORK = processes.HOUSE / ".build" / "bench"


def measure(lines: Path, records: int, rounds: int, work: Path) -> dict[str, Any]:
    """Import ``lines``, which are as many ``records``, and look at the page of as many thin ones. On a disk and in a
    store in turn, in that by the node that received the file and by another. Raises Failed."""
    local, stored, elsewhere = [], [], []
    for _ in range(rounds):
        local.append(_on_folder(work, "importing", lines, records)["first"])
        for timings, more in ((stored, ()), (elsewhere, ("--elsewhere",))):
            with store_server.running() as store:
                options = ("--beside", store.pid, *more)
                timings.append(_on_folder(work, "importing", lines, records, *options, more=store.settings)["first"])
        say(
            f"  {local[-1]['seconds']:.2f} s on a disk, {stored[-1]['seconds']:.2f} s in a store, "
            f"{elsewhere[-1]['seconds']:.2f} s where another node received the file"
        )
    disk = _on_folder(work, "nodes", records)
    with store_server.running() as store:
        node = _on_folder(work, "nodes", records, more=store.settings)
    return {"local": local, "stored": stored, "elsewhere": elsewhere, "disk": disk, "node": node, "cores": cores()}


def _on_folder(work: Path, module: str, *arguments: object, more: dict[str, str] | None = None) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="data-", dir=work))
    try:
        return processes.measure(module, *arguments, data=folder, cores=cores(), more=more)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.object_store", description=__doc__)
    parser.add_argument("records", type=int)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"({ROUNDS})")
    chosen = parser.parse_args()
    _WORK.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=_WORK))
    try:
        lines = work / "interactions.jsonl"
        files.make_lines(lines, chosen.records, seed=1)
        files.warm(lines)
        print(report_store.section(measure(lines, chosen.records, chosen.rounds, work)))
    except processes.Failed as failure:
        sys.exit(str(failure))
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
