"""Which anonymous ids are a user's: their records without a user_id are the same person's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from interactions.queries import identity


@dataclass(frozen=True, slots=True)
class Link:
    """An anonymous_id that stands beside a user_id in ``records`` records, the first at ``first_at``.

    ``users``: with how many users it was seen; with more than one it is a shared device, and nobody's for certain.
    """

    user_key: int
    anonymous_id: str
    anonymous_key: int
    first_at: datetime
    records: int
    users: int

    @property
    def is_shared(self) -> bool:
        return self.users > 1


def links_of(environment: str, user_keys: Collection[int]) -> list[Link]:
    """All links of these users in the data set of ``environment`` (a slug)."""
    if not user_keys:
        return []
    found = identity.links_of(environment, list(user_keys))
    rows = found.sort_values(["user_key", "first_at"]).itertuples(index=False)
    return [
        Link(
            int(row.user_key),
            row.anonymous_id,
            int(row.anonymous_key),
            row.first_at.to_pydatetime(),
            int(row.records),
            int(row.users),
        )
        for row in rows
    ]


def own(environment: str, user_keys: Collection[int]) -> set[int]:
    """The anonymous_keys that are linked to one of these users and to nobody else."""
    return {link.anonymous_key for link in links_of(environment, user_keys) if not link.is_shared}
