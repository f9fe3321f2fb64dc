"""People's rows in the lake: who is hidden, whose rows there are, and their erasure without a trace."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from interactions.codec.tombstones import COLUMNS, Tombstones
from interactions.lake import Lake
from interactions.models import Tombstone

_ROWS = 262_144  # looked at in one go
_GROUP_ROWS = 65_536


def hidden(environment: str) -> Tombstones:
    """The people of ``environment`` (a slug) whose rows are to be erased and may still be in the table."""
    waiting = Tombstone.objects.filter(environment__slug=environment, is_erased=False)
    return Tombstones.of(waiting.values_list("user_key", "at").iterator(5_000))


def count(lake: Lake, tombstones: Tombstones) -> Counter[int]:
    """How many rows there are by user_key, in all files of the table's folder, also in those no longer part of it.

    A file that cannot be read, as one is whose writer was killed, counts as one row, of the key 0.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: Counter[int] = Counter()
    for path in _data_files(lake):
        try:
            with pq.ParquetFile(path) as part:
                for batch in part.iter_batches(_ROWS, columns=COLUMNS):
                    found += tombstones.count(pa.Table.from_batches([batch]))
        except pa.ArrowInvalid:
            found[0] += 1
    return found


def erase(lake: Lake, tombstones: Tombstones) -> None:
    """Delete these people's rows and leave no trace of them: no file, no line of the log. Lock held by the caller.

    A repeat, after one that was broken off anywhere, does what is left to do.
    """
    if not lake.exists():
        return
    from deltalake import DeltaTable, WriterProperties

    # As the codec writes parts. Larger row groups would be held in memory as a whole.
    properties = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=_GROUP_ROWS)
    table = DeltaTable(str(lake.folder))
    for condition in tombstones.condition():  # its text is kept in the log: hashes, not ids
        table.delete(condition, writer_properties=properties)
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    table.create_checkpoint()
    table.cleanup_metadata()
    named = set(lake.files())
    for path in _data_files(lake):  # an append or a rewrite that was broken off left files that no commit names
        if str(path) not in named:
            path.unlink(missing_ok=True)


def _data_files(lake: Lake) -> list[Path]:
    files = [path for path in lake.folder.rglob("*") if path.is_file()]
    return [path for path in files if "_delta_log" not in path.relative_to(lake.folder).parts]
