"""How many people there are in a data set, and how sure it is who is who."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow.compute as pc

from interactions.analytics.filters import Filter
from interactions.queries import identity
from interactions.queries.answers import ask
from interactions.queries.person import people


@dataclass(frozen=True, slots=True)
class Audience:
    """``people`` are users, and anonymous ids that belong to no user; ``linked`` are those that do.

    ``shared`` anonymous ids were seen with several users and belong to none of them.
    """

    people: int
    users: int
    anonymous: int
    linked: int
    shared: int


def audience(environment: str) -> Audience:
    """Of the whole data set. Raises :class:`~interactions.queries.answers.DataSetBusy`."""
    counts, pairs, linked = ask(environment, people(Filter()), identity.LINKS, identity.OWNERS)
    found = counts.to_pylist()[0]
    seen = pc.count_distinct(pairs["anonymous_key"]).as_py()
    return Audience(**found, linked=linked.num_rows, shared=seen - linked.num_rows)
