"""What a backup says of itself. It is written last: a folder without one is no backup."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings

from interactions.errors import DojoError

FORMAT: Final = 1
"""Rises when backups of an earlier one can't be read any more, or mean something else."""
NAME: Final = "manifest.json"
FILES: Final = "files"
"""The folder of what lies in the data folder; beside it are the database and the manifest."""
SQLITE: Final = "database.sqlite3"
POSTGRES: Final = "database.dump"


class BackupError(DojoError):
    """A backup can't be made or restored; its text says what to do."""


class File(msgspec.Struct, frozen=True):
    """A file of a backup: its size in bytes, and the SHA-256 of its content."""

    size: int
    sha256: str


class BackupManifest(msgspec.Struct, frozen=True):
    """A backup of the moment ``at`` (UTC), made by ``version`` of Dojo.

    ``migrations`` are those that the database has, as "app.0001_name"; ``identity`` tells IDENTITY_KEY from others;
    ``tables`` gives the version of each environment's table; ``files`` are all of the backup, by their path in it.
    """

    format: int
    version: str
    at: datetime
    database: str
    migrations: tuple[str, ...]
    identity: str
    tables: Mapping[str, int]
    files: Mapping[str, File]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


def write(folder: Path, manifest: BackupManifest) -> None:
    """From now on ``folder`` is a backup."""
    with (folder / NAME).open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> BackupManifest:
    """That of a backup. Raises BackupError where this version of Dojo can't read it."""
    try:
        found = msgspec.json.decode((folder / NAME).read_bytes(), type=BackupManifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupError(f"{folder} has no readable {NAME}: it isn't a whole backup.") from error
    if found.format > FORMAT:
        raise BackupError(
            f"This backup was made by Dojo {found.version}, which is newer than {settings.VERSION}. "
            "Restore it with that version."
        )
    return found


def newest(source: Path) -> Path:
    """The backup at ``source``, or the newest below it. Raises BackupError where there is none."""
    if (source / NAME).exists():
        return source
    found = sorted(path.parent for path in source.glob(f"*/{NAME}"))
    if not found:
        raise BackupError(f"There is no backup in {source}.")
    return found[-1]
