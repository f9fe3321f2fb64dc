"""Erased people in the summaries: a segment that counts somebody's records goes with the parts that held them."""

from __future__ import annotations

from collections import Counter

from interactions.codec.tombstones import Person, Tombstones
from interactions.lake import Lake
from interactions.models import Environment
from interactions.queries.covering import name_of
from interactions.queries.journeys import Journeys
from interactions.queries.segments import Store


def count(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """How many rows of summaries are these people's. They are no records, so they count as nobody's."""
    found: Counter[Person] = Counter()
    for segment in Store(environment.slug).all():
        try:
            rows = Journeys.read(segment.journeys).begun()
        except FileNotFoundError:  # removed meanwhile
            continue
        gone = tombstones.mask(rows.append_column("received_at", rows["timestamp"]))
        found[Person()] += int(gone.sum())
    return +found


def erase(environment: Environment, tombstones: Tombstones) -> None:
    """Remove every segment of parts that are no longer in the table; what is being made of them is made anew."""
    store = Store(environment.slug)
    store.drop_drafts()
    store.keep((name_of(part) for part in Lake(environment.slug).parts()), environment.time_zone)
