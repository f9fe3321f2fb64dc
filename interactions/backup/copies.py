"""Copy files and know what was copied."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from interactions.backup.manifest import BackupError, File

_PIECE: Final = 1 << 20


def copy(source: Path, target: Path, tell: Callable[[int], object] = lambda size: None) -> File:
    """Copy a file, which is on the disk itself afterwards; ``tell`` hears of each piece's bytes. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = sha256(), 0
    with source.open("rb") as given, target.open("wb") as taken:
        while piece := given.read(_PIECE):
            digest.update(piece)
            taken.write(piece)
            size += len(piece)
            tell(len(piece))
        taken.flush()
        os.fsync(taken.fileno())
    return File(size, digest.hexdigest())


def copy_checked(source: Path, target: Path, wanted: File, tell: Callable[[int], object]) -> None:
    """The same for a file whose content is known. Raises BackupError where it's another."""
    if copy(source, target, tell) != wanted:
        target.unlink()
        raise BackupError(f"{source} is damaged: its content is not what the backup's manifest says.")


def files_below(folder: Path) -> list[Path]:
    """All files below a folder, in order; none where there is no such folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
