"""The door of analytics: a data set to ask, as the last whole version of its index has it.

Whoever is hidden by now is left out.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from interactions import process_caches
from interactions.analytics.index import store
from interactions.analytics.index.build import build_table
from interactions.analytics.index.custom_keys import is_lacking
from interactions.analytics.index.run import Index as Index
from interactions.analytics.index.selection import hide
from interactions.analytics.keeper import Keeper, is_whole, lacks_imports
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Tombstones
from interactions.errors import DataNotReady
from interactions.warehouse.lake import Lake
from interactions.warehouse.people import hidden

_LOOK_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 2.0  # the keeper looks every second
_PAUSE_SECONDS: Final = 0.05
_NO_TABLE: Final = -1

# By environment: the version that was opened, a digest of who was hidden, and what is left of it without them.
_left: dict[str, tuple[Index, str, Index]] = {}
_turn = threading.Lock()


class IndexBeingBuilt(DataNotReady):
    """There are records, and no index of them yet."""

    def __init__(self) -> None:
        super().__init__("Dojo is indexing this data set for the first time. It takes a minute per 50 million records.")


def opened(environment: str) -> Index:
    """The index of an environment (its slug) to answer from: the last whole version, as :func:`current` has it.

    Raises IndexBeingBuilt where there are records and no version that has any yet. With ``INDEX_EAGERLY`` whoever asks
    brings it up to date first: that is for tests and programs without a keeper beside them.
    """
    if settings.INDEX_EAGERLY:
        return up_to_date(environment)
    index = current(environment)
    if index is not None and len(index):
        return index
    newest, parts = Lake(environment).state()
    is_behind = index is None or index.version < newest
    if is_behind and any(part.rows for part in parts):
        raise IndexBeingBuilt
    return _empty(environment) if index is None else index


def settled(environment: str) -> Index:
    """As :func:`opened`, for a page that doesn't ask again by itself.

    Where an import or an undo has just ended, it waits a moment for the keeper. Live records are worth no waiting.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while not settings.INDEX_EAGERLY and lacks_imports(environment) and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)
    return opened(environment)


def _empty(environment: str) -> Index:
    return build_table(TABLE_SCHEMA.empty_table(), Tombstones.of([]), environment, _NO_TABLE)


@dataclass(frozen=True, slots=True)
class IndexState:
    """What a page can be told of: ``version`` is the index's, -1 without one; ``is_behind``: the table has a newer one.

    ``is_empty``: there is no record that anybody may see.
    """

    version: int
    is_behind: bool
    is_empty: bool


def standing(environment: str) -> IndexState:
    """How the index of an environment (its slug) stands to its table. Costs a few milliseconds."""
    newest, parts = Lake(environment).state()
    index = up_to_date(environment) if settings.INDEX_EAGERLY else current(environment)
    if not any(part.rows for part in parts):
        return IndexState(newest, is_behind=False, is_empty=True)
    if index is None:
        return IndexState(_NO_TABLE, is_behind=True, is_empty=False)
    is_behind = index.version < newest
    return IndexState(index.version, is_behind, is_empty=not is_behind and not len(index))


def up_to_date(environment: str) -> Index:
    """The index of the table's version of this moment, or a newer one; made here where no keeper does it before.

    Raises LakeUnreadable, OSError where the disk is full.
    """
    version, keeper = Lake(environment).version(), Keeper(environment)
    while True:
        index = current(environment) if is_whole(environment) else None
        if index is not None and index.version >= version and not is_lacking(environment, index.custom_keys):
            return index
        if version == _NO_TABLE:
            return _empty(environment)
        if not keeper.turn():
            time.sleep(_LOOK_SECONDS)  # another process is at it


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
