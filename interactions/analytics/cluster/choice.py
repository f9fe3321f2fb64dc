"""Whether an environment is asked of the cluster or of its event index."""

from __future__ import annotations

from django.conf import settings

from interactions.warehouse.lake import Lake


def is_chosen(environment: str) -> bool:
    """Whether the cluster answers for an environment (its slug): always, or where it has too many records to index.

    Costs a look at the table's log. Raises LakeUnreadable.
    """
    if not settings.ENGINE_URL:
        return False
    version, parts = Lake(environment).state()
    if version < 0:
        return False  # there is no table to ask for
    return settings.ENGINE == "ALWAYS" or sum(part.rows for part in parts) > settings.INDEX_MAX_RECORDS
