"""Locations of backups: folders of this machine, or of an object store, such as ``s3://bucket/prefix``."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias

from dojo.environ import write_durably
from interactions.backup.manifest import NAME, BackupError, File
from interactions.objects import Objects
from interactions.pieces import Piece

_PIECE: Final = 1 << 20
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_STAMPED: Final = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_BROKEN_OFF: Final = timedelta(days=1)  # an incomplete backup that is older was abandoned


@dataclass(frozen=True, slots=True)
class StorePath:
    """A path in an object store, with the methods of Path that backups need. ``key`` is relative to ``url``."""

    url: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.url}/{self.key}".rstrip("/")

    def __truediv__(self, name: str) -> StorePath:
        return StorePath(self.url, f"{self.key}/{name}".lstrip("/"))

    @property
    def name(self) -> str:
        return str(self).rpartition("/")[2]

    @property
    def parent(self) -> StorePath:
        if self.key:
            return StorePath(self.url, self.key.rpartition("/")[0])
        return StorePath(self.url.rpartition("/")[0])

    @property
    def objects(self) -> Objects:
        return Objects(self.url)

    def exists(self) -> bool:
        return self.objects.exists(self.key)

    def read_bytes(self) -> bytes:
        """Raises FileNotFoundError."""
        return self.objects.get(self.key)

    def read_text(self) -> str:
        return self.read_bytes().decode()

    def open(self, mode: Literal["rb"] = "rb", /) -> BinaryIO:
        """Raises FileNotFoundError."""
        return self.objects.open([Piece(0, self.objects.size(self.key), self.key)])


BackupPlace: TypeAlias = Path | StorePath


def place_of(text: str) -> BackupPlace:
    """Parse a location, which is an address or a path."""
    return StorePath(text.rstrip("/")) if "://" in text else Path(text).resolve()


def stamp(moment: datetime) -> str:
    """The name of a backup that was started at this time."""
    return moment.astimezone(UTC).strftime(_STAMP)


@contextmanager
def filled(folder: BackupPlace) -> Iterator[BackupPlace]:
    """A context with a folder to fill, which becomes ``folder`` at the end; after an exception, it's removed.

    In a store, it becomes a backup with its manifest, which is written last.
    """
    if _is_taken(folder):
        raise BackupError(f"{folder} is there already. Try again in a second.")
    draft = folder.with_name(f"{folder.name}.draft") if isinstance(folder, Path) else folder
    if isinstance(draft, Path):
        draft.mkdir(parents=True)
    try:
        yield draft
    except BaseException:
        remove(draft)
        raise
    if isinstance(draft, Path):
        draft.replace(str(folder))


def _is_taken(folder: BackupPlace) -> bool:
    if isinstance(folder, Path):
        return folder.exists()
    return next(folder.objects.names(folder.key), None) is not None


def copy(source: BackupPlace, target: BackupPlace, tell: Callable[[int], object] = lambda size: None) -> File:
    """Copy a file durably; ``tell`` is called with the size of each piece. Raises OSError."""
    copied = _Copied(tell)
    with source.open("rb") as given:
        if isinstance(target, Path):
            _write(target, copied.pieces(given))
        else:
            target.objects.put(target.key, copied.pieces(given))
    return copied.file


def put_secret(place: BackupPlace, text: str) -> File:
    """Write a short text that only the owner can read."""
    content = text.encode()
    if isinstance(place, Path):
        write_durably(place, text)
    else:
        place.objects.put(place.key, content)
    return File(len(content), sha256(content).hexdigest())


def write(place: BackupPlace, content: bytes) -> None:
    if isinstance(place, Path):
        _write(place, iter([content]))
    else:
        place.objects.put(place.key, content)


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


class _Copied:
    def __init__(self, tell: Callable[[int], object]) -> None:
        self._tell, self._digest, self._size = tell, sha256(), 0

    def pieces(self, file: BinaryIO) -> Iterator[bytes]:
        while piece := file.read(_PIECE):
            self._digest.update(piece)
            self._size += len(piece)
            yield piece
            self._tell(len(piece))

    @property
    def file(self) -> File:
        return File(self._size, self._digest.hexdigest())


def backups(target: BackupPlace) -> list[BackupPlace]:
    """The complete backups below ``target``, newest last."""
    return [folder for folder in _folders(target) if (folder / NAME).exists()]


def prune(target: BackupPlace, keep: int, now: datetime) -> int:
    """Remove complete backups below ``target`` except the newest ``keep``, and abandoned ones; returns how many."""
    whole = [folder for folder in backups(target) if _STAMPED.fullmatch(folder.name)]
    gone = whole[:-keep] if keep else whole
    old = stamp(now - _BROKEN_OFF)
    broken = [folder for folder in _folders(target) if folder not in whole and _is_broken_off(folder, old)]
    for folder in (*gone, *broken):
        remove(folder)
    return len(gone)


def _is_broken_off(folder: BackupPlace, before: str) -> bool:
    name = folder.name.removesuffix(".draft")
    return bool(_STAMPED.fullmatch(name)) and name < before and not (folder / NAME).exists()


def _folders(target: BackupPlace) -> list[BackupPlace]:
    if isinstance(target, Path):
        return [path for path in sorted(target.glob("*")) if path.is_dir()]
    return [target / name for name in sorted(target.objects.folders(target.key))]


def remove(folder: BackupPlace) -> None:
    """Remove a backup; its manifest goes first, so that an interrupted removal leaves no backup."""
    if isinstance(folder, Path):
        (folder / NAME).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    else:
        folder.objects.remove([(folder / NAME).key])
        folder.objects.remove_below(folder.key)


def newest(source: BackupPlace) -> BackupPlace:
    """The backup at ``source``, or the newest one below it. Raises BackupError if there is none."""
    if (source / NAME).exists():
        return source
    found = backups(source)
    if not found:
        raise BackupError(f"There is no backup in {source}.")
    return found[-1]
