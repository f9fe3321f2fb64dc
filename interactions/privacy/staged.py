"""What a backup copies from while it is made: second names of files, which keep those that an erasure removes."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from django.conf import settings

from interactions.contract.tombstones import Person, Tombstones
from interactions.models import Environment


def erase(_: Environment, __: Tombstones) -> None:
    """Remove all of it: the backup says so and is made again."""
    for stage in stages():
        shutil.rmtree(stage, ignore_errors=True)


def count(_: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Whatever was begun before the last of these people asked may hold them. It isn't said of whom."""
    left = sum(begun_at(stage) <= tombstones.last_asked for stage in stages())
    return Counter({Person(): left} if left else {})


def stages() -> list[Path]:
    folder = Path(settings.STAGED_DIR)
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def begun_at(stage: Path) -> int:
    """Microseconds since 1970, from its name; 0 for what has another."""
    moment = stage.name.partition("-")[0]
    return int(moment) if moment.isdigit() else 0
