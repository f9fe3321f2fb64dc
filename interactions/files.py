"""Files on this machine's disk: written whole or not at all, kept through a power cut, or of use for a moment only."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO, Final, cast

_LEVEL: Final = 4
"""gzip's level. Level 6 saves another 7% and takes half as long again; level 3 is a sixth bigger."""


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that gets its name once it is complete; gzip where the name ends in ``.gz``. Raises OSError.

    A file that was there is replaced. After an exception nothing is left.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.draft")
    try:
        with ExitStack() as stack:
            file: BinaryIO = stack.enter_context(draft.open("xb"))
            if path.name.lower().endswith(".gz"):
                # Neither name nor time in the header: they would make equal files differ.
                packed = GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0)
                file = cast(BinaryIO, stack.enter_context(packed))
            yield file
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Return once a file, or the list of names in a folder, would survive a power cut."""
    place = os.open(path, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def scratch() -> Path:
    """The folder for files that only the process writing them needs."""
    from django.conf import settings  # commands that make files know no settings

    folder = Path(settings.SCRATCH_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def draft(prefix: str) -> Path:
    """A new name in the scratch folder for a Parquet file."""
    return scratch() / f"{prefix}{secrets.token_hex(8)}.parquet"


@contextmanager
def drafts(prefix: str) -> Iterator[str]:
    """Remove the drafts with this prefix afterwards, and before that those of a process that was killed."""
    sweep(prefix)
    try:
        yield prefix
    finally:
        sweep(prefix)


def sweep(prefix: str, *, seconds: float = 0.0) -> None:
    """Remove files in the scratch folder by the beginning of their names, unless written to in the last ``seconds``."""
    for path in scratch().glob(f"{prefix}*"):
        with suppress(FileNotFoundError):
            if not seconds or path.stat().st_mtime < time.time() - seconds:
                path.unlink()
