"""Analysts' questions put to ClickHouse's engine: ``python -m benchmarks.theirs ENVIRONMENT FOLDER CORES``.

The table is that of ``clickhouse`` in FOLDER, which is made if it isn't there. The answer has, for each filter, the
seconds of each question, the better of two runs, and the answers.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.asked import questions
from benchmarks.clickhouse import Engine
from benchmarks.narrowed import NARROWED, Narrowed
from benchmarks.processes import answer
from interactions.warehouse.lake import Lake

_RUNS = 2


def asked(engine: Engine, narrowed: Narrowed) -> dict[str, Any]:
    seconds, answers = {}, {}
    for name, question in questions().items():
        statement, seconds[name] = question.sql(narrowed), float("inf")
        for _ in range(_RUNS):
            began = time.perf_counter()
            rows = engine.ask(statement)
            seconds[name] = min(seconds[name], time.perf_counter() - began)
        answers[name] = [[_meant(cell) for cell in row] for row in rows]
    return {"seconds": seconds, "answers": answers}


def _meant(cell: str) -> str | int | float | None:
    """A cell of CSV: numbers are numbers, and null is None."""
    if cell == "\\N":
        return None
    for form in (int, float):
        try:
            return form(cell)
        except ValueError:
            continue
    return cell


def main(environment: str, folder: Path, cores: int) -> None:
    engine = Engine(folder, cores)
    engine.make(Lake(environment).files())
    version = engine.ask("select version()")[0][0]
    answer({"version": version, "filters": {name: asked(engine, narrowed) for name, narrowed in NARROWED.items()}})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
