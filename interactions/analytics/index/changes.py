"""What has happened to a table since an index was made of it, by its parts then and now.

The log would say it commit by commit, but each rewrite cleans the log. Parts never change, so their names are enough:
rows come with parts that are new, and go with parts that are gone; what comes in the place of what went, by a merge
or a rewrite, is compared with what the index has of that time (see ``difference``).
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
    """A part that an index was made of: how many rows it has, and from when (µs since 1970) and of which import.

    ``import_id`` is None where they may be of several imports; 0 for live ones.
    """

    rows: int
    first: int
    last: int
    import_id: int | None

    @classmethod
    def by(cls, part: Part) -> Covered:
        """Of a part that is there. Raises FileNotFoundError where it has gone and wasn't said to be of one import."""
        return cls(part.rows, microseconds(part.first), microseconds(part.last), import_of(part))


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Rows of a time, from ``first`` to ``last`` (µs since 1970), and of some imports; None for all."""

    first: int
    last: int
    imports: frozenset[int] | None = None

    def meets(self, part: Covered) -> bool:
        """Whether rows of the part may be in it."""
        in_time = part.first <= self.last and part.last >= self.first
        return in_time and (None in (self.imports, part.import_id) or part.import_id in (self.imports or ()))


EVERYTHING: Final = TimeWindow(*FOREVER)


@dataclass(frozen=True, slots=True)
class Change:
    """What an index has to be told.

    ``new`` are names of parts all of whose rows are new; of the imports ``undone`` no row is left; in ``window`` rows
    may have come and gone.
    """

    new: tuple[str, ...] = ()
    undone: frozenset[int] = frozenset()
    window: TimeWindow | None = None


def change(before: Mapping[str, Covered], now: Mapping[str, Covered]) -> Change:
    """What happened between two sets of parts, by their names."""
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
    """The import of all rows of a part; where the table's log doesn't say it, as of merged ones, the file is asked."""
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
    """Each part by its name; those that are ``known`` aren't looked at again. Raises FileNotFoundError."""
    found = {}
    for part in parts:
        name = part.name
        found[name] = known.get(name) or Covered.by(part)
    return found
