"""The manifest of a backup. It's written last: a folder without one isn't a backup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from django.conf import settings

from interactions.errors import DojoError

FORMAT: Final = 1
"""Increased when earlier backups can't be read any more, or mean something else."""
NAME: Final = "manifest.json"
FILES: Final = "files"
"""The folder with the content of the data folder; the database and the manifest are beside it."""
OBJECTS: Final = "objects"
"""The folder in that one with the objects below UPLOADS_URL."""
SQLITE: Final = "database.sqlite3"
POSTGRES: Final = "database.dump"


class BackupError(DojoError):
    """A backup can't be made or restored; its text says what to do."""


class File(msgspec.Struct, frozen=True):
    """A file of a backup: its size in bytes, and the SHA-256 of its content."""

    size: int
    sha256: str


class BackupManifest(msgspec.Struct, frozen=True):
    """A backup of the state at ``at`` (UTC), made by ``version`` of Dojo.

    ``migrations`` are the database's, as "app.0001_name"; ``identity`` is the check value of IDENTITY_KEY; ``tables``
    has the version of each environment's table; ``files`` are all files of the backup, by path.
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
        """The size of all files in bytes."""
        return sum(file.size for file in self.files.values())


def encoded(manifest: BackupManifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def read(content: bytes, folder: object) -> BackupManifest:
    """Parse the manifest of the backup in ``folder``. Raises BackupError if this version of Dojo can't read it."""
    try:
        found = msgspec.json.decode(content, type=BackupManifest)
    except msgspec.MsgspecError as error:
        raise BackupError(f"{folder} has no readable {NAME}: it isn't a complete backup.") from error
    if found.format > FORMAT:
        raise BackupError(
            f"This backup was made by Dojo {found.version}, which is newer than {settings.VERSION}. "
            "Restore it with that version."
        )
    return found
