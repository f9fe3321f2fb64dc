"""Take a snapshot of all files with hard links, from which a backup is copied while everything keeps running."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from django.conf import settings

from interactions.backup import database
from interactions.backup.manifest import FILES, OBJECTS, BackupError
from interactions.backup.places import BackupPlace, StorePath
from interactions.models import Environment
from interactions.privacy import staged
from interactions.warehouse.lake import Held, Lake

Lock: TypeAlias = Callable[[Lake], AbstractContextManager[Held | None]]
Sources: TypeAlias = dict[str, tuple[BackupPlace, int]]
"""The location and size in bytes of files, by their path in a backup."""
# Only changed with a table's lock held, so the snapshot is consistent. Other files are rebuilt from these.
_LOCKED: Final = ("LAKE_DIR", "OVERLAPS_DIR")
# Changed at any time. Files exist before the database names them, and are removed with their import.
_LOOSE: Final = ("IMPORTS_DIR", "UPLOADS_DIR")


@contextmanager
def stage(lock: Lock) -> Iterator[tuple[Path, Mapping[str, int], Sources]]:
    """A context with a snapshot: a folder laid out like a backup, the versions of the tables, and the objects.

    The folder is removed afterwards. ``lock`` takes a table's write lock. All locks are taken, and released as soon as
    the snapshot exists.
    """
    with _alone() as home:
        folder = home / f"{time.time_ns() // 1000}-{secrets.token_hex(4)}"
        folder.mkdir()
        try:
            with ExitStack() as pins:
                with ExitStack() as locks:
                    lakes = [Lake(slug) for slug in Environment.objects.order_by("slug").values_list("slug", flat=True)]
                    for lake in lakes:
                        locks.enter_context(lock(lake))
                    for name in (*(() if settings.LAKE_URL else _LOCKED), *_LOOSE):
                        _link(name, folder)
                    objects = _of_lake(folder)
                    write = pins.enter_context(database.pinned())
                    for name in _LOOSE:  # files added since their folder was read
                        _link(name, folder)
                    objects |= _of_imports()
                    versions = {lake.environment: lake.version() for lake in lakes}
                write(folder)
            yield folder, versions, objects
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone() -> Iterator[Path]:
    """A context with the empty folder of snapshots. Raises BackupError while another backup is being made."""
    home = Path(settings.STAGED_DIR)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("Another backup is being made. Wait until it's done.") from error
        for left in staged.stages():  # by a killed backup
            shutil.rmtree(left, ignore_errors=True)
        yield home


def _of_lake(folder: Path) -> Sources:
    """The parts of tables in a store, which don't change. Files that do are copied to ``folder`` at once."""
    if not settings.LAKE_URL:
        return {}
    found: Sources = {}
    place = StorePath(settings.LAKE_URL)
    for key, size in place.objects.names():
        name = f"{FILES}/{Path(settings.LAKE_DIR).name}/{key}"
        if not key.startswith(".") and key.endswith(".parquet") and "/_delta_log/" not in key:
            found[name] = place / key, size
        elif "/" not in key or not key.startswith("."):
            _fetch(place / key, folder / name)
    overlaps = StorePath(settings.OVERLAPS_URL)
    for key, _ in overlaps.objects.names():
        _fetch(overlaps / key, folder / FILES / Path(settings.OVERLAPS_DIR).name / key)
    return found


def _fetch(source: StorePath, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.objects.fetch(source.key, target)


def _of_imports() -> Sources:
    """The objects of imports, which are written once and removed with their import."""
    if not settings.UPLOADS_URL:
        return {}
    place = StorePath(settings.UPLOADS_URL)
    kept = [each for folder in ("uploads", "imports", "rejected") for each in place.objects.names(folder)]
    return {f"{FILES}/{OBJECTS}/{key}": (place / key, size) for key, size in kept}


def _link(name: str, folder: Path) -> None:
    """Create hard links to all files below a folder in the settings, except those that have one already."""
    source = Path(getattr(settings, name))
    target = folder / FILES / source.name
    for path, _, files in os.walk(source):
        for file in files:
            given = Path(path, file)
            taken = target / given.relative_to(source)
            if taken.exists() or file.endswith(".draft"):
                continue
            taken.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(given, taken)
            except FileNotFoundError:
                continue  # removed meanwhile, with its import
            except OSError:  # on another disk, or on a file system without hard links
                shutil.copyfile(given, taken)
