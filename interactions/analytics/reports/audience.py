"""The number of people, and how many anonymous ids are linked to a user."""

from __future__ import annotations

from dataclasses import dataclass

from interactions.analytics.index.people import distinct, owners
from interactions.analytics.index.run import Index
from interactions.analytics.question import question
from interactions.analytics.reports.totals import people

_BOTH = 3


@dataclass(frozen=True, slots=True)
class Audience:
    """``people`` are users, and anonymous ids that don't belong to a user; ``linked`` are anonymous ids that do.

    ``shared`` anonymous ids were seen with several users and belong to none of them.
    """

    people: int
    users: int
    anonymous: int
    linked: int
    shared: int


@question
def audience(index: Index) -> Audience:
    """The audience of the whole data set."""
    found, users, anonymous = people(index)
    pairs = index.pairs
    visitors = len(distinct(pairs.visitor[(pairs.has & _BOTH == _BOTH) & (pairs.records > 0)]))
    linked = len(owners(pairs)[0])
    return Audience(found, users, anonymous, linked, shared=visitors - linked)
