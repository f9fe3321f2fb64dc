"""Which version of its table an index has, without opening the index: for whoever only watches."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from interactions.analytics.index import manifest


def indexed_version(environment: str) -> int:
    """That of an environment (its slug); -1 where there is no index that can be used."""
    found = manifest.read(Path(settings.INDEX_DIR) / environment)
    return -1 if found is None else found.version
