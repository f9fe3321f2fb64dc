"""The index of an environment on disk: written atomically by one process, and mapped by any.

Each environment has a folder. Files never change once the manifest names them. Files that aren't in the manifest are
removed, which doesn't affect processes that have them mapped.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeAlias

from django.conf import settings

from interactions import process_caches
from interactions.analytics.index import manifest, version_files
from interactions.analytics.index.manifest import Manifest
from interactions.analytics.index.run import Index
from interactions.analytics.index.version_files import Mapped

_DRAFTS: Final = "draft-"
_Sign: TypeAlias = tuple[int, int, int]
_TRIES: Final = 5  # to map a version before the next one replaces its files


# The mapped versions by folder, with the signature of their manifest.
_opened: dict[Path, tuple[_Sign, Mapped]] = {}
_turn = threading.RLock()


def folder_of(environment: str) -> Path:
    """The folder of an environment's index, which may not exist."""
    return Path(settings.INDEX_DIR) / environment


def open(environment: str) -> Index | None:  # noqa: A001 - store.open
    """Map the last whole version; None if there is none that can be used. Takes a few system calls if it's mapped
    already.

    Its arrays are views of files that stay valid as long as they're referenced.
    """
    process_caches.watch()
    found = _open(environment)
    return None if found is None else found.index


def note(environment: str) -> bytes:
    """The keeper's note for the version that :func:`open` returns; empty if there is none."""
    found = _open(environment)
    return b"" if found is None else version_files.note_path(folder_of(environment), found.manifest.note).read_bytes()


def with_note(environment: str) -> tuple[Index | None, bytes]:
    """The results of :func:`open` and :func:`note` for the same version."""
    found = _open(environment)
    if found is None:
        return None, b""
    return found.index, version_files.note_path(folder_of(environment), found.manifest.note).read_bytes()


def write(index: Index, note: bytes = b"") -> Index:
    """Make ``index`` the current version of its environment, and return it mapped, like :func:`open`.

    Parts that are in files already aren't written again. ``note`` is stored for the keeper. After a crash, the version
    is the old one or the new. Raises OSError if the disk is full.
    """
    folder = folder_of(index.environment)
    folder.mkdir(parents=True, exist_ok=True)
    with _turn:
        before = _open(index.environment)
        try:
            manifest.write(folder, version_files.write(folder, index, note, before))
        finally:
            _remove_unnamed(folder)
        found = _open(index.environment)
    if found is None:
        raise FileNotFoundError(f"The index of {index.environment} was removed as it was written.")
    return found.index


@contextmanager
def draft(environment: str) -> Iterator[Path]:
    """A folder in which to build runs for :func:`write`, which moves them from there. Older drafts are removed."""
    folder = folder_of(environment)
    remove_drafts(environment)
    place = folder / f"{_DRAFTS}{secrets.token_hex(8)}"
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def remove_drafts(environment: str) -> None:
    """Remove the files of interrupted builds."""
    for place in folder_of(environment).glob(f"{_DRAFTS}*"):
        shutil.rmtree(place, ignore_errors=True)


def strays(environment: str) -> list[Path]:
    """Files in the folder that aren't part of the current version, including drafts."""
    return _unnamed(folder_of(environment))


def tidy(environment: str) -> None:
    """Remove files left by killed writers and builds. The caller must be the only writer."""
    remove_drafts(environment)
    _remove_unnamed(folder_of(environment))


def remove(environment: str) -> None:
    """Remove the index of an environment, as if there had never been one."""
    folder = folder_of(environment)
    with _turn:
        (folder / manifest.NAME).unlink(missing_ok=True)  # first, so that half an index is never opened
        shutil.rmtree(folder, ignore_errors=True)
        _opened.pop(folder, None)


def _open(environment: str) -> Mapped | None:
    folder = folder_of(environment)
    with _turn:
        for _ in range(_TRIES):
            sign, (known_sign, known) = _sign(folder), _opened.get(folder, (None, None))
            if sign is not None and sign == known_sign:
                return known
            found = manifest.read(folder) if sign is not None else None
            if sign is None or found is None:
                break
            with suppress(FileNotFoundError):  # replaced by the next version
                mapped = version_files.read(folder, environment, found, known)
                _opened[folder] = sign, mapped
                return mapped
        _opened.pop(folder, None)
    return None


def _sign(folder: Path) -> _Sign | None:
    """A signature that differs for each version of a manifest."""
    try:
        found = (folder / manifest.NAME).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _remove_unnamed(folder: Path) -> None:
    """Remove files that aren't part of the current version, except drafts."""
    for path in _unnamed(folder):
        if path.parent == folder:
            path.unlink(missing_ok=True)


def _unnamed(folder: Path) -> list[Path]:
    found = manifest.read(folder)
    names = found.names if found else set()
    files = (path for path in folder.rglob("*") if path.is_file() and path != folder / manifest.NAME)
    return [path for path in files if path.parent != folder or begin(path.name) not in names]


def begin(name: str) -> str:
    """What a file's name begins with, by which a manifest names it."""
    return re.split("[-.]", name)[0]


def files(environment: str, found: Manifest) -> list[Path]:
    """The files of a version."""
    folder = folder_of(environment)
    return [path for path in folder.iterdir() if path.is_file() and begin(path.name) in found.names]


def _forget() -> None:
    with _turn:
        _opened.clear()


def _after_fork() -> None:
    global _turn
    _turn = threading.RLock()  # another thread of the parent may have held it


os.register_at_fork(after_in_child=_after_fork)
process_caches.register("event indexes", _forget, lambda: len(_opened))
