"""Sum up what no segment covers, in a fresh process: ``python -m benchmarks.covering ENVIRONMENT``."""

from __future__ import annotations

import resource
import sys
import time

import django

django.setup()

from benchmarks.page import ZONE  # noqa: E402
from benchmarks.processes import answer  # noqa: E402
from interactions.queries.covering import cover  # noqa: E402
from interactions.queries.segments import Store  # noqa: E402


def main(environment: str) -> None:
    began = time.perf_counter()
    cover(environment, ZONE)
    seconds = time.perf_counter() - began
    store = Store(environment)
    answer(
        {
            "seconds": seconds,
            "segments": len(store.all()),
            "bytes": sum(path.stat().st_size for path in store.files()),
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
    )


if __name__ == "__main__":
    main(sys.argv[1])
