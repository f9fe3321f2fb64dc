"""The files of a folder that a product at work changes."""

from __future__ import annotations

import os
from pathlib import Path

_TIMES = 20


def files_below(folder: Path) -> list[Path]:
    """All files below ``folder``, in order. It's walked again if one of its folders goes meanwhile."""
    for _ in range(_TIMES):
        try:
            return sorted(path for path in _walk(folder) if path.is_file())
        except FileNotFoundError:
            continue
    raise AssertionError(f"Folders below {folder} never stopped moving")


def _walk(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    return [Path(place, name) for place, _, names in os.walk(folder, onerror=_stop) for name in names]


def _stop(error: OSError) -> None:
    raise error
