"""The anonymous ids of a user: their records without a user_id are the same person's.

The query engine is imported lazily: otherwise every process that knows of erasures would load it, including workers
that read imports, and before they fork.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from interactions.ingest.imports import storage
from interactions.models import Block, Environment, Import
from interactions.privacy import entries
from interactions.warehouse.steady import DataSetBusy, steady

if TYPE_CHECKING:
    from interactions.analytics.id_pairs import SeenPairs

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IdLink:
    """An anonymous_id that occurs with a user_id in ``records`` records, first at ``first_at``.

    ``users`` is the number of users it occurs with; if there are several, it's a shared device and belongs to none of
    them.
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


def links_of(environment: str, user_keys: Collection[int]) -> list[IdLink]:
    """All links of these users in ``environment`` (a slug). Raises DataSetBusy."""
    from interactions.analytics.reports import links

    if not user_keys:
        return []
    return [
        IdLink(
            int(row.user_key),
            row.anonymous_id,
            int(row.anonymous_key),
            row.first_at.to_pydatetime(),
            int(row.records),
            int(row.users),
        )
        for row in links.links_of(environment, list(user_keys)).itertuples(index=False)
    ]


def owned(environment: Environment, user_keys: Collection[int]) -> set[int]:
    """The anonymous keys that occur in the data set with one of these users and nobody else, hidden or not."""
    from interactions.analytics import id_pairs

    try:
        return steady(lambda: id_pairs.pairs(environment.slug)).owned(user_keys)
    except DataSetBusy:
        logger.warning("The links of a deletion request of %s are looked up when it is carried out.", environment.slug)
        return set()


def seen_anywhere(environment: Environment) -> SeenPairs:
    """The pairs of ids in the data set, the inbox and running imports. The caller holds the lake's lock."""
    from interactions.analytics import id_pairs

    with storage.local(_parts_of_imports(environment)) as paths:
        return id_pairs.pairs(environment.slug, paths, entries.pairs(environment))


def _parts_of_imports(environment: Environment) -> list[storage.FilePlace]:
    states = [Import.State.LOADING, Import.State.FAILED]
    blocks = Block.objects.filter(
        of__environment=environment, of__state__in=states, state=Block.State.DONE, part_size__gt=0
    )
    places = [storage.part_path(block) for block in blocks.select_related("of")]
    return [place for place in places if place.exists()]
