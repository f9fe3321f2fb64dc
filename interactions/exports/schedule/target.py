"""The places that scheduled exports write to: folders below EXPORT_ROOT, and object stores."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath
from typing import Final

from django.conf import settings

from interactions.errors import DojoError
from interactions.files import sync
from interactions.object_store import ObjectStoreError, options
from interactions.objects import Objects

_STORE: Final = re.compile(r"(s3|az|gs)://[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9._=/-]*)?\Z")
_FOLDER: Final = re.compile(r"[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*\Z")


class TargetRefused(DojoError):
    """Files can't be written there. The message says why."""


def checked(text: str) -> str:
    """A target as it's stored: a store's URL, or a folder relative to EXPORT_ROOT. Raises TargetRefused."""
    given = text.strip().rstrip("/")
    if "://" in given:
        return _checked_store(given)
    root = str(Path(settings.EXPORT_ROOT).resolve())
    given = given.removeprefix(root + "/")
    if not _FOLDER.match(given) or {".", ".."} & set(PurePosixPath(given).parts):
        raise TargetRefused(
            f"Enter s3://bucket/prefix, or the name of a folder below {root}, such as warehouse/daily. "
            "Letters, digits and . _ = - are allowed."
        )
    _folder(given)
    return given


def _checked_store(url: str) -> str:
    if not _STORE.match(url) or "/../" in f"{url}/":
        raise TargetRefused("Enter s3://bucket/prefix: letters, digits and . _ = - are allowed in both.")
    for own in (settings.LAKE_URL, settings.UPLOADS_URL, settings.BACKUP_URL or ""):
        if own and (f"{url}/".startswith(f"{own.rstrip('/')}/") or f"{own}/".startswith(f"{url}/")):
            raise TargetRefused("Dojo keeps its own data there. Choose another bucket or prefix.")
    try:
        options(url)
    except ObjectStoreError as error:
        raise TargetRefused(str(error)) from error
    return url


def place(target: str) -> str:
    """The whole address of a target, for pages and receipts."""
    return target if "://" in target else f"{Path(settings.EXPORT_ROOT).resolve()}/{target}"


def put(target: str, name: str, draft: Path) -> None:
    """Put a finished file there, whole or not at all; one of that name is replaced. Raises TargetRefused, OSError."""
    if "://" in target:
        try:
            Objects(target).put(name, draft)
        except FileNotFoundError as error:
            raise TargetRefused(f"{target}: there is no such bucket. Create it.") from error
        return
    folder = _folder(target)
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{name}.draft"  # on the same file system, so that it's renamed at once
    try:
        shutil.copyfile(draft, beside)
        sync(beside)
        os.replace(beside, folder / name)
        sync(folder)
    finally:
        beside.unlink(missing_ok=True)


def remove(target: str, name: str) -> None:
    """Remove a file of an earlier attempt that has no records any more. Raises TargetRefused, OSError."""
    if "://" in target:
        Objects(target).remove([name])
    else:
        (_folder(target) / name).unlink(missing_ok=True)


def _folder(target: str) -> Path:
    """Raises TargetRefused if a symbolic link leads out of EXPORT_ROOT."""
    root = Path(settings.EXPORT_ROOT).resolve()
    folder = (root / target).resolve()
    if not folder.is_relative_to(root) or folder == root:
        raise TargetRefused(f"{target} leads out of {root}. Choose a folder below it.")
    return folder
