"""The manifest of an index: one small file, replaced atomically, with the names of all others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from interactions import identity
from interactions.analytics.index.dictionaries import FORMS
from interactions.files import sync

FORMAT: Final = 5
"""The version of the file format. Raise it when older files can't be read any more or mean something else."""
NAME: Final = "manifest.json"
_DRAFT: Final = "manifest.draft"


class RunFiles(msgspec.Struct, frozen=True):
    """A run: the name of its files, and the name of the file of its dead people."""

    name: str
    nobody: bool
    dead: str | None = None


class TextFile(msgspec.Struct, frozen=True):
    """A file with ``rows`` texts."""

    name: str
    rows: int


class PairFile(msgspec.Struct, frozen=True):
    """A file with ``rows`` pairs; ``count`` is the total number of pairs up to and including this file."""

    name: str
    rows: int
    count: int


class Manifest(msgspec.Struct, frozen=True):
    """One version of an index. ``note`` is the name of the keeper's file.

    The first file of ``pairs`` is a snapshot of all pairs; the others are later changes.
    """

    format: int
    keys: str
    version: int
    first: int
    last: int
    runs: tuple[RunFiles, ...]
    texts: dict[str, tuple[TextFile, ...]]
    pairs: tuple[PairFile, ...]
    note: str
    custom_keys: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """The name prefixes of all files that belong to this version."""
        of_runs = {name for run in self.runs for name in (run.name, run.dead) if name}
        of_texts = {file.name for several in self.texts.values() for file in several}
        return of_runs | of_texts | {file.name for file in self.pairs} | {self.note}


def read(folder: Path) -> Manifest | None:
    """The manifest in a folder; None if it's missing, damaged, of another format, or made with other keys."""
    try:
        return decoded((folder / NAME).read_bytes())
    except FileNotFoundError:
        return None


def decoded(said: bytes) -> Manifest | None:
    """A manifest as it was written; None where it can't be used."""
    try:
        found = msgspec.json.decode(said, type=Manifest)
    except msgspec.MsgspecError:
        return None
    usable = found.format == FORMAT and found.keys == identity.keyring().check and found.texts.keys() == FORMS.keys()
    return found if usable else None


def write(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest. From then on the new version counts, even after a crash."""
    draft = folder / _DRAFT
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(manifest))
        file.flush()
        os.fsync(file.fileno())
    sync(folder)  # its files first
    draft.replace(folder / NAME)
    sync(folder)
