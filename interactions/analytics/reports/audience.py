"""How many people there are, and how sure it is who is who."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interactions.analytics.index.people import owners
from interactions.analytics.index.run import Index
from interactions.analytics.reports.totals import people

_BOTH = 3


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


def audience(index: Index) -> Audience:
    """Of the whole data set."""
    found, users, anonymous = people(index)
    pairs = index.pairs
    visitors = len(np.unique(pairs.visitor[(pairs.has & _BOTH == _BOTH) & (pairs.records > 0)]))
    linked = len(owners(pairs)[0])
    return Audience(found, users, anonymous, linked, shared=visitors - linked)
