"""Which steps of a funnel each event completes, as a byte per event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dojo.cores import cores
from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.types import SEVERAL
from interactions.analytics.index.filtered import FilteredIndex
from interactions.analytics.index.mask import Narrow, narrows_of, slices
from interactions.analytics.index.passes import masks as passes
from interactions.analytics.index.run import Run
from interactions.analytics.index.shares import locked
from interactions.analytics.index.threads import in_threads
from interactions.analytics.steps import MOST_CONDITIONED, Step
from interactions.contract.schema import TYPES

_AT_ONCE: Final = 1 << 17
"""Events that are marked at once, so that their bytes stay in the CPU's cache from one condition to the next."""
_ALL: Final = 255
_EACH: Final = locked(np.arange(SEVERAL))


@dataclass(frozen=True, slots=True, eq=False)
class StepBits:
    """``bits[code & 63]`` (int64[SEVERAL]) has bit n set if an event with this code of ``codes`` (uint8 per event of a
    run) completes step n. With ``is_filtered``, codes of events that don't pass the filter complete none."""

    codes: Callable[[Run], np.ndarray]
    bits: np.ndarray
    is_filtered: bool = False


def bits_of(seen: FilteredIndex, steps: Sequence[Step]) -> StepBits:
    """The steps that events complete. Raises ValueError for too many steps with conditions, and KeyBeingIndexed."""
    if not any(step.conditions for step in steps):
        return StepBits(_kinds, _by_type(steps))
    if len(steps) > MOST_CONDITIONED:
        raise ValueError(f"Steps with conditions can be {MOST_CONDITIONED} at most.")
    found = {id(run): locked(marks) for run, marks in zip(seen.index.runs, _marks(seen, steps), strict=True)}
    return StepBits(lambda run: found[id(run)], _EACH, is_filtered=True)


def _by_type(steps: Sequence[Step]) -> np.ndarray:
    bits = np.zeros(SEVERAL, np.int64)
    for place, step in enumerate(steps):
        for name in step.types:
            bits[TYPES.index(name)] |= 1 << place
    return locked(bits)


def _marks(seen: FilteredIndex, steps: Sequence[Step]) -> list[np.ndarray]:
    """Of each run a byte per event, whose bits are the steps."""
    bits, narrowed = _by_type(steps).astype(np.uint8), []
    for conditions in dict.fromkeys(step.conditions for step in steps if step.conditions):
        asked = sum(1 << place for place, step in enumerate(steps) if step.conditions == conditions)
        narrowed.append((asked, narrows_of(seen.index, Filter(conditions=conditions))))
    return [_marked(run, mask, bits, narrowed) for run, mask in zip(seen.index.runs, seen.masks, strict=True)]


def _marked(
    run: Run, passing: np.ndarray | None, bits: np.ndarray, narrowed: Sequence[tuple[int, Sequence[Narrow]]]
) -> np.ndarray:
    """The bits of each passing event's type, without those of steps for which it doesn't meet the conditions."""
    marks = np.empty(len(run), np.uint8)

    def mark(part: slice) -> None:
        mask = np.empty(min(len(run), _AT_ONCE), np.uint8)
        for begin in range(part.start, part.stop, _AT_ONCE):
            mark_some(slice(begin, min(begin + _AT_ONCE, part.stop)), mask)

    def mark_some(part: slice, mask: np.ndarray) -> None:
        mask = mask[: part.stop - part.start]
        passes.mark(run.kind[part], bits, marks[part])
        for asked, narrows in narrowed:
            mask[:] = 1
            for narrow in narrows:
                narrow(run, part, mask)
            passes.unmark(mask, asked, marks[part])
        if passing is not None:
            passes.unmark(passing[part], _ALL, marks[part])

    in_threads(mark, slices(run, cores()))
    return marks


def _kinds(run: Run) -> np.ndarray:
    return run.kind
