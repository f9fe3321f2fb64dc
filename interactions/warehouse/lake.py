"""The lake: one Delta table of interactions for each environment.

``deltalake`` is imported lazily: it starts threads, which don't survive the fork of Celery's workers.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import redis
from django.conf import settings

from interactions.contract.columns import TABLE_SCHEMA
from interactions.files import sync
from interactions.warehouse.log import asked, has_log, known, opened
from interactions.warehouse.parts import STATISTICS_COLUMNS, Written
from interactions.warehouse.statistics import Span, span_of, statistics

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction, RemoveAction

log = logging.getLogger(__name__)

_LOCK_SECONDS = 30
_WAIT_SECONDS = 1
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
    """A Parquet file of the table. ``path`` is absolute, ``size`` in bytes, times are UTC.

    ``import_id`` is that of all rows, 0 for live ones; None if they are of several or it's unknown.
    """

    path: Path
    size: int
    rows: int
    first: datetime
    last: datetime
    import_id: int | None = None

    @property
    def name(self) -> str:
        """A name that is unique in its table."""
        return "/".join(str(self.path).rsplit("/", 2)[-2:])  # a table may have thousands: a tenth of pathlib's time


def part_of(path: Path, written: Written, import_id: int | None = None) -> Part | None:
    """The part that was written to ``path``; None if it has no rows."""
    if written.first is None or written.last is None:
        return None
    return Part(path, written.size, written.rows, written.first, written.last, import_id)


class LakeBusy(Exception):
    """The write lock isn't available or was lost: try again later."""


class Held:
    """The write lock while it's held."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock

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
        self.folder = settings.LAKE_DIR / environment

    def exists(self) -> bool:
        return has_log(self.folder)

    def version(self) -> int:
        """The number of the last commit; -1 if nothing was ever added."""
        return asked(self.folder, lambda table: table.version()) if self.exists() else -1

    def parts(self) -> list[Part]:
        """The current parts, with their time ranges from the log."""
        return self.state()[1]

    def state(self) -> tuple[int, list[Part]]:
        """:meth:`version` and :meth:`parts` of the same commit."""
        if not self.exists():
            return -1, []
        return known(self.folder, self._read_state)

    def _read_state(self) -> tuple[int, list[Part]]:
        version, actions = asked(self.folder, lambda table: (table.version(), table.get_add_actions(flatten=True)))
        import pyarrow as pa

        rows, known_parts = pa.table(actions), _parts.get(self.folder, {})
        signs = list(zip(*(rows[name].to_pylist() for name in _SIGN), strict=True))
        new = [place for place, sign in enumerate(signs) if sign not in known_parts]
        described = rows.take(pa.array(new, pa.int64())).to_pylist()
        made = {signs[place]: self._part(row) for place, row in zip(new, described, strict=True)}
        parts = _parts[self.folder] = {sign: known_parts.get(sign) or made[sign] for sign in sorted(signs)}
        return version, list(parts.values())

    def _part(self, row: dict[str, Any]) -> Part:
        path = self.folder / unquote(row["path"])
        import_id = row.get("min.import_id") if row.get("min.import_id") == row.get("max.import_id") else None
        return Part(path, row["size_bytes"], *span_of(row, path), import_id)

    def files(self) -> list[str]:
        """Absolute paths of the current parts, for a query engine."""
        return asked(self.folder, _paths) if self.exists() else []

    def contents(self) -> tuple[int, list[str]]:
        """:meth:`version` and :meth:`files` of the same commit."""
        if not self.exists():
            return -1, []
        return asked(self.folder, lambda table: (table.version(), _paths(table)))

    def append(self, parts: Sequence[Part], *, mark: str, import_id: int, version: int = 1) -> int:
        """Add ``parts``, written elsewhere on this disk, in ONE commit; returns the table's version.

        The parts are linked into the table's folder and stay where they were written, so that an interrupted append can
        be repeated. ``mark`` and ``version`` identify it: a repeat finds them in the table and changes nothing.
        Versions of a mark only rise. When it returns, the append is durable. Call it with the lock held.
        """
        from deltalake import CommitProperties, Schema, Transaction

        self._create()
        home = self._home(import_id)
        with opened(self.folder, lambda table: table.transaction_version(mark) or 0) as (table, marked):
            if marked >= version:
                return table.version()
            adds: list[AddAction | RemoveAction] = [self._add(part, home, import_id) for part in parts]
            table.create_write_transaction(
                adds,
                mode="append",
                schema=Schema.from_arrow(TABLE_SCHEMA),
                commit_properties=CommitProperties(app_transactions=[Transaction(mark, version)]),
            )
            committed = table.version()
        _keep([home / part.path.name for part in parts], home, self.folder / "_delta_log")
        if import_id:
            self.tidy(import_id)
        return committed

    def replace(self, parts: Sequence[Part], written: Sequence[Part], *, changes_data: bool) -> int:
        """Replace ``parts`` by ``written``, which are elsewhere, in ONE commit; returns the table's version.

        ``changes_data`` is False if the rows are the same. Unreferenced files are removed. Call it with the lock held.
        """
        from deltalake import Schema
        from deltalake.transaction import RemoveAction

        now = int(time.time() * 1000)
        homes = [self._home(part.import_id or 0) for part in written]
        adds: list[AddAction | RemoveAction] = [
            self._add(part, home, part.import_id, changes_data=changes_data)
            for part, home in zip(written, homes, strict=True)
        ]
        gone = [RemoveAction(_within(part.path, self.folder), changes_data, now, part.size, {}) for part in parts]
        with opened(self.folder, lambda table: None) as (table, _):
            table.create_write_transaction([*adds, *gone], mode="append", schema=Schema.from_arrow(TABLE_SCHEMA))
        made = [home / part.path.name for part, home in zip(written, homes, strict=True)]
        _keep(made, *dict.fromkeys(homes), self.folder / "_delta_log")
        self.clean()
        return self.version()

    def clean(self) -> None:
        """Remove unreferenced files, and all of the log but the last checkpoint. Call it with the lock held."""
        with opened(self.folder, lambda table: None) as (table, _):
            table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True)
            table.create_checkpoint()
            table.cleanup_metadata()
        named = self._named()
        for path in Path(self.folder).rglob("*"):  # files of killed writers, with any name
            is_of_log = "_delta_log" in path.relative_to(self.folder).parts
            if not is_of_log and path.is_file() and path not in named:
                path.unlink(missing_ok=True)
        for home in Path(self.folder).glob("import-*"):
            if not any(home.iterdir()):
                home.rmdir()

    def tidy(self, import_id: int) -> None:
        """Remove unreferenced parts of an import, left by an interrupted append. Call it with the lock held."""
        home = self._home(import_id)
        named = self._named()
        for path in home.glob("*"):
            if path not in named:
                path.unlink()
        if home.is_dir() and not any(home.iterdir()):
            home.rmdir()

    def _named(self) -> set[Path]:
        """The files in the last commit, by their paths in the folder.

        ``files`` may have other paths, because the library resolves symbolic links.
        """
        return {part.path for part in self.parts()}

    def has_mark(self, mark: str) -> bool:
        """Whether the append called ``mark`` was committed."""
        return self.marked(mark) > 0

    def marked(self, mark: str) -> int:
        """The highest version of the appends called ``mark``; 0 if there is none."""
        if not self.exists():
            return 0
        return asked(self.folder, lambda table: table.transaction_version(mark) or 0)

    def rows_of(self, import_id: int) -> int:
        """The number of rows of an import in the table."""
        import pyarrow.compute as pc
        import pyarrow.dataset as ds

        if not self.exists():
            return 0
        return int(ds.dataset(self.files(), format="parquet").count_rows(filter=pc.field("import_id") == import_id))

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
            yield Held(lock)
        finally:
            stopped.set()
            renewer.join()
            try:
                lock.release()
            except redis.exceptions.RedisError as error:  # the work under it is finished anyway
                log.warning("The write lock of %s couldn't be released: %s", self.environment, error)
            client.close()

    def _add(self, part: Part, home: Path, import_id: int | None, *, changes_data: bool = True) -> AddAction:
        """Link a part into its folder, and describe it for a commit; ``import_id`` is None if it may have several."""
        from deltalake.transaction import AddAction

        home.mkdir(exist_ok=True)
        _appear(part.path, home / part.path.name)
        return AddAction(
            path=f"{home.name}/{part.path.name}",
            size=part.size,
            partition_values={},
            modification_time=int(part.path.stat().st_mtime * 1000),
            data_change=changes_data,
            stats=json.dumps(statistics(Span(part.rows, part.first, part.last), import_id)),
        )

    def _home(self, import_id: int) -> Path:
        return Path(self.folder) / (f"import-{import_id}" if import_id else "live")

    def _create(self) -> None:
        if self.exists():
            return
        from deltalake import DeltaTable, Schema

        self.folder.mkdir(parents=True, exist_ok=True)
        DeltaTable.create(
            str(self.folder),
            schema=Schema.from_arrow(TABLE_SCHEMA),
            mode="ignore",
            configuration=_CONFIGURATION,
        )


@contextmanager
def unlocked(_: Lake) -> Iterator[Held | None]:
    """In the place of :meth:`Lake.lock` where no Redis runs, and so nobody holds a lock."""
    yield None


def _within(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder))


def _paths(table: DeltaTable) -> list[str]:
    return [unquote(uri) for uri in table.file_uris()]  # it encodes spaces in paths as %20


def _appear(part: Path, home: Path) -> None:
    """Link or copy a part into the table's folder."""
    home.unlink(missing_ok=True)
    try:
        os.link(part, home)
    except OSError:  # a file system without hard links, or a different one
        shutil.copyfile(part, home)


def _keep(files: Sequence[Path], *folders: Path) -> None:
    """Sync files and the last commits to disk, before what they were made from is removed.

    The last checkpoint as well, because it replaces removed commits.
    """
    log = folders[-1]
    names = sorted(os.listdir(log))
    commits = [name for name in names if name.endswith(".json")][-2:]
    checkpoints = [name for name in names if name.endswith(".parquet")][-1:]
    for path in (*files, *(log / name for name in (*commits, *checkpoints)), *folders):
        sync(path)


def _renew(lock: Any, stopped: threading.Event, seconds: float) -> None:
    while not stopped.wait(seconds / 3):
        try:
            lock.reacquire()
        except redis.exceptions.RedisError as error:
            log.warning("The write lock could not be renewed: %s", error)
            time.sleep(1)
