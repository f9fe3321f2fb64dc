"""Find out what has changed in a table since its index was built, by comparing the parts then and now.

The table's log can't be used, because each rewrite cleans it. Parts never change, so their names are enough: rows were
added with new parts and removed with missing ones. Where parts were replaced by others, by a merge or a rewrite, their
rows are compared with the index (see ``difference``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.parquet as pq

from interactions.contract.tombstones import microseconds
from interactions.warehouse.lake import Part

FOREVER: Final = (-(1 << 62), 1 << 62)


@dataclass(frozen=True, slots=True)
class Covered:
    """A part that an index was built from: its rows, their earliest and latest time (µs since 1970) and their import.

    ``import_id`` is 0 for live records, and None if they may be from several imports.
    """

    rows: int
    first: int
    last: int
    import_id: int | None

    @classmethod
    def by(cls, part: Part) -> Covered:
        """Describe a part. Raises FileNotFoundError if its file is needed and no longer exists."""
        return cls(part.rows, microseconds(part.first), microseconds(part.last), import_of(part))


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The rows from ``first`` to ``last`` (µs since 1970) and from some ``imports``; None for all."""

    first: int
    last: int
    imports: frozenset[int] | None = None

    def meets(self, part: Covered) -> bool:
        """Whether the window may contain rows of the part."""
        in_time = part.first <= self.last and part.last >= self.first
        return in_time and (None in (self.imports, part.import_id) or part.import_id in (self.imports or ()))


EVERYTHING: Final = TimeWindow(*FOREVER)


@dataclass(frozen=True, slots=True)
class Change:
    """The changes to apply to an index.

    ``new`` are the names of parts with new rows only, ``undone`` are imports without any rows left, and in ``window``
    rows may have been added and removed.
    """

    new: tuple[str, ...] = ()
    undone: frozenset[int] = frozenset()
    window: TimeWindow | None = None


def change(before: Mapping[str, Covered], now: Mapping[str, Covered]) -> Change:
    """The changes between two sets of parts, given by name."""
    gone = [part for name, part in before.items() if name not in now and part.rows]
    added = {name: part for name, part in now.items() if name not in before and part.rows}
    if not gone:
        return Change(tuple(added))
    touched, left = {part.import_id for part in gone}, {part.import_id for part in now.values() if part.rows}
    undone = frozenset(each for each in touched if each is not None and not left & {each, None})
    changed = touched - undone
    if not changed:
        return Change(tuple(added), undone)
    imports = None if None in changed else frozenset(each for each in changed if each is not None)
    pieces = [part for part in gone if part.import_id in changed]
    new = {name for name, part in added.items() if imports is not None and part.import_id not in {*imports, None}}
    pieces += [part for name, part in added.items() if name not in new]
    window = TimeWindow(min(part.first for part in pieces), max(part.last for part in pieces), imports)
    return Change(tuple(name for name in added if name in new), undone, window)


def import_of(part: Part) -> int | None:
    """The import of all rows of a part. If it isn't in the table's log, as for merged parts, the file is read."""
    if part.import_id is not None:
        return part.import_id
    metadata = pq.read_metadata(part.path)
    bounds: set[Any] = set()
    for group in range(metadata.num_row_groups):
        columns = metadata.row_group(group)
        said = {columns.column(place).path_in_schema: columns.column(place) for place in range(columns.num_columns)}
        statistics = said["import_id"].statistics
        bounds |= {None} if statistics is None or not statistics.has_min_max else {statistics.min, statistics.max}
    return bounds.pop() if len(bounds) == 1 else None


def covered(parts: Sequence[Part], known: Mapping[str, Covered]) -> dict[str, Covered]:
    """The parts by name; ``known`` ones aren't read again. Raises FileNotFoundError."""
    found = {}
    for part in parts:
        name = part.name
        found[name] = known.get(name) or Covered.by(part)
    return found
