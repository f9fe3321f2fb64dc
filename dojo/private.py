"""Make the data folder accessible to Dojo's own user only."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(data: Path) -> None:
    """Remove the permissions of group and others from the data folder and everything in it.

    The folder itself comes last: if it's private, all of it is, and there is nothing to do. Files of other users aren't
    changed. A folder in it may be a symbolic link to another disk.
    """
    if not data.stat().st_mode & _OTHERS:
        return
    for each in data.iterdir():
        if each.is_symlink() and each.is_dir():
            _close_all(each.resolve())
    _close_all(data)


def _close_all(folder: Path) -> None:
    for path, _, files in os.walk(folder, topdown=False):
        for name in files:
            _close(Path(path, name))
        _close(Path(path))


def _close(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
        if mode & _OTHERS and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    except (FileNotFoundError, PermissionError):
        pass  # removed meanwhile, or owned by someone else
