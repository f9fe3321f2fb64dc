"""Open a table of the lake for reading while others rewrite its log.

A reader lists the log, then reads the checkpoint and commits it found. In between, a writer may have made a newer
checkpoint and removed what that one replaces; then the log can be read again at once.

A process keeps its tables open and reads only new commits, which is a twentieth of the work.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from interactions.errors import DataNotReady
from interactions.object_store import ObjectStoreError
from interactions.warehouse.storage import TableStorage

if TYPE_CHECKING:
    from deltalake import DeltaTable

log = logging.getLogger(__name__)

_TRIES = 8
_PAUSE_SECONDS = 0.005  # after the first failure, doubled each time: 0.6 s in total

_SETTLED_SECONDS = 0.1
_LISTED_SECONDS = 30.0  # an object store's log is listed at least so often by whoever reads it
_AWAY_SECONDS = 10.0  # pages don't ask a store again that couldn't be reached: each would wait for seconds

Answer = TypeVar("Answer")
# By folder: when its log was last written, and what was read. A table may have thousands of parts.
_known: dict[Path, tuple[tuple[int, int], object]] = {}


@dataclass(slots=True)
class _Kept:
    """A table as last read by this process; ``inode`` of its log detects a recreated table on a disk.

    ``turn`` is a lock, because a table can't be queried while it's updated. ``listed_at`` is when the log was last
    listed, and ``away_at`` when the store couldn't be reached, on the clock of time.monotonic().
    """

    turn: threading.RLock = field(default_factory=threading.RLock)
    table: DeltaTable | None = None
    inode: int = 0
    listed_at: float = 0.0
    away_at: float | None = None

    @property
    def is_away(self) -> bool:
        return self.away_at is not None and time.monotonic() - self.away_at < _AWAY_SECONDS


_kept: dict[Path, _Kept] = {}


class LakeUnreadable(DataNotReady):
    """The log of a table couldn't be read after several tries."""

    def __init__(self) -> None:
        super().__init__(
            "The data set's log can't be read right now. Try again in a few seconds. "
            "If that doesn't help, the table is damaged: see Dojo's log."
        )


class LakeAway(LakeUnreadable):
    """The object store of a table couldn't be reached, or refused; the message says which and what to do."""

    def __init__(self, reason: str) -> None:
        DataNotReady.__init__(self, reason)


def asked(storage: TableStorage, question: Callable[[DeltaTable], Answer], *, trusts: bool = False) -> Answer:
    """The result of ``question`` for the current version of a table; it may be called more than once.

    If it ``trusts`` what others say is the current version, it may be a second or two old, and it's the last one known
    where the store can't be reached. Raises LakeUnreadable if the log can't be read.
    """
    with _kept_of(storage) as kept:
        if trusts and kept.table is not None and (kept.is_away or storage.is_said_newest(kept.table.version())):
            return question(kept.table)
        try:
            return _asked(storage, kept, question, is_to_list=time.monotonic() - kept.listed_at > _LISTED_SECONDS)[1]
        except LakeAway:
            kept.away_at = time.monotonic()
            if trusts and kept.table is not None:
                return question(kept.table)
            raise


@contextmanager
def opened(storage: TableStorage, question: Callable[[DeltaTable], Answer]) -> Iterator[tuple[DeltaTable, Answer]]:
    """The table as it is now, for nobody else of this process inside ``with``; and what it answers.

    For commits: the log is listed. Raises LakeUnreadable if it can't be read.
    """
    with _kept_of(storage) as kept:
        yield _asked(storage, kept, question, is_to_list=True)


@contextmanager
def _kept_of(storage: TableStorage) -> Iterator[_Kept]:
    kept = _kept.setdefault(storage.folder, _Kept())
    with kept.turn:
        yield kept


def _asked(
    storage: TableStorage, kept: _Kept, question: Callable[[DeltaTable], Answer], *, is_to_list: bool
) -> tuple[DeltaTable, Answer]:
    from deltalake.exceptions import DeltaError

    pause = _PAUSE_SECONDS
    for left in reversed(range(_TRIES)):
        try:
            table = _current(storage, kept, is_to_list=is_to_list)
            return table, question(table)
        except ObjectStoreError as error:  # which was tried several times
            raise LakeAway(str(error)) from error
        except (DeltaError, OSError) as error:
            kept.table = None  # what it hadn't read yet may have been removed
            if not left:
                log.error("The log of %s cannot be read: %s", storage.folder.name, error)
                raise LakeUnreadable from error
            time.sleep(pause)
            pause *= 2
    raise AssertionError("At least one try is made.")


def _current(storage: TableStorage, kept: _Kept, *, is_to_list: bool) -> DeltaTable:
    from deltalake import DeltaTable

    if kept.table is not None and not is_to_list and storage.is_newest(kept.table.version()):
        storage.say(kept.table.version())
        return kept.table
    kept.listed_at = time.monotonic()
    written = storage.written()
    inode = written.inode if written else 0
    if kept.table is None or kept.inode != inode:
        options = dict(storage.options) if storage.options else None
        kept.table, kept.inode = DeltaTable(storage.address, storage_options=options), inode
    else:
        kept.table.update_incremental()
    storage.say(kept.table.version())
    return kept.table


def known(storage: TableStorage, read: Callable[[], Answer], *, trusts: bool = False) -> Answer:
    """The result of ``read`` for a table, cached as long as its log doesn't change; see :func:`asked`.

    The result is shared and must not be modified.
    """
    written = storage.written()
    token = written or (0, asked(storage, lambda table: table.version(), trusts=trusts))
    kept = _known.get(storage.folder)
    if kept is not None and kept[0] == token:
        return cast(Answer, kept[1])
    answer = read()
    # On a disk, writes within one clock tick have the same time.
    if written is None or time.time() - written.nanoseconds / 1e9 > _SETTLED_SECONDS:
        _known[storage.folder] = (token, answer)
    return answer
