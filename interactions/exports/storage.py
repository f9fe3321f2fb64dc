"""The files of exports."""

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
    """The file while the attempt with this claim is writing it."""
    return folder(export) / f"{export.claim}.draft"


def hold(export: Export, parts: list[Part]) -> list[Path]:
    """Hard links to the parts, so that they stay readable while the table is rewritten; oldest records first.

    Raises FileNotFoundError if one is gone already.
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
        except OSError:  # a file system without hard links
            held[-1] = part.path
    return held


def let_go(export: Export) -> None:
    """Remove the files that only the attempt with this claim needs."""
    shutil.rmtree(folder(export) / export.claim, ignore_errors=True)
    draft_path(export).unlink(missing_ok=True)


def remove(export: Export) -> None:
    """Remove all files of an export."""
    shutil.rmtree(folder(export), ignore_errors=True)


def kept() -> set[int]:
    """The ids of the exports that have a folder."""
    return {int(path.name) for path in Path(settings.EXPORTS_DIR).glob("*") if path.name.isdigit()}
