"""Erased people in the summaries: a segment that counts somebody's records goes with the parts that held them.

So does a bundle with its segments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa

from interactions.contract.tombstones import Person, Tombstones
from interactions.models import Environment
from interactions.queries import bundles
from interactions.queries.bundles import Shelf
from interactions.queries.covering import name_of
from interactions.queries.segments import Store
from interactions.warehouse.lake import Lake


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """How many rows of summaries are these people's. They are no records, so they count as nobody's."""
    found: Counter[Person] = Counter()
    for rows in _journeys(environment.slug):
        gone = tombstones.mask(rows.append_column("received_at", rows["timestamp"]))
        found[Person()] += int(gone.sum())
    return +found


def _journeys(slug: str) -> Iterator[pa.Table]:
    for path in [*(segment.journeys for segment in Store(slug).all()), *Shelf(slug).files()]:
        try:
            pieces = bundles.read(path)
        except FileNotFoundError:  # removed meanwhile
            continue
        for piece in pieces:
            yield piece.begun()


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Remove every segment of parts that are no longer in the table; what is being made of them is made anew."""
    store, shelf = Store(environment.slug), Shelf(environment.slug)
    store.drop_drafts()
    parts = [name_of(part) for part in Lake(environment.slug).parts()]
    shelf.keep(store.keep(parts, environment.time_zone))
    shelf.drop_drafts()  # whoever begins one from now on finds the segments gone
