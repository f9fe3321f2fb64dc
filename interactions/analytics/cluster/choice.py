"""Whether the cluster or the event index answers for an environment."""

from __future__ import annotations

from django.conf import settings

from interactions.warehouse.lake import Lake


def is_chosen(environment: str) -> bool:
    """Whether the cluster answers for an environment (its slug): always, or where it has too many records to index.

    Reads the table's log. Raises LakeUnreadable.
    """
    if not settings.ENGINE_URL:
        return False
    version, parts = Lake(environment).state()
    if version < 0:
        return False  # there is no table yet
    return settings.ENGINE == "ALWAYS" or sum(part.rows for part in parts) > settings.INDEX_MAX_RECORDS
