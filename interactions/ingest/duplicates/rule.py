"""The rule of duplicates, for whatever comes in.

A record that carries a uuid is the same record wherever and whenever that uuid comes again, whatever else it says. Of
the others a file or a call may hold equal ones on purpose, so the n-th copy in it is matched with the n-th copy that
was there before. A live record with neither uuid nor timestamp is never a duplicate: two equal page views in a row are
two.
"""

from __future__ import annotations

import numpy as np

from interactions.ingest.duplicates.groups import changes


def are_there(by_uuid: np.ndarray, there: np.ndarray, nth: np.ndarray) -> np.ndarray:
    """Which records are there already.

    ``there``: how many copies were before the file or call; ``nth``: how many are before it in that.
    """
    known: np.ndarray = np.where(by_uuid, (there > 0) | (nth > 0), nth < there)
    return known


def nth_of(places: np.ndarray) -> np.ndarray:
    """How many equal ones are before each."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    heads = np.maximum.accumulate(np.where(changes(ordered), np.arange(len(ordered)), 0))
    nth = np.empty(len(ordered), np.int64)
    nth[order] = np.arange(len(ordered)) - heads
    return nth
