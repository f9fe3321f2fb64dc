"""People by the group of their events' values, and by any of several groups, in one pass over the events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from interactions.analytics.index.figures.breakdown import Measured
from interactions.analytics.index.figures.codes import ValueCodes
from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import group_sets as passes
from interactions.analytics.index.shares import RunPart, locked
from interactions.analytics.index.threads import in_threads

_MOST_GROUPS: Final = 64  # the bits of a number
_EACH: Final = locked(np.zeros(0, np.uint64))
_PLACES: Final = locked(passes.places_of_bits())


@dataclass(frozen=True, slots=True, eq=False)
class GroupSets:
    """The groups of each person, as bits: arrays of uint64[people], 0 for those without events that pass."""

    groups: int
    sets: list[np.ndarray]

    def measured(self) -> Measured:
        """The people of each group, and all of them."""

        def of_some(sets: np.ndarray) -> tuple[np.ndarray, int]:
            counts = np.zeros(self.groups, np.int64)
            return counts, int(passes.count(sets, _PLACES, counts))

        found = in_threads(of_some, self.sets)
        counts = summed([np.zeros(self.groups, np.int64), *(counts for counts, _ in found)])
        return Measured(counts[:, None], np.array([sum(people for _, people in found)], np.int64))

    def with_any(self, groups: np.ndarray) -> int:
        """How many people are in any of these groups (int64)."""
        wanted = np.bitwise_or.reduce(np.uint64(1) << groups.astype(np.uint64), initial=np.uint64(0))
        return sum(in_threads(lambda sets: int(passes.count_any(sets, wanted)), self.sets))


def group_sets(seen: FilteredIndex, values: ValueCodes) -> GroupSets | None:
    """The groups of each person's events that pass; None if there are too many groups, or if events can have several.

    It takes 8 bytes per person, so it's for one question, not to be cached.
    """
    columns = {id(run): values.column(run) for run in seen.index.runs if not run.nobody}
    if values.groups > _MOST_GROUPS or any(len(starts) for starts, _ in columns.values()):
        return None
    is_plain = np.array_equal(values.table, np.arange(values.groups))
    bits = _EACH if is_plain else locked(np.uint64(1) << values.table.astype(np.uint64))

    def of_part(part: RunPart) -> np.ndarray:
        sets = np.empty(len(part.given[0]), np.uint64)
        passes.collect(*part.given, columns[id(part.run)][1], bits, sets)
        return sets

    parts = [part for parts in seen.parts for part in parts if not part.run.nobody]
    return GroupSets(values.groups, in_threads(of_part, parts))
