"""The entry point of analytics: who answers for a data set, without the people who are hidden now."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from interactions import process_caches
from interactions.analytics.cluster import choice
from interactions.analytics.index import store
from interactions.analytics.index.build import build_table
from interactions.analytics.index.custom_keys import is_lacking
from interactions.analytics.index.run import Index
from interactions.analytics.index.selection import hide
from interactions.analytics.keeper import Keeper, is_whole, lacks_imports
from interactions.analytics.question import Engine as Engine
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Tombstones
from interactions.errors import DataNotReady
from interactions.warehouse.lake import Lake
from interactions.warehouse.people import hidden

_LOOK_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 2.0  # the keeper checks every second
_PAUSE_SECONDS: Final = 0.05
_NO_TABLE: Final = -1

# By environment: the version that was opened, a digest of the hidden people, and the index without them.
_left: dict[str, tuple[Index, str, Index]] = {}
_turn = threading.Lock()


class IndexBeingBuilt(DataNotReady):
    """There are records, but no index of them yet."""

    def __init__(self) -> None:
        super().__init__("Dojo is indexing this data set for the first time. It takes a minute per 50 million records.")


def opened(environment: str) -> Engine:
    """Whoever answers for an environment (its slug): its index as returned by :func:`current`, empty without records.

    For large environments it's the cluster, if there is one. Raises IndexBeingBuilt if there are records but no index
    with any of them yet. With ``INDEX_EAGERLY`` the index is brought up to date first, for tests and programs that run
    without a keeper.
    """
    if choice.is_chosen(environment):
        return _cluster(environment)
    if settings.INDEX_EAGERLY:
        return up_to_date(environment)
    index = current(environment)
    if index is not None and len(index):
        return index
    newest, parts = Lake(environment).state(trusts=True)
    is_behind = index is None or index.version < newest
    if is_behind and any(part.rows for part in parts):
        raise IndexBeingBuilt
    return _empty(environment) if index is None else index


def newest(environment: str) -> Engine:
    """Like :func:`opened`, but for the table's current version: an index is brought up to date first.

    Raises LakeUnreadable, OSError if the disk is full.
    """
    return _cluster(environment) if choice.is_chosen(environment) else up_to_date(environment)


def settled(environment: str) -> Engine:
    """Like :func:`opened`, for a page that doesn't reload by itself.

    After an import or undo it waits up to two seconds for the keeper. It doesn't wait for live records.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while _is_awaited(environment) and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)
    return opened(environment)


def _is_awaited(environment: str) -> bool:
    return not settings.INDEX_EAGERLY and not choice.is_chosen(environment) and lacks_imports(environment)


def _cluster(environment: str) -> Engine:
    from interactions.analytics.cluster.engine import Cluster  # only where there is one

    return Cluster.of(environment)


def _empty(environment: str) -> Index:
    return build_table(TABLE_SCHEMA.empty_table(), Tombstones.of([]), environment, _NO_TABLE)


@dataclass(frozen=True, slots=True)
class IndexState:
    """The state of an index: its ``version`` (-1 without an index), whether it ``is_behind`` the table, and whether it
    ``is_empty``, that is, has no visible records.
    """

    version: int
    is_behind: bool
    is_empty: bool


def standing(environment: str) -> IndexState:
    """Compare the index of an environment (its slug) with its table. Takes a few milliseconds."""
    newest, parts = Lake(environment).state(trusts=True)
    if choice.is_chosen(environment):
        return IndexState(newest, is_behind=False, is_empty=not any(part.rows for part in parts))
    index = up_to_date(environment) if settings.INDEX_EAGERLY else current(environment)
    if not any(part.rows for part in parts):
        return IndexState(newest, is_behind=False, is_empty=True)
    if index is None:
        return IndexState(_NO_TABLE, is_behind=True, is_empty=False)
    is_behind = index.version < newest
    return IndexState(index.version, is_behind, is_empty=not is_behind and not len(index))


def up_to_date(environment: str) -> Index:
    """The index of the table's current version, or a newer one. Builds it here unless a keeper does so first.

    Raises LakeUnreadable, or OSError if the disk is full.
    """
    version, keeper = Lake(environment).version(), Keeper(environment)
    while True:
        index = current(environment) if is_whole(environment) else None
        if index is not None and index.version >= version and not is_lacking(environment, index.custom_keys):
            return index
        if version == _NO_TABLE:
            return _empty(environment)
        if not keeper.turn():
            time.sleep(_LOOK_SECONDS)  # another process is updating it


def current(environment: str) -> Index | None:
    """The last whole version of the index of an environment (its slug), without hidden people; None if there is none.

    Returns the same object as long as neither the version nor the hidden people change. Newly hidden people are left
    out within milliseconds, without waiting for the keeper.
    """
    people = hidden(environment)  # first, because people who are no longer hidden by now aren't in any later version
    index = store.open(environment)
    if index is None or not people:
        return index
    with _turn:
        known = _left.get(environment)
        if known is None or known[0] is not index or known[1] != people.digest:
            known = _left[environment] = index, people.digest, hide(index, people)
        return known[2]


def complete(environment: str) -> Index | None:
    """The index, if it has all records that the table of an environment (its slug) has now; None while it's behind, and
    where a cluster answers. Raises LakeUnreadable."""
    if choice.is_chosen(environment) or not is_whole(environment):
        return None
    index = current(environment)
    return index if index is not None and index.version >= Lake(environment).version() else None


def _forget() -> None:
    with _turn:
        _left.clear()


def _after_fork() -> None:
    global _turn
    _turn = threading.Lock()  # another thread of the parent may have held it


os.register_at_fork(after_in_child=_after_fork)
process_caches.register("event indexes without hidden people", _forget, lambda: len(_left))
