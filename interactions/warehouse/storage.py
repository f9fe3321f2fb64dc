"""The location of a table's files: a folder on this disk, or objects below LAKE_URL with copies on this node.

Only this module knows which. Names are relative to the table, as in its log: ``import-7/00001-….parquet``.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol, cast

from django.conf import settings

from interactions import object_store
from interactions.files import sync
from interactions.objects import Objects
from interactions.warehouse import said
from interactions.warehouse.cache import PartCache, cache_of

LOG: Final = "_delta_log"
_AT_ONCE: Final = 8  # objects uploaded, or files synced, at the same time

_met: set[str] = set()  # URLs of tables known to exist, which are never removed


class RemoteFile(Protocol):
    """A readable file that isn't on this disk."""

    def read(self, size: int = -1, /) -> bytes | None: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def tell(self) -> int: ...


class LogStamp(NamedTuple):
    """Identifies the state of a log on a disk: both values change with every commit."""

    inode: int
    nanoseconds: int


class TableStorage(Protocol):
    """The files of a table. Raises OSError if they can't be reached, FileNotFoundError if they were removed."""

    is_remote: bool

    folder: Path
    """The location of parts on this machine, or of their copies once they're requested."""
    address: str
    """The table's location for delta-rs."""

    @property
    def options(self) -> Mapping[str, str] | None:
        """The storage options for delta-rs; None on a disk."""

    def has_log(self) -> bool:
        """Whether the table exists; its folder exists before its first commit."""

    def written(self) -> LogStamp | None:
        """The stamp of the log; None if only reading the log tells whether it has changed."""

    def is_newest(self, version: int) -> bool:
        """Whether no commit follows ``version``; False also where only reading the log tells."""

    def is_said_newest(self, version: int) -> bool:
        """The same as others said lately, which costs no request; False also where nobody did."""

    def say(self, version: int) -> None:
        """Let others know the newest version."""

    def committed_at(self, version: int) -> datetime | None:
        """When a version was committed (UTC); None if the log no longer has the commit."""

    def local(self, file: Path, size: int) -> Path:
        """The path of ``file``, after downloading it if necessary; ``size`` is in bytes."""

    def source(self, file: Path, size: int) -> Path | RemoteFile:
        """The same for reading a few columns, without downloading the others."""

    def names(self, home: str = "") -> list[str]:
        """The files in a folder of the table, or in all of it, except its log; even those that the log doesn't list."""

    def sources(self) -> Iterable[Path | RemoteFile]:
        """All files of :meth:`names`, to be read from the storage itself rather than from copies."""

    def put(self, files: Sequence[tuple[Path, str]]) -> None:
        """Add files on this disk to the table under these names; the original files remain."""

    def keep(self, names: Iterable[str]) -> None:
        """Make these files and the last commits durable."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove these files; missing ones are ignored."""


def folder_of(import_id: int) -> str:
    """The folder of an import's parts in its table; that of live records for 0."""
    return f"import-{import_id}" if import_id else "live"


def storage_of(environment: str) -> TableStorage:
    """The storage of an environment's table, by slug."""
    if settings.LAKE_URL:
        return InStore(settings.LAKE_URL, environment)
    return OnDisk(Path(settings.LAKE_DIR) / environment)


class OnDisk:
    """A table in a folder."""

    is_remote = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = str(folder)

    @property
    def options(self) -> None:
        return None

    def has_log(self) -> bool:
        with suppress(FileNotFoundError):
            return any(name.endswith((".json", ".parquet")) for name in os.listdir(self.folder / LOG))
        return False

    def written(self) -> LogStamp:
        state = (self.folder / LOG).stat()
        return LogStamp(state.st_ino, state.st_mtime_ns)

    def is_newest(self, version: int) -> bool:
        return False

    def is_said_newest(self, version: int) -> bool:
        return False

    def say(self, version: int) -> None:
        """Its log is as near as what others say."""

    def committed_at(self, version: int) -> datetime | None:
        with suppress(FileNotFoundError):
            return datetime.fromtimestamp((self.folder / LOG / f"{version:020}.json").stat().st_mtime, UTC)
        return None

    def local(self, file: Path, size: int) -> Path:
        return file

    def source(self, file: Path, size: int) -> Path:
        return file

    def names(self, home: str = "") -> list[str]:
        found = (path.relative_to(self.folder) for path in (self.folder / home).rglob("*") if path.is_file())
        return [path.as_posix() for path in found if LOG not in path.parts]

    def sources(self) -> list[Path]:
        return [self.folder / name for name in self.names()]

    def put(self, files: Sequence[tuple[Path, str]]) -> None:
        for source, name in files:
            target = self.folder / name
            target.parent.mkdir(exist_ok=True)
            target.unlink(missing_ok=True)
            try:
                os.link(source, target)
            except OSError:  # a file system without hard links, or a different one
                shutil.copyfile(source, target)

    def keep(self, names: Iterable[str]) -> None:
        files = [self.folder / name for name in names]
        log = self.folder / LOG
        listed = sorted(os.listdir(log))
        commits = [name for name in listed if name.endswith(".json")][-2:]
        checkpoints = [name for name in listed if name.endswith(".parquet")][-1:]  # a checkpoint replaces commits
        homes = dict.fromkeys(file.parent for file in files)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sync") as threads:  # the disk writes them together
            for _ in threads.map(sync, (*files, *(log / name for name in (*commits, *checkpoints)), *homes, log)):
                pass

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        for home in self.folder.glob("import-*"):
            with suppress(OSError):  # it isn't empty
                home.rmdir()


class InStore:
    """A table in an object store, with this node's copies."""

    is_remote = True

    def __init__(self, url: str, environment: str) -> None:
        self.address = f"{url}/{environment}"
        self._objects = Objects(self.address)
        self._cache: PartCache = cache_of(url, environment)
        self.folder = self._cache.folder

    @property
    def options(self) -> Mapping[str, str]:
        return object_store.options(self.address)

    def has_log(self) -> bool:
        if self.address not in _met and (self._has_commit(0) or self._checkpoint() is not None):
            _met.add(self.address)
        return self.address in _met

    def written(self) -> None:
        return None

    def is_newest(self, version: int) -> bool:
        """Two small requests, where a list of the log costs twelve times as much.

        The next commit may have been removed already, once a checkpoint replaced it; so the checkpoint is read after.
        """
        return not self._has_commit(version + 1) and (self._checkpoint() or 0) <= version

    def is_said_newest(self, version: int) -> bool:
        return said.said(self.address) == version

    def say(self, version: int) -> None:
        said.say(self.address, version)

    def _has_commit(self, version: int) -> bool:
        return self._objects.exists(f"{LOG}/{version:020}.json")

    def _checkpoint(self) -> int | None:
        """The version of the last checkpoint; None if there is none."""
        with suppress(FileNotFoundError):
            return int(json.loads(self._objects.get(f"{LOG}/_last_checkpoint"))["version"])
        return None

    def committed_at(self, version: int) -> datetime | None:
        import obstore

        with suppress(FileNotFoundError), object_store.opened(self.address) as store:
            return obstore.head(store, f"{LOG}/{version:020}.json")["last_modified"]
        return None

    def local(self, file: Path, size: int) -> Path:
        return self._cache.fetched(self._name(file), size, self._objects.fetch)

    def source(self, file: Path, size: int) -> Path | RemoteFile:
        name = self._name(file)
        return file if self._cache.has(name, size) else self._ranges(name, size)

    def names(self, home: str = "") -> list[str]:
        return [name for name, _ in self._listed(home)]

    def sources(self) -> list[RemoteFile]:
        return [self._ranges(name, size) for name, size in self._listed()]

    def _listed(self, home: str = "") -> list[tuple[str, int]]:
        return [each for each in self._objects.names(home) if not each[0].startswith(f"{LOG}/")]

    def _ranges(self, name: str, size: int) -> RemoteFile:
        return cast(RemoteFile, self._objects.ranges(name, size))

    def put(self, files: Sequence[tuple[Path, str]]) -> None:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="uploading") as threads:
            for _ in threads.map(self._put, files):
                pass

    def _put(self, file: tuple[Path, str]) -> None:
        source, name = file
        self._objects.put(name, source)
        self._cache.adopt(name, source)

    def keep(self, names: Iterable[str]) -> None:
        """Objects are durable already."""

    def remove(self, names: Iterable[str]) -> None:
        gone = list(names)
        if gone:
            self._objects.remove(gone)
        self._cache.drop(gone)

    def _name(self, file: Path) -> str:
        return file.relative_to(self.folder).as_posix()
