"""Analysts' questions over a table of thin records: ``python -m benchmarks.asked RECORDS CORES``.

Each question is a module ``asked_…`` with two functions: ``dojo(index, filter)`` gives the answer as a list of rows,
and ``clickhouse(condition)`` the SQL that gives the same of the table of ``clickhouse``, where ``condition`` is true
for the records that pass. A module of several questions has them in ``QUESTIONS``, by name, and one whose question
ignores the filter's types sets ``OF_ALL_TYPES``. Each is asked with each filter, and the answers have to be equal.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import processes
from benchmarks.report_asked import section

if TYPE_CHECKING:
    from benchmarks.narrowed import Narrowed
    from interactions.analytics.filters import Filter
    from interactions.analytics.index.run import Index

_PREFIX: Final = "asked_"
_WORK: Final = processes.HOUSE / ".build" / "bench"

Dojo = Callable[["Index", "Filter"], list[Any]]
Sql = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """How Dojo and how ClickHouse's engine answer; with ``of_all_types`` the filter's types don't count."""

    dojo: Dojo
    clickhouse: Sql
    of_all_types: bool = False

    def sql(self, narrowed: Narrowed) -> str:
        """The statement for a filter."""
        return self.clickhouse(narrowed.of_all_types if self.of_all_types else narrowed.sql)


def questions() -> dict[str, AskedQuestion]:
    """All questions by name. Loads Django's settings."""
    found: dict[str, AskedQuestion] = {}
    for path in sorted(Path(__file__).parent.glob(f"{_PREFIX}*.py")):
        module = import_module(f"benchmarks.{path.stem}")
        if hasattr(module, "QUESTIONS"):
            found |= module.QUESTIONS
        else:
            name = path.stem.removeprefix(_PREFIX).replace("_", " ")
            found[name] = AskedQuestion(module.dojo, module.clickhouse, getattr(module, "OF_ALL_TYPES", False))
    return found


def main(records: int, cores: int) -> None:
    """Measure in a folder below ``.build``, which is gone afterwards, and print the section of the page of figures."""
    _WORK.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="data-", dir=_WORK))
    try:
        found = processes.measure("analysts", records, cores, data=data, cores=cores)
    except processes.Failed as failure:
        sys.exit(str(failure))
    finally:
        shutil.rmtree(data)
    print(section([found]))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
