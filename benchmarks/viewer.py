"""A node on which the dashboard's page is looked at: ``python -m benchmarks.viewer ENVIRONMENT``.

A line in is ``warm``, or the least version of the table that a page has to be of. A line out is JSON: for ``warm``, the
``seconds`` of a page with nothing changed since the last, by the median; else ``at``, the time (s since 1970) when the
first page of that version was complete, and ``cold``, the seconds that it took.
"""

from __future__ import annotations

import statistics
import sys
import time

import django

django.setup()

from benchmarks.dashboard import asked, start  # noqa: E402
from benchmarks.narrowed import NARROWED  # noqa: E402
from benchmarks.processes import LONGEST, answer  # noqa: E402
from interactions.analytics.data_sets import settled  # noqa: E402
from interactions.errors import DataNotReady  # noqa: E402

_FILTER = next(iter(NARROWED.values())).filter
_REPEATS = 20
_LOOK_SECONDS = 0.01


def page(environment: str) -> float:
    """Seconds that a page took, from the look for the index on."""
    began = time.perf_counter()
    asked(settled(environment), _FILTER)  # type: ignore[arg-type]
    return time.perf_counter() - began


def version_of(environment: str) -> int:
    try:
        return settled(environment).version
    except DataNotReady:
        return -1


def first_page(environment: str, version: int) -> dict[str, float]:
    until = time.monotonic() + LONGEST
    while version_of(environment) < version:
        if time.monotonic() > until:
            sys.exit("The index has not got what was committed.")
        time.sleep(_LOOK_SECONDS)
    cold = page(environment)
    return {"at": time.time(), "cold": cold}


def main(environment: str) -> None:
    start()
    for line in sys.stdin:
        if line.strip() == "warm":
            page(environment)
            answer({"seconds": statistics.median(page(environment) for _ in range(_REPEATS))})
        else:
            answer(first_page(environment, int(line)))


if __name__ == "__main__":
    main(sys.argv[1])
