"""How soon the index has what is appended to its table: ``python -m benchmarks.upkeep ENVIRONMENT RECORDS``.

The table has RECORDS thin records, and the index is of it. ``manage.py keep_index`` runs beside, as it does in Dojo.
The clock runs from the end of an append until this process, which looks all the time, has an index with the records.
The answer has seconds: ``live``, a list, of 200 records each; ``tenth``, of an import that touches a tenth of the
people; ``all``, of one that touches as many as there are, or None where it has too few records for it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402

from benchmarks.processes import HOUSE, LONGEST, answer  # noqa: E402
from benchmarks.thin import last_day  # noqa: E402
from interactions.analytics.index import store  # noqa: E402
from interactions.analytics.index.run import Index  # noqa: E402
from interactions.warehouse.lake import Lake  # noqa: E402

_LIVE, _LIVE_TIMES = 200, 5
_IMPORT, _IMPORT_NUMBER = 1_000_000, 900
_LARGEST = 10_000_000  # records of people all of whom an import touches
_LOOK_SECONDS, _STOP_SECONDS, _QUIET_SECONDS = 0.005, 60.0, 3.0


def seconds(environment: str, name: str, records: int, beside: int, every: int) -> float:
    """How long ``records`` that are appended remain unseen."""
    lake, held = Lake(environment), len(_index(environment))
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as scratch:
        parts = last_day(Path(scratch), name, records, beside, every)
        with lake.lock():
            lake.append(parts, mark=name, import_id=0 if records == _LIVE else _IMPORT_NUMBER + every)
    began, version = time.perf_counter(), lake.version()
    while (index := _index(environment)).version < version:
        if time.perf_counter() - began > LONGEST:
            sys.exit(f"The index has not got what was appended: {name}.")
        time.sleep(_LOOK_SECONDS)
    took = time.perf_counter() - began
    if len(index) != held + records:
        sys.exit(f"The index has {len(index):,} events in place of {held + records:,}.")
    time.sleep(_QUIET_SECONDS)  # it may have runs to merge
    return took


def _index(environment: str) -> Index:
    found = store.open(environment)
    if found is None:
        sys.exit("There is no index.")
    return found


@contextmanager
def _keeper() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "manage.py", "keep_index"], cwd=HOUSE, stdout=sys.stderr)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main(environment: str, records: int) -> None:
    imported = min(_IMPORT, records // 10)
    with _keeper():
        seconds(environment, "warm", _LIVE, records, 1)  # until the keeper has begun, and its loops are loaded
        live = [seconds(environment, f"live-{time}", _LIVE, records, 1) for time in range(_LIVE_TIMES)]
        tenth = seconds(environment, "tenth", imported, records, 10)
        everyone = seconds(environment, "all", imported, records, 1) if records <= _LARGEST else None
    answer({"live": live, "imported": imported, "tenth": tenth, "all": everyone, "runs": len(_index(environment).runs)})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
