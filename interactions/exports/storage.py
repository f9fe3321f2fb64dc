"""The files of exports: written on this machine, and kept there or, where UPLOADS_URL is given, as objects."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings

from interactions import process_caches
from interactions.ingest import objects
from interactions.ingest.objects import ObjectFile
from interactions.models import Export
from interactions.warehouse.lake import Part


def folder(export: Export) -> Path:
    """The folder on this machine in which an export is written."""
    return Path(settings.EXPORTS_DIR) / str(export.pk)


def file_path(export: Export) -> Path | ObjectFile:
    """The finished file. Objects of different attempts have different names: a lost one can't overwrite another's."""
    if objects.are_used():
        return ObjectFile(f"{_folder_key(export)}/{export.claim}.{export.format}")
    return folder(export) / f"records.{export.format}"


def _folder_key(export: Export) -> str:
    return f"exports/{export.pk}"


def keep(export: Export) -> int:
    """Have the draft of the attempt with this claim be the finished file; its bytes."""
    draft, file = draft_path(export), file_path(export)
    size = draft.stat().st_size
    if isinstance(file, Path):
        draft.rename(file)
    else:
        objects.objects().put(file.key, draft)
        draft.unlink()
    return size


def draft_path(export: Export) -> Path:
    """The file while the attempt with this claim is writing it."""
    return folder(export) / f"{export.claim}.draft"


def hold(export: Export, parts: list[Part]) -> list[Path]:
    """Hard links to the parts, so that they stay readable while the table is rewritten; oldest records first.

    Raises FileNotFoundError if one is gone already.
    """
    process_caches.watch()
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
    if objects.are_used():
        shutil.rmtree(folder(export), ignore_errors=True)


def remove(export: Export) -> None:
    """Remove all files of an export. Other machines remove their own; see ``_remove_ended``."""
    shutil.rmtree(folder(export), ignore_errors=True)
    if objects.are_used():
        objects.objects().remove_below(_folder_key(export))


def kept() -> set[int]:
    """The ids of the exports that have a file, or are written on this machine."""
    names = objects.objects().folders("exports") if objects.are_used() else []
    return _here() | {int(name) for name in names if name.isdigit()}


def _here() -> set[int]:
    return {int(path.name) for path in Path(settings.EXPORTS_DIR).glob("*") if path.name.isdigit()}


def _ended() -> list[Export]:
    """Exports that have ended and left files on this machine, as another one ended them or their task was killed."""
    here = _here() if objects.are_used() else set()
    running = (Export.State.WAITING, Export.State.WRITING)
    return list(Export.objects.filter(pk__in=here).exclude(state__in=running)) if here else []


def _remove_ended() -> None:
    for export in _ended():
        shutil.rmtree(folder(export), ignore_errors=True)


process_caches.register_copies("drafts of exports", _remove_ended)
