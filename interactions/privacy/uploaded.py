"""Erase people from uploaded files that are still stored: waiting ones, and those being imported.

Files are searched as far as they have arrived, complete or not. A file that names an erased person is removed, and its
import ends with a sentence that says so; dropped in again, it loads without them. A file that is being imported is left
to its import, which refuses their records and removes the file at the end; until then the erasure isn't finished.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from interactions import identity, process_caches
from interactions.compiled.first_load import FIRST_LOAD
from interactions.connectors import columnar, dojo
from interactions.contract.tombstones import ErasedPeople, Person, Tombstones, microseconds
from interactions.errors import FileRefused
from interactions.ingest.imports import lifecycle, storage, tables
from interactions.models import Environment, Import, Upload
from interactions.privacy.named_events import named_in_events, source_of
from interactions.privacy.named_tables import named_in_table
from interactions.unpack import Openable, open_text

_MOST_READ: Final = 4 << 20  # bytes read at once

logger = logging.getLogger(__name__)

REMOVED: Final = (
    "The file named people who had to be erased, so it was removed. Nothing was loaded from it. "
    "Drop it again to load the others."
)


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """The number of stored files that name these people; not by person."""
    files = sum(bool(_named(imp, tombstones)) for imp in _with_file(environment, tombstones))
    return Counter({Person(): files} if files else {})


def held(environment: Environment, tombstones: Tombstones) -> set[Person]:
    """Which of these people are named in stored files."""
    return set().union(*(_named(imp, tombstones) for imp in _with_file(environment, tombstones))) - {Person()}


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Remove waiting files that name these people, and cancel their imports."""
    for imp in _with_file(environment, tombstones):
        storage.remove_strays(imp)
        if imp.state != Import.State.LOADING and _named(imp, tombstones) and lifecycle.withdraw(imp, REMOVED):
            logger.info("The file of import %s named erased people and was removed", imp.pk)


def being_read(environment: Environment, tombstones: Tombstones) -> Import | None:
    """A running import of a file that names these people; it removes the file at the end."""
    reading = (imp for imp in _with_file(environment, tombstones) if imp.state == Import.State.LOADING)
    return next((imp for imp in reading if _named(imp, tombstones)), None)


def _with_file(environment: Environment, tombstones: Tombstones) -> Iterator[Import]:
    """Imports whose file was uploaded, at least partly, before the last of the requests."""
    states = [Import.State.UPLOADING, Import.State.CHECKING, Import.State.LOADING, Import.State.FAILED]
    for imp in Import.objects.filter(environment=environment, state__in=states).select_related("upload"):
        if microseconds(imp.created_at) <= tombstones.last_asked:
            yield imp


def _named(imp: Import, tombstones: Tombstones) -> frozenset[Person]:
    try:
        place = _text_of(imp)
        if place is None:
            return frozenset()
        return _named_in(place, storage.sign_of(place), tombstones, is_table=tables.is_table(imp))
    except FileNotFoundError:  # cancelled meanwhile
        return frozenset()


def _text_of(imp: Import) -> storage.Place | None:
    """The unpacked text if it's complete, else the uploaded file. Of tables the file, as all cells are searched."""
    try:
        if imp.compression and not imp.mapping and imp.bytes_total and storage.text_path(imp).exists():
            return storage.text_path(imp)
        return storage.upload_path(imp)
    except Upload.DoesNotExist:
        return None


def readable(path: Openable) -> Iterator[bytes]:
    """The text of a file, unpacked as far as possible, in pieces of at most 4 MB. Raises OSError."""
    try:
        with columnar.open_text(path) if columnar.is_parquet(path) else open_text(path, everything=True) as text:
            while piece := text.read(_MOST_READ):
                yield piece
    except FileRefused:
        return


@lru_cache(maxsize=32)
def _named_in(
    place: storage.Place, sign: tuple[int, int], tombstones: Tombstones, *, is_table: bool
) -> frozenset[Person]:
    """Cached while the file doesn't change: it's needed several times per erasure.

    All cells of tables, and of what isn't recognized, are searched: the columns with ids aren't known before they're
    mapped.
    """
    with FIRST_LOAD:
        from interactions.privacy.named_files import named_in  # loads Numba, which web processes don't need

    people = ErasedPeople(tombstones, identity.keyring())
    source, text = source_of(readable(place))
    if is_table or source is None:
        return named_in(text, people) | named_in_table(place, people)
    if source.NAME == dojo.NAME:
        return named_in(text, people)
    return named_in_events(source, text, people)


process_caches.register("names in uploads", _named_in.cache_clear, lambda: _named_in.cache_info().currsize)
