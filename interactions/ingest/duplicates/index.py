"""The index of fingerprints of an environment: a fast lookup of the records in its table.

It's derived from the table and belongs to the parts in its manifest. Each entry names the part that holds a record, and
parts never change: a new part adds a run, and entries of a removed part no longer count. Runs of similar size are
merged, which drops such entries. The manifest is replaced atomically, so after a crash the index is the old or the new
one. If it's deleted, it's rebuilt.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from django.conf import settings

from interactions import identity
from interactions.files import sync
from interactions.ingest.duplicates import prints, runs
from interactions.ingest.duplicates.runs import Copies, FingerprintRun, RunFile
from interactions.warehouse.lake import Part
from interactions.warehouse.overlaps import LIVE

logger = logging.getLogger(__name__)

FORMAT: Final = 1
"""Incremented when files of earlier formats can't be read any more or mean something else."""
_NAME: Final = "manifest.json"
_AT_ONCE: Final = 64_000  # entries sorted at once
_MOST: Final = 16 * _AT_ONCE  # entries merged while a caller waits
_LIKE: Final = 4  # the size ratio of runs to merge, and how many of them there have to be
_LEAST: Final = 4096  # entries; smaller runs count as this size


class PartEntry(msgspec.Struct, frozen=True):
    """A part of the table: its number in entries, its rows, and whether all of them are live records."""

    number: int
    rows: int
    is_live: bool


class FingerprintManifest(msgspec.Struct, frozen=True):
    """A state of the index: the version of the table, its parts by name, and the runs."""

    format: int
    keys: str
    version: int
    parts: dict[str, PartEntry]
    next: int
    runs: tuple[RunFile, ...]


@dataclass(frozen=True, slots=True)
class FingerprintIndex:
    """The index of one environment, by slug. Callers hold the write lock of its table."""

    environment: str

    @property
    def folder(self) -> Path:
        return Path(settings.FINGERPRINTS_DIR) / self.environment

    def refresh(
        self, version: int, parts: Sequence[Part], tell: Callable[[], object] = lambda: None
    ) -> OpenFingerprints:
        """Update the index to this version of the table, which consists of ``parts``, and open it.

        ``tell`` is called regularly if it takes longer. Raises OSError if the disk is full.
        """
        with self._alone():
            before = self.read()
            known = before.parts
            named = {part.name: part for part in parts}
            kept = {name: entry for name, entry in known.items() if name in named}
            new = [(name, part) for name, part in named.items() if name not in known]
            if new or len(kept) < len(known):
                numbers = {name: before.next + at for at, (name, _) in enumerate(new)}
                added = self._add([(part, numbers[name]) for name, part in new], tell)
                kept |= {name: PartEntry(numbers[name], part.rows, part.import_id == LIVE) for name, part in new}
                after = msgspec.structs.replace(
                    before, version=version, parts=kept, next=before.next + len(new), runs=(*before.runs, *added)
                )
                before = self._merged(after, most=_MOST)
                self._write(before)
            return OpenFingerprints.of(self, before)

    def merge(self) -> bool:
        """Merge runs that are too large to merge while a caller waits.

        Returns whether there were any. Needs no lock.
        """
        with self._merging() as is_alone:
            try:
                return is_alone and self._merge()
            except FileNotFoundError:  # an update merged the runs, or the folder was removed
                return False
            finally:
                if is_alone:
                    self._remove_drafts()

    def _merge(self) -> bool:
        self._remove_drafts()  # of a process that was killed
        before = self.read()
        after = self._merged(before, most=None, name="draft-{}")
        gone = set(before.runs) - set(after.runs)
        with self._alone():
            now = self.read()
            if not gone or not gone <= set(now.runs):
                return False
            come = [self._named(run) for run in after.runs if run not in before.runs]
            left = [run for run in now.runs if run not in gone]
            self._write(msgspec.structs.replace(now, runs=(*come, *left)))
        return True

    def _remove_drafts(self) -> None:
        for draft in self.folder.glob("draft-*"):
            draft.unlink(missing_ok=True)

    def purge(self) -> None:
        """Remove entries of records that aren't in the table, and files that aren't part of the index."""
        with self._alone():
            now = self.read()
            alive = _alive(now)
            kept: list[RunFile] = []
            for file in now.runs:
                run = FingerprintRun(self.folder, file)
                is_whole = run.living(alive)[0] == file.rows
                left = file if is_whole else runs.merge(self.folder / _new_name(), [run], alive)
                kept += [left] if left else []
            self._write(msgspec.structs.replace(now, runs=tuple(kept)))
            self._remove_drafts()

    def forget_gone(self, parts: Sequence[Part]) -> None:
        """Remove what isn't of a record in the table, which consists of ``parts``; the next lookup adds what is new."""
        if not self.count_dead(parts):
            return
        names = {part.name for part in parts}
        with self._alone():
            now = self.read()
            left = {name: entry for name, entry in now.parts.items() if name in names}
            self._write(msgspec.structs.replace(now, version=-1, parts=left))
        self.purge()

    def remove(self) -> None:
        """Remove the index."""
        with self._alone():
            (self.folder / _NAME).unlink(missing_ok=True)  # first, so that a partly removed index isn't used
            shutil.rmtree(self.folder, ignore_errors=True)

    def count_dead(self, parts: Sequence[Part]) -> int:
        """The number of leftover files, and of entries whose record isn't in the table, which consists of ``parts``."""
        now, names = self.read(), {part.name for part in parts}
        left = {name: entry for name, entry in now.parts.items() if name in names}
        alive = _alive(msgspec.structs.replace(now, parts=left))
        dead = sum(file.rows - FingerprintRun(self.folder, file).living(alive)[0] for file in now.runs)
        return dead + len(list(self._unnamed(now))) + len(list(self.folder.glob("draft-*")))

    def read(self) -> FingerprintManifest:
        """The manifest, or an empty one if there is none or it's unusable."""
        keys = identity.keyring().check
        try:
            found = msgspec.json.decode((self.folder / _NAME).read_bytes(), type=FingerprintManifest)
        except (FileNotFoundError, msgspec.MsgspecError):
            found = None
        if found is not None and (found.format, found.keys) == (FORMAT, keys) and self._is_whole(found):
            return found
        return FingerprintManifest(FORMAT, keys, -1, {}, 0, ())

    def _is_whole(self, found: FingerprintManifest) -> bool:
        return all((self.folder / run.name).exists() for run in found.runs)

    def _add(self, parts: Sequence[tuple[Part, int]], tell: Callable[[], object]) -> list[RunFile]:
        """Write runs with the entries of these (part, number) pairs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        added: list[RunFile] = []
        for entries, numbers in _gathered(parts):
            added.append(runs.write(self.folder / _new_name(), runs.columns_of(entries, numbers)))
            tell()
        return added

    def _merged(self, manifest: FingerprintManifest, most: int | None, name: str = "{}") -> FingerprintManifest:
        """Merge runs of similar size, up to ``most`` entries at a time; all runs if most entries are dead."""
        alive = _alive(manifest)
        while group := _wanted(manifest, most):
            path = self.folder / name.format(_new_name())
            merged = runs.merge(path, [FingerprintRun(self.folder, file) for file in group], alive)
            left = [run for run in manifest.runs if run not in group]
            manifest = msgspec.structs.replace(manifest, runs=(*([merged] if merged else []), *left))
        return manifest

    def _named(self, draft: RunFile) -> RunFile:
        """Rename a draft run to one of the index."""
        name = _new_name()
        (self.folder / draft.name).rename(self.folder / name)
        return msgspec.structs.replace(draft, name=name)

    def _write(self, manifest: FingerprintManifest) -> None:
        """Replace the manifest atomically and durably."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / "manifest.new"
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(manifest))
            file.flush()
            os.fsync(file.fileno())
        sync(self.folder)  # the runs before the manifest that names them
        draft.replace(self.folder / _NAME)
        sync(self.folder)
        for path in self._unnamed(manifest):
            path.unlink(missing_ok=True)

    def _unnamed(self, manifest: FingerprintManifest) -> Iterator[Path]:
        """Files that aren't part of the index, except drafts of a merge."""
        named = {_NAME, *(run.name for run in manifest.runs)}
        return (path for path in self.folder.glob("*") if path.name not in named and not path.name.startswith("draft-"))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Exclude other writers on this machine."""
        with self._lock("lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _merging(self) -> Iterator[bool]:
        """Exclude other merges on this machine; yields False if one is running."""
        with self._lock("merge.lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True

    @contextmanager
    def _lock(self, ending: str) -> Iterator[int]:
        """A lock file next to the folder, because the folder may be removed."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_name(f"{self.environment}.{ending}").open("w") as file:
            yield file.fileno()


@dataclass(frozen=True, slots=True)
class OpenFingerprints:
    """An open index, for the parts it was opened with."""

    runs: tuple[FingerprintRun, ...]
    alive: np.ndarray
    brought: np.ndarray

    @classmethod
    def of(cls, index: FingerprintIndex, manifest: FingerprintManifest) -> OpenFingerprints:
        brought = _alive(manifest)
        for entry in manifest.parts.values():
            brought[entry.number] &= not entry.is_live
        return cls(tuple(FingerprintRun(index.folder, file) for file in manifest.runs), _alive(manifest), brought)

    @property
    def is_empty(self) -> bool:
        return not self.alive.any()

    def find(self, first: np.ndarray, second: np.ndarray) -> Copies:
        """Look up records by their words, which are sorted by the first word."""
        found = Copies.nothing(len(first))
        for run in self.runs:
            run.find(first, second, self.alive, self.brought, found)
        return found


def _gathered(parts: Sequence[tuple[Part, int]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The entries of these parts, and the part number of each, in pieces to sort."""
    held: list[np.ndarray] = []
    numbers: list[np.ndarray] = []
    rows = 0
    keyring = identity.keyring()
    for part, number in parts:
        for entries in prints.entries(part.path, part.path, 0, keyring):
            held.append(entries)
            numbers.append(np.full(len(entries), number, np.uint32))
            rows += len(entries)
            if rows >= _AT_ONCE:
                yield np.concatenate(held), np.concatenate(numbers)
                held, numbers, rows = [], [], 0
    if rows:
        yield np.concatenate(held), np.concatenate(numbers)


def _alive(manifest: FingerprintManifest) -> np.ndarray:
    """Whether each part number is in the table (bool array)."""
    alive = np.zeros(manifest.next, bool)
    alive[[entry.number for entry in manifest.parts.values()]] = True
    return alive


def _wanted(manifest: FingerprintManifest, most: int | None) -> list[RunFile]:
    """Runs to merge into one; empty if there are none."""
    there, living = sum(run.rows for run in manifest.runs), sum(entry.rows for entry in manifest.parts.values())
    if there > 2 * living and (most is None or there <= most):
        return list(manifest.runs)
    by_size = sorted(manifest.runs, key=_size)
    for _, group in groupby(by_size, key=_size):
        alike = list(group)
        if len(alike) >= _LIKE and (most is None or sum(run.rows for run in alike) <= most):
            return alike
    return []


def _size(run: RunFile) -> int:
    return (max(run.rows, _LEAST).bit_length() - 1) // (_LIKE.bit_length() - 1)


def _new_name() -> str:
    return f"{secrets.token_hex(8)}.run"
