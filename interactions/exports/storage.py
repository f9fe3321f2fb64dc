"""Where the files of exports lie."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings

from interactions.models import Export
from interactions.warehouse.lake import Part


def folder(export: Export) -> Path:
    return Path(settings.EXPORTS_DIR) / str(export.pk)


def file_path(export: Export) -> Path:
    """The finished file."""
    return folder(export) / f"records.{export.format}"


def draft_path(export: Export) -> Path:
    """The file while it is written, by the attempt of this claim."""
    return folder(export) / f"{export.claim}.draft"


def hold(export: Export, parts: list[Part]) -> list[Path]:
    """Second names for the parts, so that they stay readable while the table is rewritten; oldest records first.

    Raises FileNotFoundError where one is gone already.
    """
    home = folder(export) / export.claim
    home.mkdir(parents=True)
    held = []
    for number, part in enumerate(sorted(parts, key=lambda part: part.first)):
        held.append(home / f"{number:06d}.parquet")
        try:
            os.link(part.path, held[-1])
        except FileNotFoundError:
            raise
        except OSError:  # a file system without links
            held[-1] = part.path
    return held


def let_go(export: Export) -> None:
    """Remove what only the attempt of this claim needs."""
    shutil.rmtree(folder(export) / export.claim, ignore_errors=True)
    draft_path(export).unlink(missing_ok=True)


def remove(export: Export) -> None:
    """Leave nothing of its files."""
    shutil.rmtree(folder(export), ignore_errors=True)


def kept() -> set[int]:
    """The ids of the exports that have a folder."""
    return {int(path.name) for path in Path(settings.EXPORTS_DIR).glob("*") if path.name.isdigit()}
