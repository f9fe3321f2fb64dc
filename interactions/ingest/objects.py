"""Files of ingest and of exports that are objects below UPLOADS_URL, and working copies of them on this machine."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

from django.conf import settings

from interactions import process_caches
from interactions.files import scratch
from interactions.ingest import own_pieces
from interactions.objects import Objects
from interactions.pieces import Piece

_WORK: Final = "work-of-objects-"
_AT_ONCE: Final = 8  # objects fetched
_DEAD_SECONDS: Final = 3600.0  # without a write, after which a copy is nobody's, whoever has its process's number


def are_used() -> bool:
    """Whether files are objects; else they are on this machine's disk."""
    return bool(settings.UPLOADS_URL)


def objects() -> Objects:
    return Objects(settings.UPLOADS_URL)


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """An object that is read as a file is."""

    key: str

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    def open(self, mode: Literal["rb"] = "rb", /, *, end: int | None = None) -> BinaryIO:
        """A file to read; nothing is fetched in advance from ``end`` on. Raises FileNotFoundError."""
        return objects().open([Piece(0, self.size(), self.key)], end)

    def exists(self) -> bool:
        return objects().exists(self.key)

    def size(self) -> int:
        """Bytes. Raises FileNotFoundError."""
        return objects().size(self.key)

    def unlink(self, missing_ok: bool = False) -> None:
        objects().remove([self.key])


@dataclass(frozen=True, slots=True)
class PiecedFile:
    """The pieces of an upload that has ``length`` bytes so far, read as one file."""

    pieces: tuple[Piece, ...]
    length: int

    def open(self, mode: Literal["rb"] = "rb", /, *, end: int | None = None) -> BinaryIO:
        """A file to read; nothing is fetched in advance from ``end`` on. Raises FileNotFoundError."""
        self.size()
        return objects().open(self.pieces, end, own_pieces.fetch)

    def exists(self) -> bool:
        return sum(piece.size for piece in self.pieces) == self.length

    def size(self) -> int:
        if not self.exists():
            raise FileNotFoundError("The file of this upload was removed.")
        return self.length


@contextmanager
def work() -> Iterator[Path]:
    """A folder on this machine for as long as one task needs it. An erasure removes what killed processes left."""
    _remove_dead()
    folder = scratch() / f"{_WORK}{os.getpid()}-{secrets.token_hex(8)}"
    folder.mkdir()
    process_caches.watch()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def copies(files: Sequence[ObjectFile], take: Callable[[Path], bool] = lambda path: False) -> Iterator[list[Path]]:
    """The objects as files on this machine, under their own names. Raises FileNotFoundError.

    ``take`` may make the file of a path without its object, and returns whether it did.
    """
    with work() as folder:
        paths = [folder / file.name for file in files]
        left = [(file.key, path) for file, path in zip(files, paths, strict=True) if not take(path)]
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetching") as threads:
            for _ in threads.map(lambda each: objects().fetch(*each), left):
                pass
        yield paths


@contextmanager
def made(file: ObjectFile) -> Iterator[Path]:
    """A path on this machine; what is written there becomes the object at the end, unless there was an exception. If
    nothing is, an earlier object is removed."""
    with made_anew(file) as path:
        yield path
        if not path.exists():
            file.unlink()


@contextmanager
def made_anew(file: ObjectFile, keep: Callable[[Path], object] = lambda path: None) -> Iterator[Path]:
    """The same where there is no earlier object. ``keep`` is called with the file once the object is durable.

    Raises FileNotFoundError if the folder was removed meanwhile, and with it what was written.
    """
    with work() as folder:
        path = folder / file.name
        yield path
        if path.exists():
            objects().put(file.key, path)
            keep(path)
        else:
            folder.stat()


def _dead() -> list[Path]:
    """Folders of processes that don't live any more."""
    found = [path for path in scratch().glob(f"{_WORK}*") if not _is_alive(path.name.removeprefix(_WORK))]
    return [path for path in found if path.exists()]


def _is_alive(name: str) -> bool:
    pid = int(name.partition("-")[0])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid == os.getpid() or _last_written(scratch() / f"{_WORK}{name}") > time.time() - _DEAD_SECONDS


def _last_written(folder: Path) -> float:
    """When a folder or a file in it was last written; 0 if it's gone. Its files may be renamed or removed meanwhile."""
    found = 0.0
    with suppress(FileNotFoundError):
        for path in (folder, *folder.iterdir()):
            with suppress(FileNotFoundError):
                found = max(found, path.stat().st_mtime)
    return found


def _remove_dead() -> None:
    for path in _dead():
        shutil.rmtree(path, ignore_errors=True)


process_caches.register_copies("copies of objects", _remove_dead)
