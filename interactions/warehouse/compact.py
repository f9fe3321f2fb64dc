"""Merge the small parts that live records leave in the lake, so that a question opens few files.

What is merged is read and written without the write lock, as parts never change; only the commit takes it, and drops
the work where a part has gone meanwhile. Parts are merged by size, small ones first, so that a record is written
anew three times at most.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from interactions.contract.columns import TABLE_SCHEMA
from interactions.files import draft, sweep
from interactions.warehouse.lake import Lake, Part, part_of
from interactions.warehouse.parts import PartWriter

log = logging.getLogger(__name__)

# Parts below so many bytes are merged once there are so many of them.
_TIERS = ((256 << 10, 24), (4 << 20, 12), (32 << 20, 6))
_MOST = 200  # in one merge: it bounds how long the merge takes
_LEFT_SECONDS = 3600  # after which a draft is one that somebody left behind


def compact(lake: Lake) -> int:
    """Merge small parts, where there are enough of them; answers how many became one. Takes the lock by itself.

    Raises LakeBusy where the lock cannot be had: the parts stay as they are.
    """
    sweep(_prefix(lake), seconds=_LEFT_SECONDS)
    merged = 0
    for size, least in _TIERS:
        parts = _small(lake, size)
        if len(parts) >= least:
            merged += _merge(lake, parts[:_MOST])
    return merged


def _small(lake: Lake, size: int) -> list[Part]:
    """Parts below ``size`` bytes that hold live records, or came of a rewrite; oldest records first."""
    parts = [part for part in lake.parts() if part.size < size and not _is_of_import(lake, part)]
    return sorted(parts, key=lambda part: part.first)


def _is_of_import(lake: Lake, part: Part) -> bool:
    return part.path.parent.name.startswith("import-") and part.path.parent.parent == Path(lake.folder)


def _merge(lake: Lake, parts: Sequence[Part]) -> int:
    path = draft(_prefix(lake))
    try:
        merged = _write(parts, path)
        if merged is None:
            return 0
        with lake.lock() as held:
            if not {part.path for part in parts} <= {part.path for part in lake.parts()}:
                log.info("Parts of %s were rewritten while they were merged: another time.", lake.environment)
                return 0
            held.require()
            lake.replace(parts, [merged], changes_data=False)
    except FileNotFoundError:  # a rewrite removed a part while it was read
        return 0
    finally:
        path.unlink(missing_ok=True)
    log.info("%s parts of %s, %s records, became one", len(parts), lake.environment, merged.rows)
    return len(parts)


def _write(parts: Sequence[Part], path: Path) -> Part | None:
    import pyarrow.parquet as pq

    with PartWriter(path) as writer:
        for part in parts:
            with pq.ParquetFile(part.path) as source:
                for group in range(source.num_row_groups):
                    writer.add(source.read_row_group(group).cast(TABLE_SCHEMA))
    return part_of(path, writer.written)


def _prefix(lake: Lake) -> str:
    return f"compact-{lake.environment}-"
