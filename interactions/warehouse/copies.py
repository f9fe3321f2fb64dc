"""Remove this node's copies of parts that were removed from a lake in an object store. All processes do so on
request."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from django.conf import settings

from interactions import process_caches
from interactions.errors import DataNotReady
from interactions.warehouse.cache import PartCache, forgetting, home_of, remove_others
from interactions.warehouse.lake import Lake

log = logging.getLogger(__name__)


def forget_copies() -> None:
    """Remove this node's copies of parts that aren't in a table any more; all copies if the tables can't be read."""
    forgetting()
    remove_others(settings.LAKE_URL)
    if settings.LAKE_URL:
        for folder in home_of(settings.LAKE_URL).glob("*"):
            _forget(folder)


def _forget(folder: Path) -> None:
    try:
        lake = Lake(folder.name)
        PartCache(folder).keep_only({part.file.relative_to(lake.folder).as_posix() for part in lake.parts()})
    except (OSError, DataNotReady) as error:
        log.warning("The copies of %s are forgotten, as the lake can't be read: %s", folder.name, error)
        shutil.rmtree(folder, ignore_errors=True)


process_caches.register_copies("copies of parts", forget_copies)
