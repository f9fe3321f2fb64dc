"""Copy files and check their content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from interactions.backup.manifest import BackupError, File
from interactions.backup.places import BackupPlace, copy


def copy_checked(source: BackupPlace, target: Path, wanted: File, tell: Callable[[int], object]) -> None:
    """Copy a file with known content. Raises BackupError if the content differs."""
    if copy(source, target, tell) != wanted:
        target.unlink()
        raise BackupError(f"{source} is damaged: its content is not what the backup's manifest says.")


def files_below(folder: Path) -> list[Path]:
    """All files below a folder, in order; none if the folder doesn't exist."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
