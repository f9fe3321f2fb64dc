"""This node's copies of parts that it makes for an import, under the names that they'll have in the table.

Whoever commits them on this node, or reads them there later, needn't download them. Other nodes can't tell, and do.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings

from interactions import process_caches
from interactions.warehouse import cache
from interactions.warehouse.storage import folder_of


class OwnParts:
    """The copies of one import's parts. There are none if the table is on this disk.

    An erasure removes all copies of what isn't in the table. So make this before looking up whom to leave out: a part
    is kept only if copies weren't forgotten since then, as it may have records of people who were erased meanwhile.
    """

    def __init__(self, environment: str, import_id: int) -> None:
        self._cache = cache.cache_of(settings.LAKE_URL, environment) if settings.LAKE_URL else None
        self._folder = folder_of(import_id)
        if self._cache is not None:
            process_caches.watch()
        self._orders = cache.orders()

    def keep(self, part: Path) -> None:
        """Keep a copy of a part, which never changes."""
        if self._cache is not None:
            self._cache.adopt(f"{self._folder}/{part.name}", part, self._orders)

    def take(self, size: int, target: Path) -> bool:
        """Have the part called like ``target``, of ``size`` bytes, be there if there is a copy; whether it is."""
        name = f"{self._folder}/{target.name}"
        if self._cache is None or not self._cache.has(name, size):
            return False
        try:
            cache.link_or_copy(self._cache.folder / name, target)
        except FileNotFoundError:  # forgotten meanwhile
            return False
        return True

    def forget(self) -> None:
        """Remove the copies."""
        if self._cache is not None:
            shutil.rmtree(self._cache.folder / self._folder, ignore_errors=True)
