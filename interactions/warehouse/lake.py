"""The lake: one Delta table of interactions for each environment.

``deltalake`` is imported lazily: it starts threads, which don't survive the fork of Celery's workers.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import redis
from django.conf import settings

from interactions.contract.columns import TABLE_SCHEMA
from interactions.disk import is_full
from interactions.warehouse.log import asked, known, opened
from interactions.warehouse.parts import STATISTICS_COLUMNS, Written
from interactions.warehouse.statistics import Span, span_of, statistics
from interactions.warehouse.storage import RemoteFile, TableStorage, folder_of, storage_of

if TYPE_CHECKING:
    from deltalake import DeltaTable, Transaction
    from deltalake.transaction import AddAction, RemoveAction

log = logging.getLogger(__name__)

_LOCK_SECONDS = 30
_WAIT_SECONDS = 1
_FETCHED_AT_ONCE = 8  # parts
_TURN = "turn"  # a mark that every commit raises
_CONFIGURATION: dict[str, str | None] = {
    # Otherwise each commit would write the smallest and largest user_id to the log.
    "delta.dataSkippingStatsColumns": ",".join(STATISTICS_COLUMNS),
    "delta.logRetentionDuration": "interval 0 seconds",
    "delta.deletedFileRetentionDuration": "interval 0 seconds",
    "delta.checkpointInterval": "50",
}


_SIGN = ("path", "size_bytes", "modification_time")
# By folder, the parts last read. Each commit adds few, and to read thousands anew takes 50 ms.
_parts: dict[Path, dict[tuple[str, int, int], Part]] = {}


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file of the table, or one that is to be added to it. ``size`` in bytes, times are UTC.

    ``file`` is absolute: where the part is on this machine, or its copy once :attr:`path` was asked for. Parts are told
    apart by it. ``import_id`` is that of all rows, 0 for live ones; None if they are of several or it's unknown.
    """

    file: Path
    size: int
    rows: int
    first: datetime
    last: datetime
    import_id: int | None = None
    home: TableStorage | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """A name that is unique in its table."""
        return "/".join(str(self.file).rsplit("/", 2)[-2:])  # a table may have thousands: a tenth of pathlib's time

    @property
    def path(self) -> Path:
        """A file to read it from; a part that is an object is fetched first.

        Raises FileNotFoundError where it has gone from the table, and OSError where it can't be fetched.
        """
        return self.file if self.home is None else self.home.local(self.file, self.size)

    @property
    def source(self) -> Path | RemoteFile:
        """The same for whoever reads a few of its columns: no more than these is fetched."""
        return self.file if self.home is None else self.home.source(self.file, self.size)


def local(parts: Sequence[Part]) -> list[Path]:
    """The paths of parts; those that have to be fetched are fetched at the same time."""
    if not any(part.home for part in parts):
        return [part.file for part in parts]
    with ThreadPoolExecutor(_FETCHED_AT_ONCE, thread_name_prefix="fetching") as threads:
        return list(threads.map(lambda part: part.path, parts))


def part_of(path: Path, written: Written, import_id: int | None = None) -> Part | None:
    """The part that was written to ``path``; None if it has no rows."""
    if written.first is None or written.last is None:
        return None
    return Part(path, written.size, written.rows, written.first, written.last, import_id)


class LakeBusy(Exception):
    """The write lock isn't available or was lost, or another committed meanwhile: look again, later."""


class Held:
    """The write lock while it's held. It's a courtesy: what decides is the table's turn.

    Each commit raises the turn. ``turn`` is that of the moment when the lock was taken, before its holder looked at
    anything. Where another process commits after that, as the lock was lost, the holder's commit is refused.
    """

    def __init__(self, lock: Any, turn: int) -> None:
        self._lock = lock
        self.turn = turn

    def require(self) -> None:
        """Raises LakeBusy if the lock isn't held any more: Redis was down, or this process was paused."""
        try:
            ours = self._lock.owned()
        except redis.exceptions.RedisError as error:
            raise LakeBusy(f"The write lock can't be checked: {error}") from error
        if not ours:
            raise LakeBusy("The write lock was lost.")


class Lake:
    """The table of one environment, by slug. Reading needs no lock; see :meth:`lock`.

    Methods that read the log raise LakeUnreadable if that fails.
    """

    def __init__(self, environment: str) -> None:
        self.environment = environment
        self.storage = storage_of(environment)
        self._held: Held | None = None

    @property
    def folder(self) -> Path:
        """Where its parts are on this machine, or copies of them."""
        return self.storage.folder

    def exists(self) -> bool:
        return self.storage.has_log()

    def version(self) -> int:
        """The number of the last commit; -1 if nothing was ever added."""
        return asked(self.storage, lambda table: table.version()) if self.exists() else -1

    def committed_at(self, version: int) -> datetime | None:
        """When a version was committed (UTC); None where the log no longer has its commit."""
        return self.storage.committed_at(version)

    def parts(self) -> list[Part]:
        """The current parts, with their time ranges from the log."""
        return self.state()[1]

    def state(self, *, trusts: bool = False) -> tuple[int, list[Part]]:
        """:meth:`version` and :meth:`parts` of the same commit; see ``log.asked``."""
        return known(self.storage, self._read_state, trusts=trusts) if self.exists() else (-1, [])

    def _read_state(self) -> tuple[int, list[Part]]:
        version, actions = asked(self.storage, lambda table: (table.version(), table.get_add_actions(flatten=True)))
        import pyarrow as pa

        rows, known_parts = pa.table(actions), _parts.get(self.folder, {})
        signs = list(zip(*(rows[name].to_pylist() for name in _SIGN), strict=True))
        new = [place for place, sign in enumerate(signs) if sign not in known_parts]
        described = rows.take(pa.array(new, pa.int64())).to_pylist()
        made = {signs[place]: self._part(row) for place, row in zip(new, described, strict=True)}
        parts = _parts[self.folder] = {sign: known_parts.get(sign) or made[sign] for sign in sorted(signs)}
        return version, list(parts.values())

    def _part(self, row: dict[str, Any]) -> Part:
        file, size = self.folder / unquote(row["path"]), row["size_bytes"]
        home = self.storage if self.storage.is_remote else None
        import_id = row.get("min.import_id") if row.get("min.import_id") == row.get("max.import_id") else None
        return Part(file, size, *span_of(row, lambda: self.storage.local(file, size)), import_id, home)

    def files(self) -> list[str]:
        """Absolute paths of the current parts, for a query engine."""
        return self.contents()[1]

    def contents(self) -> tuple[int, list[str]]:
        """:meth:`version` and :meth:`files` of the same commit."""
        version, parts = self.state()
        return version, [str(path) for path in local(parts)]

    def append(self, parts: Sequence[Part], *, mark: str, import_id: int, version: int = 1) -> int:
        """Add ``parts``, written elsewhere on this disk, in ONE commit; returns the table's version.

        The parts stay where they were written, so that an interrupted append can be repeated. ``mark`` and ``version``
        identify it: a repeat finds them in the table and changes nothing. Versions of a mark only rise. When it
        returns, the append is durable. Call it with the lock held; raises LakeBusy if another committed since then.
        """
        from deltalake import Transaction

        self._create()
        home = folder_of(import_id)
        with opened(self.storage, lambda table: table.transaction_version(mark) or 0) as (table, marked):
            if marked >= version:
                return table.version()
            there = self.storage.names(home) if import_id else []
            adds = self._put(parts, [import_id] * len(parts))
            committed = self._commit(table, adds, Transaction(mark, version))
        self.storage.keep([add.path for add in adds])
        self._tidy(there)
        return committed

    def replace(self, parts: Sequence[Part], written: Sequence[Part], *, changes_data: bool) -> int:
        """Replace ``parts`` by ``written``, which are elsewhere, in ONE commit; returns the table's version.

        ``changes_data`` is False if the rows are the same. Unreferenced files are removed. Call it with the lock held;
        raises LakeBusy if another committed since it was taken, or removed one of ``parts``. With neither, the commit
        alone is made, which has others look again who looked before.
        """
        from deltalake.transaction import RemoveAction

        now = int(time.time() * 1000)
        there = self.storage.names()
        with opened(self.storage, _names_in) as (table, named):
            names = [self._name(part) for part in parts]
            if not named.issuperset(names):
                raise LakeBusy(f"Parts of {self.environment} changed while they were rewritten.")
            gone = [
                RemoveAction(name, changes_data, now, part.size, {}) for name, part in zip(names, parts, strict=True)
            ]
            adds = self._put(written, [part.import_id for part in written], changes_data=changes_data)
            self._commit(table, [*adds, *gone])
        self.storage.keep([add.path for add in adds])
        self.clean(there)
        return self.version()

    def clean(self, there: Sequence[str] | None = None) -> None:
        """Remove unreferenced files, and all of the log but the last checkpoint. Call it with the lock held.

        ``there`` are files that were there before a commit, by default all that are there now. One who put files later
        may still commit them; who put them before has to look again.
        """
        there = self.storage.names() if there is None else there
        with opened(self.storage, lambda table: None) as (table, _):
            table.create_checkpoint()
            table.cleanup_metadata()
        self._tidy(there)

    def tidy(self, import_id: int) -> None:
        """Remove unreferenced parts of an import, left by an interrupted append. Call it with the lock held."""
        self._tidy(self.storage.names(folder_of(import_id)))

    def _tidy(self, there: Sequence[str]) -> None:
        if there:
            named = {self._name(part) for part in self.parts()}
            self.storage.remove(name for name in there if name not in named)

    def has_mark(self, mark: str) -> bool:
        """Whether the append called ``mark`` was committed."""
        return self.marked(mark) > 0

    def marked(self, mark: str) -> int:
        """The highest version of the appends called ``mark``; 0 if there is none."""
        if not self.exists():
            return 0
        return asked(self.storage, lambda table: table.transaction_version(mark) or 0)

    def rows_of(self, import_id: int) -> int:
        """The number of rows of an import in the table."""
        import pyarrow.compute as pc
        import pyarrow.dataset as ds

        parts = self.parts()
        alone = sum(part.rows for part in parts if part.import_id == import_id)
        mixed = [str(path) for path in local([part for part in parts if part.import_id is None])]
        if not mixed:
            return alone
        return alone + int(ds.dataset(mixed, format="parquet").count_rows(filter=pc.field("import_id") == import_id))

    @contextmanager
    def lock(self, seconds: float = _LOCK_SECONDS, waiting: Callable[[], object] = lambda: None) -> Iterator[Held]:
        """Hold the environment's write lock: for rewrites, and to look for duplicates and then append.

        If the holder dies, the lock expires after ``seconds``; a running one renews it. ``waiting`` is called about
        every second while others hold it. Raises LakeBusy if Redis, which keeps the lock, is down.
        """
        client = redis.Redis.from_url(settings.REDIS_URL)
        lock = client.lock(f"dojo:lake:{self.environment}", timeout=seconds, thread_local=False)
        try:
            while not lock.acquire(blocking_timeout=_WAIT_SECONDS):
                waiting()
        except redis.exceptions.RedisError as error:
            client.close()
            raise LakeBusy(f"The write lock of {self.environment} isn't available: {error}") from error
        stopped = threading.Event()
        renewer = threading.Thread(target=_renew, args=(lock, stopped, seconds), daemon=True)
        renewer.start()
        try:
            self._held = Held(lock, self.marked(_TURN))  # before its holder looks at anything
            yield self._held
        finally:
            self._held = None
            stopped.set()
            renewer.join()
            try:
                lock.release()
            except redis.exceptions.RedisError as error:  # the work under it is finished anyway
                log.warning("The write lock of %s couldn't be released: %s", self.environment, error)
            client.close()

    def _put(
        self, parts: Sequence[Part], import_ids: Sequence[int | None], *, changes_data: bool = True
    ) -> list[AddAction]:
        """Put parts into the table's storage, and describe them for a commit; an import's id is None if it may have
        several."""
        from deltalake.transaction import AddAction

        names = [
            f"{folder_of(import_id or 0)}/{part.file.name}" for part, import_id in zip(parts, import_ids, strict=True)
        ]
        self.storage.put([(part.file, name) for part, name in zip(parts, names, strict=True)])
        return [
            AddAction(
                path=name,
                size=part.size,
                partition_values={},
                modification_time=int(part.file.stat().st_mtime * 1000),
                data_change=changes_data,
                stats=json.dumps(statistics(Span(part.rows, part.first, part.last), import_id)),
            )
            for part, import_id, name in zip(parts, import_ids, names, strict=True)
        ]

    def _commit(self, table: DeltaTable, actions: Sequence[AddAction | RemoveAction], *marks: Transaction) -> int:
        """Commit with the next turn; the version, which ``table`` isn't of yet. Raises LakeBusy if another took it: the
        storage lets one of two have a version, and the table's library refuses the other because of its turn."""
        from deltalake import CommitProperties, Schema, Transaction
        from deltalake.exceptions import CommitFailedError

        turn = table.transaction_version(_TURN) or 0
        if self._held is not None and self._held.turn != turn:
            raise LakeBusy(f"Another process committed to {self.environment}: the lock was lost.")
        properties = CommitProperties(app_transactions=[*marks, Transaction(_TURN, turn + 1)])
        try:
            table.create_write_transaction(
                list(actions),
                mode="append",
                schema=Schema.from_arrow(TABLE_SCHEMA),
                commit_properties=properties,
            )
        except CommitFailedError as error:
            if is_full(error):
                raise
            raise LakeBusy(f"Another process committed to {self.environment} at the same time: {error}") from error
        if self._held is not None:
            self._held.turn = turn + 1
        self.storage.say(committed := table.version() + 1)
        return committed

    def _name(self, part: Part) -> str:
        return part.file.relative_to(self.folder).as_posix()

    def _create(self) -> None:
        if self.exists():
            return
        from deltalake import DeltaTable, Schema

        if not self.storage.is_remote:
            self.folder.mkdir(parents=True, exist_ok=True)
        DeltaTable.create(
            self.storage.address,
            schema=Schema.from_arrow(TABLE_SCHEMA),
            mode="ignore",
            configuration=_CONFIGURATION,
            storage_options=dict(self.storage.options) if self.storage.options else None,
        )


@contextmanager
def unlocked(_: Lake) -> Iterator[Held | None]:
    """In the place of :meth:`Lake.lock` where no Redis runs, and so nobody holds a lock."""
    yield None


def _names_in(table: DeltaTable) -> set[str]:
    import pyarrow as pa

    return {unquote(name) for name in pa.table(table.get_add_actions())["path"].to_pylist()}


def _renew(lock: Any, stopped: threading.Event, seconds: float) -> None:
    while not stopped.wait(seconds / 3):
        try:
            lock.reacquire()
        except redis.exceptions.RedisError as error:
            log.warning("The write lock could not be renewed: %s", error)
            time.sleep(1)
