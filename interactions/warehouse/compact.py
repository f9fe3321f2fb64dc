"""Merge the small parts that live records leave in the lake, so that queries open few files.

Parts never change, so they are merged without the write lock. Only the commit takes it, and discards the work if a part
was removed meanwhile. Parts are merged by size, small ones first, so that a record is rewritten at most three times.
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

# (size, number): parts below this size in bytes are merged once there are so many of them.
_TIERS = ((256 << 10, 24), (4 << 20, 12), (32 << 20, 6))
_MOST = 200  # parts per merge, to limit how long it takes
_LEFT_SECONDS = 3600  # after which a draft was left by a killed process


def compact(lake: Lake) -> int:
    """Merge small parts if there are enough of them; returns how many were merged. Takes the lock itself.

    Raises LakeBusy if the lock isn't available.
    """
    sweep(_prefix(lake), seconds=_LEFT_SECONDS)
    merged = 0
    for size, least in _TIERS:
        parts = _small(lake, size)
        if len(parts) >= least:
            merged += _merge(lake, parts[:_MOST])
    return merged


def _small(lake: Lake, size: int) -> list[Part]:
    """Parts below ``size`` bytes with live records or from a rewrite; oldest records first."""
    parts = [part for part in lake.parts() if part.size < size and not _is_of_import(lake, part)]
    return sorted(parts, key=lambda part: part.first)


def _is_of_import(lake: Lake, part: Part) -> bool:
    return part.file.parent.name.startswith("import-") and part.file.parent.parent == lake.folder


def _merge(lake: Lake, parts: Sequence[Part]) -> int:
    path = draft(_prefix(lake))
    try:
        merged = _write(parts, path)
        if merged is None:
            return 0
        with lake.lock() as held:
            if not {part.file for part in parts} <= {part.file for part in lake.parts()}:
                log.info("Parts of %s were rewritten while they were merged: retrying later.", lake.environment)
                return 0
            held.require()
            lake.replace(parts, [merged], changes_data=False)
    except FileNotFoundError:  # a rewrite removed a part while it was read
        return 0
    finally:
        path.unlink(missing_ok=True)
    log.info("%s parts of %s were merged, with %s records", len(parts), lake.environment, merged.rows)
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
