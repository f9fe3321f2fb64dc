"""What an index consists of: the names of its files, in one small file that is replaced as a whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from interactions import identity
from interactions.analytics.index.dictionaries import FORMS
from interactions.files import sync

FORMAT: Final = 2
"""Rises when files of an earlier one can't be read any more, or mean something else."""
NAME: Final = "manifest.json"
_DRAFT: Final = "manifest.draft"


class RunFiles(msgspec.Struct, frozen=True):
    """A run: the name of its files, and that of who is dead in it."""

    name: str
    nobody: bool
    dead: str | None = None


class TextFile(msgspec.Struct, frozen=True):
    """A file of so many texts."""

    name: str
    rows: int


class PairFile(msgspec.Struct, frozen=True):
    """A file of so many pairs (``rows``); how many there are in all with it and those before it (``count``)."""

    name: str
    rows: int
    count: int


class Manifest(msgspec.Struct, frozen=True):
    """One version of an index. ``note`` is the name of what its keeper wrote down with it.

    Of ``pairs``, the first file has all as they once were, and the others what has become of some since.
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
        """What the files begin with that belong to it."""
        of_runs = {name for run in self.runs for name in (run.name, run.dead) if name}
        of_texts = {file.name for several in self.texts.values() for file in several}
        return of_runs | of_texts | {file.name for file in self.pairs} | {self.note}


def read(folder: Path) -> Manifest | None:
    """That of an index; None where there is none that can be used: of another format, by other keys, or damaged."""
    try:
        found = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    usable = found.format == FORMAT and found.keys == identity.keyring().check and found.texts.keys() == FORMS.keys()
    return found if usable else None


def write(folder: Path, manifest: Manifest) -> None:
    """Put it in the place of the one before: from now on it counts, whatever happens."""
    draft = folder / _DRAFT
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(manifest))
        file.flush()
        os.fsync(file.fileno())
    sync(folder)  # its files first
    draft.replace(folder / NAME)
    sync(folder)
