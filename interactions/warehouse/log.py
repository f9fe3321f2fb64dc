"""Open a table of the lake for reading while others rewrite its log.

A reader lists the log, then reads the checkpoint and commits it found. In between, a writer may have made a newer
checkpoint and removed what that one replaces; then the log can be read again at once.

A process keeps its tables open and reads only new commits, which is a twentieth of the work.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from interactions.errors import DataNotReady

if TYPE_CHECKING:
    from deltalake import DeltaTable

log = logging.getLogger(__name__)

_TRIES = 8
_PAUSE_SECONDS = 0.005  # after the first failure, doubled each time: 0.6 s in total

_SETTLED_SECONDS = 0.1

Answer = TypeVar("Answer")
# By folder: when its log was last written, and what was read. A table may have thousands of parts.
_known: dict[Path, tuple[tuple[int, int], object]] = {}


@dataclass(slots=True)
class _Kept:
    """The table in one folder as last read by this process; ``inode`` of its log detects a recreated table.

    ``turn`` is a lock, because a table can't be queried while it's updated.
    """

    turn: threading.RLock = field(default_factory=threading.RLock)
    table: DeltaTable | None = None
    inode: int = 0


_kept: dict[Path, _Kept] = {}


class LakeUnreadable(DataNotReady):
    """The log of a table couldn't be read after several tries."""

    def __init__(self) -> None:
        super().__init__(
            "The data set's log can't be read right now. Try again in a few seconds. "
            "If that doesn't help, the table is damaged: see Dojo's log."
        )


def asked(folder: Path, question: Callable[[DeltaTable], Answer]) -> Answer:
    """The result of ``question`` for the current version of the table in ``folder``; it may be called more than once.

    Raises LakeUnreadable if the log can't be read.
    """
    with opened(folder, question) as (_, answer):
        return answer


@contextmanager
def opened(folder: Path, question: Callable[[DeltaTable], Answer]) -> Iterator[tuple[DeltaTable, Answer]]:
    """The table in ``folder`` as it is now, for nobody else of this process inside ``with``; and what it answers.

    Raises LakeUnreadable if the log can't be read.
    """
    kept = _kept.setdefault(folder, _Kept())
    with kept.turn:
        yield _asked(folder, kept, question)


def _asked(folder: Path, kept: _Kept, question: Callable[[DeltaTable], Answer]) -> tuple[DeltaTable, Answer]:
    from deltalake.exceptions import DeltaError

    pause = _PAUSE_SECONDS
    for left in reversed(range(_TRIES)):
        try:
            table = _current(folder, kept)
            return table, question(table)
        except (DeltaError, FileNotFoundError) as error:
            kept.table = None  # what it hadn't read yet may have been removed
            if not left:
                log.error("The log of %s cannot be read: %s", folder.name, error)
                raise LakeUnreadable from error
            time.sleep(pause)
            pause *= 2
    raise AssertionError("At least one try is made.")


def _current(folder: Path, kept: _Kept) -> DeltaTable:
    from deltalake import DeltaTable

    inode = (folder / "_delta_log").stat().st_ino
    if kept.table is None or kept.inode != inode:
        kept.table, kept.inode = DeltaTable(str(folder)), inode
    else:
        kept.table.update_incremental()
    return kept.table


def known(folder: Path, read: Callable[[], Answer]) -> Answer:
    """The result of ``read`` for the table in ``folder``, cached as long as its log doesn't change.

    The result is shared and must not be modified.
    """
    log_folder = (folder / "_delta_log").stat()
    token = (log_folder.st_ino, log_folder.st_mtime_ns)
    kept = _known.get(folder)
    if kept is not None and kept[0] == token:
        return cast(Answer, kept[1])
    answer = read()
    if time.time() - log_folder.st_mtime > _SETTLED_SECONDS:  # writes within one clock tick have the same time
        _known[folder] = (token, answer)
    return answer


def has_log(folder: Path) -> bool:
    """Whether there is a table: its folder exists before its first commit."""
    try:
        return any(name.endswith((".json", ".parquet")) for name in os.listdir(folder / "_delta_log"))
    except FileNotFoundError:
        return False


def committed_at(folder: Path, version: int) -> datetime | None:
    """When a version of the table in ``folder`` was committed (UTC); None where the log no longer has its commit."""
    try:
        seconds = (folder / "_delta_log" / f"{version:020}.json").stat().st_mtime
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(seconds, UTC)
