"""Funnels, and searches followed by a click or view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interactions.analytics.index.figures.steps import bits_of
from interactions.analytics.index.figures.types import numbered
from interactions.analytics.index.filtered import FilteredIndex, summed
from interactions.analytics.index.passes import paths
from interactions.analytics.index.shares import Share
from interactions.analytics.steps import Step


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """``people`` (int64[steps]) who reach each step; ``took`` are the times since the previous step, in µs; none for
    the first one."""

    people: np.ndarray
    took: list[np.ndarray]


def reached(filtered: FilteredIndex, steps: Sequence[Step]) -> Reached:
    """How many people go through ``steps``."""
    several, completed = len(steps), bits_of(filtered, steps)

    def walk(found: list[tuple[np.ndarray, np.ndarray]], share: Share) -> None:
        if share.run.nobody:
            return
        took, counts = np.empty((several, len(share.begins)), np.int64), np.zeros(several, np.int64)
        paths.step(*share.whole, share.run.at, completed.codes(share.run), completed.bits, took, counts)
        found.append((counts, took))

    walked = [each for found in filtered.over(list[tuple[np.ndarray, np.ndarray]], walk) for each in found]
    people = summed([np.zeros(several, np.int64), *(counts for counts, _ in walked)])
    times = [[took[place, : counts[place]] for counts, took in walked if place] for place in range(several)]
    return Reached(people, [np.concatenate(each) if each else np.zeros(0, np.int64) for each in times])


def searches_of(filtered: FilteredIndex, follows: Sequence[str], within: int) -> tuple[np.ndarray, np.ndarray]:
    """The number of searches per keywords code, and how many of them were followed by the same person ``within`` µs.

    Any event of the types ``follows`` counts, even if the filter excludes it.
    """
    several = len(filtered.index.texts.keywords)
    roles = numbered({**dict.fromkeys(follows, 1), "search": 2}, 0, np.uint8)

    def walk(found: np.ndarray, share: Share) -> None:
        run = share.run
        paths.follow(
            *(*share.whole, run.at, run.kind, run.keywords, int(run.nobody), roles, within, *found),
        )

    searches, followed = summed(filtered.over(lambda: np.zeros((2, several), np.int64), walk))
    return searches, followed
