"""Snapshots that backups are copied from: hard links, which preserve files that an erasure removes."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from django.conf import settings

from interactions.contract.tombstones import Person, Tombstones
from interactions.models import Environment


def erase(_: Environment, __: Tombstones) -> None:
    """Remove all snapshots; the backup reports that and starts again."""
    for stage in stages():
        shutil.rmtree(stage, ignore_errors=True)


def count(_: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Count the snapshots taken before the last of these people's requests; not by person."""
    left = sum(begun_at(stage) <= tombstones.last_asked for stage in stages())
    return Counter({Person(): left} if left else {})


def stages() -> list[Path]:
    folder = Path(settings.STAGED_DIR)
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def begun_at(stage: Path) -> int:
    """When a snapshot was taken, in microseconds since 1970, from its name; 0 for other names."""
    moment = stage.name.partition("-")[0]
    return int(moment) if moment.isdigit() else 0
