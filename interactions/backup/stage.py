"""Second names of all files at one moment, from which a backup is copied while the work goes on."""

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
"""Where files are, and their bytes, by their path in a backup."""
# Changed with the lock of a table held, and so of one moment; what is missing here is made anew from it.
_LOCKED: Final = ("LAKE_DIR", "OVERLAPS_DIR")
# Changed at any time. What the database names was there before it named it, or is removed with an import.
_LOOSE: Final = ("IMPORTS_DIR", "UPLOADS_DIR")


@contextmanager
def stage(lock: Lock) -> Iterator[tuple[Path, Mapping[str, int], Sources]]:
    """A folder with all that belongs into a backup as it is at one moment, laid out like one, the versions of the
    tables at that moment, and the objects that belong to it, too. The folder goes afterwards.

    ``lock`` holds a table's write lock: each is waited for, and all are let go as soon as the moment has passed.
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
                    for name in _LOOSE:  # what came after its folder was gone through, and before the database's moment
                        _link(name, folder)
                    objects |= _of_imports()
                    versions = {lake.environment: lake.version() for lake in lakes}
                write(folder)
            yield folder, versions, objects
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone() -> Iterator[Path]:
    """The folder of stages, with none in it. Raises BackupError where another backup is being made."""
    home = Path(settings.STAGED_DIR)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("Another backup is being made. Wait until it's done.") from error
        for left in staged.stages():  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield home


def _of_lake(folder: Path) -> Sources:
    """The parts of tables in a store, which don't change. What does change is copied to ``folder`` at once."""
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
    """Objects of imports. Each is written once, and removed with its import."""
    if not settings.UPLOADS_URL:
        return {}
    place = StorePath(settings.UPLOADS_URL)
    kept = [each for folder in ("uploads", "imports", "rejected") for each in place.objects.names(folder)]
    return {f"{FILES}/{OBJECTS}/{key}": (place / key, size) for key, size in kept}


def _link(name: str, folder: Path) -> None:
    """Give all files below a folder of the settings a second name, those that have one already left as they are."""
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
                continue  # it went meanwhile, as its import did
            except OSError:  # another disk, or one without links
                shutil.copyfile(given, taken)
