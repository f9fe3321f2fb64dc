"""Import into a table that is large already, and put the dashboard's questions to a larger one.

``python -m benchmarks.large OTHER FILE RECORDS CORES BESIDE TIMES ROUNDS``: FILE is imported beside BESIDE times the
records of OTHER, as many as FILE has. The questions are put to TIMES times the records of OTHER, ROUNDS times each
(0: not at all).
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from benchmarks import processes
from benchmarks.copies import FIRST_IMPORT, add_copies
from benchmarks.importing import carry, prepare
from benchmarks.processes import tell
from benchmarks.questions import QUESTIONS
from dojo import workers
from interactions.analytics.data_sets import up_to_date
from interactions.warehouse.lake import Lake

_APART = timedelta(days=30)


def main(other: Path, file: Path, records: int, cores: int, beside: int, times: int, rounds: int) -> None:
    prepare()
    scratch = Path(settings.DATA_DIR) / "copies"
    scratch.mkdir()
    with workers.present():
        carry(other, "production")
        originals = Lake("production").files()
        add_copies(originals, "production", range(1, beside), apart=timedelta(0), scratch=scratch)
        timing = carry(file, "production")
        tell(f"  Dojo, {file.name}, beside {beside * records:,} other records: {timing.seconds:.2f} s")
        if timing.accepted != records:
            sys.exit(f"Beside other records {timing.accepted:,} of {records:,} were accepted.")
        questions = {}
        if rounds:
            tell(f"Writing {times * records:,} records to put the dashboard's questions to")
            add_copies(originals, "playground", range(times), apart=_APART, scratch=scratch)
            up_to_date("playground")
            questions = _ask(FIRST_IMPORT + times - 1, cores, rounds)
    processes.answer({"beside": asdict(timing), "questions": questions})


def _ask(import_id: int, cores: int, rounds: int) -> dict[str, Any]:
    """The median timings of each question, asked in ``rounds`` fresh processes."""
    last = max(part.last for part in Lake("playground").parts())
    found = {}
    for name in QUESTIONS:
        asked = (name, "playground", last.isoformat(), import_id)
        timings = [
            processes.measure("questions", *asked, data=Path(settings.DATA_DIR), cores=cores) for _ in range(rounds)
        ]
        found[name] = {kind: statistics.median(timing[kind] for timing in timings) for kind in timings[0]}
        tell(f"  {name}: {found[name]['cold'] * 1000:.0f} ms cold, {found[name]['warm'] * 1000:.1f} ms warm")
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:8]))
