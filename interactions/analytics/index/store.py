"""The index of an environment on the disk: written as a whole or not at all, mapped by whoever asks.

A folder for each environment. Files never change once a manifest names them; what no manifest names is removed, which
those who have it mapped don't notice. One process per environment writes, any may open.
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
from interactions.analytics.index.run import Index
from interactions.analytics.index.version_files import Mapped

_DRAFTS: Final = "draft-"
_Sign: TypeAlias = tuple[int, int, int]
_TRIES: Final = 5  # to map a version before the next takes its files away


# What is mapped, by folder, and what its manifest looked like.
_opened: dict[Path, tuple[_Sign, Mapped]] = {}
_turn = threading.RLock()


def folder_of(environment: str) -> Path:
    """The folder of an environment's index, which need not be there."""
    return Path(settings.INDEX_DIR) / environment


def open(environment: str) -> Index | None:  # noqa: A001 - store.open
    """The last whole version; None where there is none that can be used. A few system calls where it is mapped already.

    Its arrays are views of files and stay usable as long as somebody holds them.
    """
    process_caches.watch()
    found = _open(environment)
    return None if found is None else found.index


def note(environment: str) -> bytes:
    """What the keeper wrote down with the version that :func:`open` gives; nothing where there is none."""
    found = _open(environment)
    return b"" if found is None else version_files.note_path(folder_of(environment), found.manifest.note).read_bytes()


def with_note(environment: str) -> tuple[Index | None, bytes]:
    """What :func:`open` and :func:`note` say of the same version."""
    found = _open(environment)
    if found is None:
        return None, b""
    return found.index, version_files.note_path(folder_of(environment), found.manifest.note).read_bytes()


def write(index: Index, note: bytes = b"") -> Index:
    """Make ``index`` the version of its environment, and answer it as :func:`open` does.

    What lies in files already isn't written again. ``note`` is whatever its keeper has to know of it. Whatever
    happens meanwhile, the version is the old one or the new. Raises OSError where the disk is full.
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
    """A folder in which to build runs for :func:`write`, which takes them from there. Those of others before go."""
    folder = folder_of(environment)
    remove_drafts(environment)
    place = folder / f"{_DRAFTS}{secrets.token_hex(8)}"
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def remove_drafts(environment: str) -> None:
    """Remove what builds that were broken off have left."""
    for place in folder_of(environment).glob(f"{_DRAFTS}*"):
        shutil.rmtree(place, ignore_errors=True)


def strays(environment: str) -> list[Path]:
    """Files in the folder that aren't part of the version that counts, those of drafts among them."""
    return _unnamed(folder_of(environment))


def tidy(environment: str) -> None:
    """Remove what writers and builds have left that were killed. Whoever calls it is alone in writing."""
    remove_drafts(environment)
    _remove_unnamed(folder_of(environment))


def remove(environment: str) -> None:
    """Remove the index of an environment, as if there had never been one."""
    folder = folder_of(environment)
    with _turn:
        (folder / manifest.NAME).unlink(missing_ok=True)  # first: a half of it must not be taken for an index
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
            with suppress(FileNotFoundError):  # the next version has taken its place
                mapped = version_files.read(folder, environment, found, known)
                _opened[folder] = sign, mapped
                return mapped
        _opened.pop(folder, None)
    return None


def _sign(folder: Path) -> _Sign | None:
    """Tells each version of a manifest from all others."""
    try:
        found = (folder / manifest.NAME).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _remove_unnamed(folder: Path) -> None:
    """Remove what isn't part of the version that counts, but for drafts."""
    for path in _unnamed(folder):
        if path.parent == folder:
            path.unlink(missing_ok=True)


def _unnamed(folder: Path) -> list[Path]:
    found = manifest.read(folder)
    names = found.names if found else set()
    files = (path for path in folder.rglob("*") if path.is_file() and path != folder / manifest.NAME)
    return [path for path in files if path.parent != folder or re.split("[-.]", path.name)[0] not in names]


def _forget() -> None:
    with _turn:
        _opened.clear()


def _after_fork() -> None:
    global _turn
    _turn = threading.RLock()  # another thread of the parent may have held it


os.register_at_fork(after_in_child=_after_fork)
process_caches.register("event indexes", _forget, lambda: len(_opened))
