"""People's rows in the lake: who is hidden, whose rows there are, and their erasure without a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dojo.cores import cores
from interactions import identity
from interactions.contract.tombstones import COLUMNS, Person, Tombstones
from interactions.models import Tombstone
from interactions.models.privacy import TombstoneRows
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import Removed, Tell, remove_most, remove_rows

_ROWS = 262_144  # looked at in one go


def hidden(environment: str) -> Tombstones:
    """The people of ``environment`` (a slug) whose rows are to be erased and may still be in the table.

    Whose rows are there is named as they are, see ``identity_upgrade``.
    """
    waiting = Tombstone.objects.filter(environment__slug=environment, is_erased=False)
    return Tombstones.of(waiting.stones())


def people_of(stones: TombstoneRows) -> Tombstones:
    """The people of these rows, for whoever is given records with their ids: also by the names from before."""
    known = identity.earlier() if stones.filter(is_earlier=True).exists() else None
    return Tombstones.of(stones.stones(), known.ids if known else None)


def count(lake: Lake, tombstones: Tombstones) -> Counter[Person]:
    """How many rows there are of whom, in all files of the table's folder, also in those no longer part of it.

    A file that cannot be read, as one is whose writer was killed, counts as one row of nobody.
    """
    found: Counter[Person] = Counter()
    with ThreadPoolExecutor(cores()) as threads:
        for counted in threads.map(lambda path: _count_in(path, tombstones), _data_files(lake)):
            found.update(counted)
    return found


def erase(lake: Lake, tombstones: Tombstones, tell: Tell = lambda done, total: None) -> Removed:
    """Delete these people's rows and leave no trace of them: no file, no line of the log. Lock held by the caller.

    A repeat, after one that was broken off anywhere, does what is left to do.
    """
    return remove_rows(lake, tombstones.mask, COLUMNS, tell)


def erase_most(
    lake: Lake,
    tombstones: Tombstones,
    tell: Tell = lambda done, total: None,
    note: Callable[[Counter[Person]], object] = lambda found: None,
) -> Removed:
    """The same for what is in the table now, without holding up those who add to it; ``note`` hears what goes of whom.

    :func:`erase` has to follow. Takes the lock by itself; raises LakeBusy where it cannot be had.
    """
    return remove_most(lake, tombstones.mask, COLUMNS, tell, lambda gone: note(tombstones.count(gone)))


def _count_in(path: Path, tombstones: Tombstones) -> Counter[Person]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: Counter[Person] = Counter()
    try:
        with pq.ParquetFile(path) as part:
            for batch in part.iter_batches(_ROWS, columns=COLUMNS, use_threads=False):
                found.update(tombstones.count(pa.Table.from_batches([batch])))
    except pa.ArrowInvalid:
        found[Person()] += 1
    return found


def _data_files(lake: Lake) -> list[Path]:
    files = [path for path in lake.folder.rglob("*") if path.is_file()]
    return [path for path in files if "_delta_log" not in path.relative_to(lake.folder).parts]
