"""Paths: what people do after a step, or before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

from interactions.analytics.filters import Filter
from interactions.analytics.index.figures.journeys import IN_SESSION, Journey, counted_paths
from interactions.analytics.index.figures.numbers import numbered_values
from interactions.analytics.index.filtered import filtered
from interactions.analytics.index.run import Index
from interactions.analytics.question import question
from interactions.analytics.step_fields import StepField, SteppedField

MOST_NODES: Final = 8
"""How many values of each step have a place of their own."""
OTHER: Final = MOST_NODES
"""The place of all other values of a step."""
END: Final = MOST_NODES + 1
"""The place of a step that a path hasn't any more."""
FEWEST_STEPS: Final = 2
MOST_STEPS: Final = 5
USUAL_STEPS: Final = 3


@dataclass(frozen=True, slots=True)
class PathsAsked:
    """Which paths count.

    ``start`` is the value of ``field`` that paths begin with, empty for any; ``steps`` (2 to 5) follow it, or precede
    it with ``is_before``. They happen ``within`` a time of the start, or in its session if that's None. Each person has
    one path or, with ``is_by_session``, one for each session with a start. With ``is_folded``, equal steps in a row are
    one step.
    """

    field: SteppedField = StepField.TYPE
    start: str = ""
    steps: int = USUAL_STEPS
    within: timedelta | None = None
    is_before: bool = False
    is_by_session: bool = False
    is_folded: bool = True

    @property
    def microseconds(self) -> int:
        """``within`` in µs; IN_SESSION for a session."""
        return IN_SESSION if self.within is None else self.within // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """``nodes`` has the up to MOST_NODES most frequent values of each step, the start first; the most frequent first.

    ``counts`` has a row for each distinct path, the most frequent first: the columns ``0`` to ``steps`` (int64) are
    places among the step's ``nodes``, OTHER or END, and ``paths`` is how many there are.
    """

    nodes: tuple[tuple[str, ...], ...]
    counts: pd.DataFrame

    @property
    def total(self) -> int:
        """The number of paths."""
        return int(self.counts["paths"].sum())


@question
def paths(index: Index, filter: Filter, asked: PathsAsked) -> Paths:
    """The paths ``asked`` for, of the interactions that pass the filter; its types and groups don't count.

    A step is an interaction with a value of the field, or each value of an interaction with several. Those with the
    same time are in the order of their values. A person's path begins with the first start or, with ``is_before``, with
    the last one.
    """
    seen = filtered(index, filter.of_all_types())
    found = seen.once(("paths", asked), lambda: _paths(index, filter, asked))
    return replace(found, counts=found.counts.copy())


def _paths(index: Index, filter: Filter, asked: PathsAsked) -> Paths:
    seen = filtered(index, filter.of_all_types())
    values = seen.once(("numbers", asked.field), lambda: numbered_values(seen.index, asked.field))
    journey = Journey(
        asked.start, asked.steps, asked.microseconds, asked.is_before, asked.is_by_session, asked.is_folded
    )
    found = counted_paths(seen, values, journey, MOST_NODES)
    there = np.flatnonzero(found.counts)
    digits = there[:, None] // (END + 1) ** np.arange(asked.steps, -1, -1) % (END + 1)
    return Paths(found.nodes, frame_of(digits, found.counts[there]))


def frame_of(steps: np.ndarray, paths: np.ndarray) -> pd.DataFrame:
    """The ``counts`` of :class:`Paths` from distinct paths (int64[paths, steps + 1]) and how many there are of each."""
    order = np.lexsort((*steps.T[::-1], -paths))
    frame = pd.DataFrame(steps[order], columns=list(range(steps.shape[1])))
    return frame.assign(paths=paths[order])
