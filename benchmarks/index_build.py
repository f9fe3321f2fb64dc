"""Build the event index of a table, in a fresh process: ``python -m benchmarks.index_build ENVIRONMENT``."""

from __future__ import annotations

import resource
import sys
import time

import django

django.setup()

from benchmarks.processes import answer  # noqa: E402
from interactions.analytics.index import store  # noqa: E402
from interactions.analytics.index.build import build  # noqa: E402
from interactions.analytics.keeper import Keeper  # noqa: E402
from interactions.contract.tombstones import Tombstones  # noqa: E402
from interactions.warehouse.lake import Lake  # noqa: E402


def main(environment: str) -> None:
    store.remove(environment)
    version, parts = Lake(environment).state()
    with store.draft(environment) as folder:  # so that what's compiled is there, as it is after the first build
        build(environment, version, parts[:1], Tombstones.of([]), folder)
    began = time.perf_counter()
    Keeper(environment).turn()
    seconds = time.perf_counter() - began
    index = store.open(environment)
    assert index
    answer(
        {
            "seconds": seconds,
            "events": len(index),
            "bytes": sum(path.stat().st_size for path in store.folder_of(environment).iterdir()),
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
    )


if __name__ == "__main__":
    main(sys.argv[1])
