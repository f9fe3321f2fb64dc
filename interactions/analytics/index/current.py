"""The index that a page may be answered from: the last whole version, without the people who are hidden by now."""

from __future__ import annotations

import os
import threading

from interactions import process_caches
from interactions.analytics.index import store
from interactions.analytics.index.gone import hide
from interactions.analytics.index.run import Index
from interactions.warehouse.people import hidden

# By environment: the version that was opened, a digest of who was hidden, and what is left of it without them.
_left: dict[str, tuple[Index, str, Index]] = {}
_turn = threading.Lock()


def current(environment: str) -> Index | None:
    """The index of an environment (its slug) as it may be seen; None where there is none yet.

    Its ``version`` says which one of the table it is of. The same object as long as there is no other version and the
    same people are hidden; someone newly hidden is left out in milliseconds, without waiting for the keeper.
    """
    people = hidden(environment)  # first: whoever is no longer hidden is in no version that follows
    index = store.open(environment)
    if index is None or not people:
        return index
    with _turn:
        known = _left.get(environment)
        if known is None or known[0] is not index or known[1] != people.digest:
            known = _left[environment] = index, people.digest, hide(index, people)
        return known[2]


def _forget() -> None:
    with _turn:
        _left.clear()


def _after_fork() -> None:
    global _turn
    _turn = threading.Lock()  # another thread of the parent may have held it


os.register_at_fork(after_in_child=_after_fork)
process_caches.register("event indexes without hidden people", _forget, lambda: len(_left))
