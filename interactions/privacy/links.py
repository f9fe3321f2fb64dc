"""Which anonymous ids are a user's: their records without a user_id are the same person's.

The questions are loaded where they are put: whatever knows of erasures would have the engine in memory, each
process that reads an import among them, and before the workers' fork.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from interactions.ingest.imports import storage
from interactions.models import Block, Environment, Import
from interactions.privacy import entries
from interactions.warehouse.steady import DataSetBusy, steady

if TYPE_CHECKING:
    from interactions.analytics.id_pairs import Pairs

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IdLink:
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


def links_of(environment: str, user_keys: Collection[int]) -> list[IdLink]:
    """All links of these users that can be seen in ``environment`` (a slug). Raises DataSetBusy."""
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
    """The anonymous keys that are seen in the data set with one of these users and with nobody else, hidden or not."""
    from interactions.analytics import id_pairs

    try:
        return steady(lambda: id_pairs.pairs(environment.slug)).owned(user_keys)
    except DataSetBusy:
        logger.warning("The links of a deletion request of %s are looked for once it is carried.", environment.slug)
        return set()


def seen_anywhere(environment: Environment) -> Pairs:
    """What was seen together, also in what waits in the inbox and in imports that load; the lake's lock is held."""
    from interactions.analytics import id_pairs

    return id_pairs.pairs(environment.slug, _parts_of_imports(environment), entries.pairs(environment))


def _parts_of_imports(environment: Environment) -> list[Path]:
    states = [Import.State.LOADING, Import.State.FAILED]
    blocks = Block.objects.filter(
        of__environment=environment, of__state__in=states, state=Block.State.DONE, part_size__gt=0
    )
    paths = [storage.part_path(block) for block in blocks.select_related("of")]
    return [path for path in paths if path.exists()]
