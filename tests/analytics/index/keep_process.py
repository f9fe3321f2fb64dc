"""A process that keeps an index while its table changes, to be killed; and one that looks at what is left.

``python -m tests.analytics.index.keep_process work SEED|check``
"""

from __future__ import annotations

import sys
from random import Random

import django

ENVIRONMENT = "production"


def work(seed: int) -> None:
    """Change the table and follow it, until killed."""
    from interactions.analytics.index import merge
    from interactions.analytics.keeper import Keeper

    from . import tables

    merge.MOST, merge.LARGE = 3, 60
    chance, keeper = Random(seed), Keeper(ENVIRONMENT)
    print("ready", flush=True)
    while True:
        ids = [(chance.choice([None, "u1", "u2", "u3"]), chance.choice([None, "a1", "a2"])) for _ in range(30)]
        tables.add([tables.row(*each, chance.randrange(90)) for each in ids], chance.randrange(4))
        if chance.random() < 0.2:
            tables.undo(chance.randrange(1, 4))
        if chance.random() < 0.2:
            tables.merge_parts()
        while keeper.turn():
            pass


def check() -> None:
    """What is there is whole, and once it is up to date it is what would be built."""
    from interactions.analytics.index import store
    from interactions.analytics.keeper import Keeper

    from . import tables

    index = store.open(ENVIRONMENT)
    if index is not None:
        tables.whole(index)
    keeper = Keeper(ENVIRONMENT)
    while keeper.turn():
        pass
    index = store.open(ENVIRONMENT)
    assert index is not None and tables.whole(index) == tables.whole(tables.built(tables.table()))
    assert not store.strays(ENVIRONMENT)
    print(len(index))


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "work":
        work(int(sys.argv[2]))
    else:
        check()
