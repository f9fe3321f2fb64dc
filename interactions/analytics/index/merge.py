"""Put runs together, so that there are few, and leave out the dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from interactions.analytics.index.delta import BIG, live
from interactions.analytics.index.people import Persons
from interactions.analytics.index.rows import joined, nobodys, run_of, taken, within
from interactions.analytics.index.run import Index, Run

MOST: Final = 8
"""Runs of people that may stand side by side, those of people with very many events not counted."""
MOST_OF_NOBODY: Final = 4
_GAP: Final = 2  # a run so many times as large as all smaller ones together is left alone
_DEAD: Final = 3  # one part of so many of a run's events, dead, is enough to write it anew


def merge(runs: Sequence[Run]) -> Run:
    """One run of the live events of several, either all of people or all of nobody; each person is in one of them."""
    if runs[0].nobody:
        return nobodys(joined(runs))
    keys, alone, pieces, lengths = [], [], [], []
    for run in runs:
        places = _living(run)
        keys.append(run.people[places])
        alone.append(run.alone[places])
        lengths.append(run.starts[places + 1] - run.starts[places])
        pieces.append(taken(run, within(run.starts[places], run.starts[places + 1])) if run.dead is not None else run)
    people = Persons(np.concatenate(keys), np.concatenate(alone))
    order = np.lexsort((people.alone, people.keys))
    new = np.empty(len(order), np.int64)
    new[order] = np.arange(len(order))
    rank = np.repeat(new, np.concatenate(lengths))
    return run_of(joined(pieces), rank, Persons(people.keys[order], people.alone[order]))


def wanted(runs: Sequence[Run]) -> list[list[Run]]:
    """Groups of runs to be merged now, each into one; a group of one has many dead."""
    crowds = [run for run in runs if not run.nobody and not _is_of_one(run)]
    groups = _similar(crowds, MOST) + _similar([run for run in runs if run.nobody], MOST_OF_NOBODY)
    chosen = {id(run) for group in groups for run in group}
    dying = [run for run in crowds if id(run) not in chosen and (len(run) - live(run)) * _DEAD > len(run)]
    return groups + [[run] for run in dying]


def _similar(runs: Sequence[Run], most: int) -> list[list[Run]]:
    """The smallest runs, up to the first that is much larger than all of these together; none while they are few."""
    if len(runs) <= most:
        return []
    ordered = sorted(runs, key=live)
    total = live(ordered[0])
    for place, run in enumerate(ordered[1:], start=1):
        if place > 1 and live(run) >= _GAP * total:
            return [ordered[:place]]
        total += live(run)
    return [ordered]


def _is_of_one(run: Run) -> bool:
    return len(run.people) == 1 and len(run) >= BIG


def _living(run: Run) -> np.ndarray:
    return np.arange(len(run.people)) if run.dead is None else np.flatnonzero(run.dead == 0)


def exchanged(index: Index, old: Sequence[Run], new: Run) -> Index:
    """The index with ``new``, which holds the same, in the place of ``old``."""
    gone = {id(run) for run in old}
    return replace(index, runs=(*(run for run in index.runs if id(run) not in gone), new))
