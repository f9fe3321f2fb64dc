"""This node's copies of the pieces that it received of uploads: who reads the file here needn't download them.

Pieces never change, and no two have the same key, so a copy is as good as its object. Other nodes can't tell, and
download. A piece that is removed has its copies removed by whoever removes it, and on other nodes by the next erasure.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import connection

from interactions import process_caches
from interactions.models import Upload, UploadPiece
from interactions.objects import Objects
from interactions.warehouse.cache import UPLOADS, PartCache, forgetting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

_SHARE: Final = (
    4  # of all copies: no file takes more than this fraction of what they may, or it would displace the rest
)


def keep(key: str, start: int, content: bytes) -> None:
    """Keep a copy of a piece that begins at ``start`` of its file, unless the file is too large or the disk full."""
    end, room = start + len(content), shutil.disk_usage(settings.DATA_DIR).free - settings.DISK_RESERVE_BYTES
    if end > settings.CACHE_MAX_BYTES // _SHARE or len(content) > room:
        return
    if not start:
        _forget_gone()
    _copies().keep(_name(key), content)


def fetch(key: str, start: int, size: int) -> Buffer:
    """``size`` bytes of a piece: of the copy, or else of the object. Raises as ``Objects.range`` does."""
    with suppress(OSError), (_copies().folder / _name(key)).open("rb", buffering=0) as file:
        file.seek(start)
        found = file.read(size)
        if len(found) == size:
            return found
    return Objects(settings.UPLOADS_URL).range(key, start, size)


def drop(keys: Iterable[str]) -> None:
    """Remove the copies of pieces that don't count."""
    _copies().drop(map(_name, keys))


def forget(upload: Upload) -> None:
    """Remove the copies of an upload's pieces."""
    shutil.rmtree(_copies().folder / upload.token, ignore_errors=True)


def forget_gone() -> None:
    """Remove the copies of pieces that don't count any more: another node may have ended their import."""
    forgetting()
    _forget_gone()


def _forget_gone() -> None:
    copies = _copies()
    tokens = {folder.name for folder in copies.folder.glob("*")}
    if not tokens:
        return
    pieces = UploadPiece.objects.filter(upload__token__in=tokens).values_list("upload__token", "name")
    copies.keep_only({f"{token}/{name}" for token, name in pieces})
    if not connection.in_atomic_block:
        connection.close()  # the thread that follows orders would keep it


def _name(key: str) -> str:
    """What a piece is called among the copies."""
    return key.removeprefix(f"{UPLOADS}/")


def _copies() -> PartCache:
    return PartCache(Path(settings.CACHE_DIR) / UPLOADS)


process_caches.register_copies("copies of uploads", forget_gone)
