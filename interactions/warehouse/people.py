"""People's rows in the lake: hidden people, counting rows, and erasing them without a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from dojo.cores import cores
from interactions import identity
from interactions.contract.tombstones import COLUMNS, Person, Tombstones
from interactions.models import Tombstone
from interactions.models.privacy import TombstoneRows
from interactions.warehouse import copies as _copies  # noqa: F401 - which follow erasures
from interactions.warehouse.cache import copies
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import Removed, Tell, remove_most, remove_rows
from interactions.warehouse.storage import RemoteFile

_ROWS = 262_144  # rows read at once


def hidden(environment: str) -> Tombstones:
    """The people of ``environment`` (a slug) who are being erased, whose rows may still be in the table.

    They have the same kind of hashes as the rows, see ``identity_upgrade``.
    """
    waiting = Tombstone.objects.filter(environment__slug=environment, is_erased=False)
    return Tombstones.of(waiting.stones())


def people_of(stones: TombstoneRows) -> Tombstones:
    """The people of these rows, to check records with ids: also by their hashes from before the identity upgrade."""
    known = identity.earlier() if stones.filter(is_earlier=True).exists() else None
    return Tombstones.of(stones.stones(), known.ids if known else None)


def count(lake: Lake, tombstones: Tombstones) -> Counter[Person]:
    """Count these people's rows in all files of the table's storage, including those that aren't part of it any more.

    An unreadable file, left by a killed writer, counts as one row of nobody.
    """
    found: Counter[Person] = Counter()
    with ThreadPoolExecutor(cores()) as threads:
        for counted in threads.map(lambda source: _count_in(source, tombstones), lake.storage.sources()):
            found.update(counted)
    return found


def count_copies(environment: str, tombstones: Tombstones) -> Counter[Person]:
    """Count these people's rows in this machine's copies of a table that is in an object store."""
    found: Counter[Person] = Counter()
    for path in copies(environment):
        with suppress(FileNotFoundError):  # forgotten meanwhile
            found.update(_count_in(path, tombstones))
    return found


def erase(lake: Lake, tombstones: Tombstones, tell: Tell = lambda done, total: None) -> Removed:
    """Delete these people's rows without a trace in files or the log. The caller holds the lock.

    It can be repeated after an interruption.
    """
    return remove_rows(lake, tombstones.mask, COLUMNS, tell)


def erase_most(
    lake: Lake,
    tombstones: Tombstones,
    tell: Tell = lambda done, total: None,
    note: Callable[[Counter[Person]], object] = lambda found: None,
) -> Removed:
    """The same for the current rows, without blocking writers; ``note`` is called with the number of rows by person.

    :func:`erase` has to follow. Takes the lock itself; raises LakeBusy if it isn't available.
    """
    return remove_most(lake, tombstones.mask, COLUMNS, tell, lambda gone: note(tombstones.count(gone)))


def _count_in(source: Path | RemoteFile, tombstones: Tombstones) -> Counter[Person]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: Counter[Person] = Counter()
    try:
        with pq.ParquetFile(source) as part:
            for batch in part.iter_batches(_ROWS, columns=COLUMNS, use_threads=False):
                found.update(tombstones.count(pa.Table.from_batches([batch])))
    except pa.ArrowInvalid:
        found[Person()] += 1
    return found
