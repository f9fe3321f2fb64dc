"""The indexes of fingerprints where several machines append: each keeps its own, made from the table's parts.

Fetching one would take as long as reading the new parts' column, and parts never change: an index of any version is
brought to the table's by what came and went. What another machine commits between look and append makes the append
fail, and it looks again. So there is nothing to agree upon but erasures, which each machine follows here.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from interactions import process_caches
from interactions.ingest.duplicates.index import FingerprintIndex
from interactions.warehouse.lake import Lake
from interactions.warehouse.log import LakeUnreadable


def forget_gone() -> None:
    """Leave no fingerprint of a record that isn't in its table any more; no index where the table can't be read."""
    for index in _here():
        try:
            index.forget_gone(Lake(index.environment).parts())
        except (OSError, LakeUnreadable):
            index.remove()


def _here() -> list[FingerprintIndex]:
    folders = Path(settings.FINGERPRINTS_DIR).glob("*") if settings.LAKE_URL else ()
    return [FingerprintIndex(path.name) for path in folders if path.is_dir()]


process_caches.register_copies("fingerprints", forget_gone)
