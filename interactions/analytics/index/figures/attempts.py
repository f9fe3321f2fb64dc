"""Funnels with a window: how far people get in their best attempt, and how long it takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from interactions.analytics.index.figures.numbers import NumberedValues
from interactions.analytics.index.figures.steps import bits_of
from interactions.analytics.index.filtered import FilteredIndex
from interactions.analytics.index.passes import attempts
from interactions.analytics.index.shares import NO_FLAGS, RunPart
from interactions.analytics.index.threads import in_threads
from interactions.analytics.steps import Step

NO_WINDOW: Final = int(np.iinfo(np.int64).max)
_ALIKE: Final = NumberedValues("kind", 0, np.zeros(256, np.int32), pa.array([""]))  # one group of all kinds


@dataclass(frozen=True, slots=True, eq=False)
class Attempts:
    """The best attempt of each person who has any: ``depths`` (int64) is how many steps it reaches, ``reached``
    (int64[people, steps]) when, in µs, undefined for others, and ``groups`` (int32) the number of its value, -1 for
    none."""

    depths: np.ndarray
    reached: np.ndarray
    groups: np.ndarray


def best_attempts(
    filtered: FilteredIndex, steps: Sequence[Step], window: int, values: NumberedValues | None
) -> Attempts:
    """The attempts to go through ``steps`` within ``window`` µs. Without ``values``, all are in group 0."""
    several, completed = len(steps), bits_of(filtered, steps)
    values = values or _ALIKE

    def of_part(part: RunPart) -> Attempts:
        run, people = part.run, len(part.given[0])
        into = Attempts(np.empty(people, np.int64), np.empty((people, several), np.int64), np.empty(people, np.int32))
        given = (*values.codes(run), values.shift, values.numbers, np.empty((3, several), np.int64))
        steps_of = (completed.codes(run), completed.bits, window)
        begins, ends, dead, mask = part.given
        mask = NO_FLAGS if completed.is_filtered else mask
        held = attempts.attempt(
            *(begins, ends, dead, mask, run.at, *steps_of, *given, into.reached, into.depths, into.groups)
        )
        return Attempts(into.depths[:held], into.reached[:held], into.groups[:held])

    def of_core(parts: list[RunPart]) -> list[Attempts]:
        return [of_part(part) for part in parts if not part.run.nobody]

    nothing = Attempts(np.zeros(0, np.int64), np.zeros((0, several), np.int64), np.zeros(0, np.int32))
    walked = [nothing, *(each for found in in_threads(of_core, filtered.parts) for each in found)]
    return Attempts(
        np.concatenate([each.depths for each in walked]),
        np.concatenate([each.reached for each in walked]),
        np.concatenate([each.groups for each in walked]),
    )
