"""Erased people in files that were uploaded and are still kept: those that wait, and those that are being read.

Such a file is looked through by the codec, as far as it has come and whether or not it is whole. One that names an
erased person is removed, and its import ends with a sentence that says so: dropped in again, it loads without them. One
that is being read is left to its import, which refuses them and removes the file at its end; until then the erasure is
not over.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from interactions import identity, process_caches
from interactions.compiled.first_load import FIRST_LOAD
from interactions.contract.tombstones import People, Person, Tombstones, microseconds
from interactions.errors import FileRefused
from interactions.ingest.imports import lifecycle, storage
from interactions.models import Environment, Import, Upload
from interactions.privacy.named_events import named_in_events, source_of
from interactions.unpack import open_text

_MOST_READ: Final = 4 << 20  # bytes at a time

logger = logging.getLogger(__name__)

REMOVED: Final = (
    "The file named people whose records had to be erased, so it was removed. Nothing was loaded from it. "
    "Drop it in again to load the others."
)


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """How many kept files name these people; whose they are is not said."""
    files = sum(bool(_named(imp, tombstones)) for imp in _with_file(environment, tombstones))
    return Counter({Person(): files} if files else {})


def held(environment: Environment, tombstones: Tombstones) -> set[Person]:
    """Which of these people kept files name."""
    return set().union(*(_named(imp, tombstones) for imp in _with_file(environment, tombstones)))


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Remove the files that wait and name these people, and end their imports."""
    for imp in _with_file(environment, tombstones):
        if imp.state != Import.State.LOADING and _named(imp, tombstones) and lifecycle.withdraw(imp, REMOVED):
            logger.info("The file of import %s named erased people and was removed", imp.pk)


def being_read(environment: Environment, tombstones: Tombstones) -> Import | None:
    """An import that is reading a file which names these people; its end removes the file."""
    reading = (imp for imp in _with_file(environment, tombstones) if imp.state == Import.State.LOADING)
    return next((imp for imp in reading if _named(imp, tombstones)), None)


def _with_file(environment: Environment, tombstones: Tombstones) -> Iterator[Import]:
    """Imports whose file came, or began to come, before the last of the requests."""
    states = [Import.State.UPLOADING, Import.State.CHECKING, Import.State.LOADING, Import.State.FAILED]
    for imp in Import.objects.filter(environment=environment, state__in=states).select_related("upload"):
        if microseconds(imp.created_at) <= tombstones.last_asked:
            yield imp


def _named(imp: Import, tombstones: Tombstones) -> frozenset[Person]:
    path = _text_of(imp)
    try:
        state = path.stat() if path is not None else None
        if path is None or state is None:
            return frozenset()
        return _named_in(path, state.st_size, state.st_mtime_ns, tombstones)
    except FileNotFoundError:  # cancelled meanwhile
        return frozenset()


def _text_of(imp: Import) -> Path | None:
    """The unpacked text where it is whole, else the file as it was given."""
    try:
        if imp.compression and imp.bytes_total and storage.text_path(imp).exists():
            return storage.text_path(imp)
        return storage.upload_path(imp)
    except Upload.DoesNotExist:
        return None


def readable(path: Path) -> Iterator[bytes]:
    """All the file's text, unpacked as far as that is possible; in pieces of 4 MB at most. Raises OSError."""
    try:
        with open_text(path, everything=True) as text:
            while piece := text.read(_MOST_READ):
                yield piece
    except FileRefused:
        return


@lru_cache(maxsize=32)
def _named_in(path: Path, size: int, changed: int, tombstones: Tombstones) -> frozenset[Person]:
    """Remembered while the file is as it is: it is asked several times in one erasure."""
    with FIRST_LOAD:
        from interactions.privacy.named_files import named_in  # loads Numba, which web processes do without

    people = People(tombstones, identity.keyring())
    source, text = source_of(readable(path))
    return named_in(text, people) if source is None else named_in_events(source, text, people)


process_caches.register("names in uploads", _named_in.cache_clear, lambda: _named_in.cache_info().currsize)
