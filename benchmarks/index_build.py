"""Build the event index of a table, in a fresh process: ``python -m benchmarks.index_build ENVIRONMENT``."""

from __future__ import annotations

import resource
import sys
import time
from contextlib import suppress

import django

django.setup()

from benchmarks.processes import answer  # noqa: E402
from benchmarks.thin import CUSTOM_KEY  # noqa: E402
from interactions.analytics.index import custom_keys, store  # noqa: E402
from interactions.analytics.index.build import build  # noqa: E402
from interactions.analytics.keeper import Keeper  # noqa: E402
from interactions.contract.tombstones import Tombstones  # noqa: E402
from interactions.warehouse.lake import Lake  # noqa: E402


def main(environment: str) -> None:
    store.remove(environment)
    version, parts = Lake(environment).state()
    with store.draft(environment) as folder:  # so that what's compiled is there, as it is after the first build
        build(environment, version, parts[:1], Tombstones.of([]), folder)
    seconds = _turn(environment)
    with suppress(custom_keys.KeyBeingIndexed):
        custom_keys.require(environment, (), CUSTOM_KEY)  # as a page does that filters by it
    with_key = _turn(environment)
    index = store.open(environment)
    assert index
    answer(
        {
            "seconds": seconds,
            "with_key": with_key,
            "events": len(index),
            "bytes": sum(path.stat().st_size for path in store.folder_of(environment).iterdir()),
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
    )


def _turn(environment: str) -> float:
    began = time.perf_counter()
    Keeper(environment).turn()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1])
