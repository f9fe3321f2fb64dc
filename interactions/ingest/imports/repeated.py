"""Find what is there already among records of which many are equal: each different one is held once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from interactions.ingest.imports import fingerprints
from interactions.ingest.imports.groups import Groups, changes

_MOST = 750_000  # different ones of several pieces that are put together at once

# The numbers of some records, in their order, and the words of their fingerprints: (rows, 2).
Rows = Callable[[], Iterator[tuple[np.ndarray, np.ndarray]]]


def known_among(rows: Rows, copies_of: Callable[[Groups], np.ndarray]) -> Iterator[np.ndarray]:
    """The numbers of those of ``rows``, which are gone through twice, that are there already.

    ``copies_of`` some groups gives how many records of the table are in each, at the place of its start.
    """
    different = _different(rows)
    groups = Groups([different[:, 1], different[:, 0]])
    there = copies_of(groups)
    seen = np.zeros(len(there), np.int64)
    for numbers, words in rows():
        found, starts = groups.find([words[:, 1], words[:, 0]])
        places = np.empty(len(words), np.intp)
        places[found] = starts
        nth = seen[places] + nth_of(places)
        seen += np.bincount(places, minlength=len(seen))
        yield numbers[are_there(fingerprints.are_by_uuid(words[:, 0]), there[places], nth)]


def are_there(by_uuid: np.ndarray, there: np.ndarray, nth: np.ndarray) -> np.ndarray:
    """The rule: of a uuid, whether it is there or came before; of content, whether there are more than came before.

    ``there``: copies in the table; ``nth``: copies before it in the import.
    """
    known: np.ndarray = np.where(by_uuid, (there > 0) | (nth > 0), nth < there)
    return known


def _different(rows: Rows) -> np.ndarray:
    """Each of the words once."""
    held: list[np.ndarray] = []
    for _numbers, words in rows():
        held.append(_once(words))
        if len(held) > 1 and sum(map(len, held)) > 2 * max(_MOST, len(held[0])):
            held = [_once(np.concatenate(held))]
    return _once(np.concatenate(held))


def _once(words: np.ndarray) -> np.ndarray:
    words = words[np.lexsort((words[:, 0], words[:, 1]))]
    once: np.ndarray = words[changes(words[:, 0]) | changes(words[:, 1])]
    return once


def nth_of(places: np.ndarray) -> np.ndarray:
    """How many equal ones are before each."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    heads = np.maximum.accumulate(np.where(changes(ordered), np.arange(len(ordered)), 0))
    nth = np.empty(len(ordered), np.int64)
    nth[order] = np.arange(len(ordered)) - heads
    return nth
