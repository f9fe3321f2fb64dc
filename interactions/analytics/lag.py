"""Read which version of its table an index has, without opening the index, for monitoring."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from interactions.analytics.cluster import choice
from interactions.analytics.index import manifest
from interactions.warehouse.lake import Lake


def indexed_version(environment: str) -> int:
    """The table version of the index of an environment (its slug); -1 if there is no usable index.

    If a cluster answers for it, this is the version of the table. Raises LakeUnreadable.
    """
    if choice.is_chosen(environment):
        return Lake(environment).version()
    found = manifest.read(Path(settings.INDEX_DIR) / environment)
    return -1 if found is None else found.version
