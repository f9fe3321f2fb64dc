"""Segments: the summaries of some parts of an environment's table, on disk.

A segment is a folder with a file a kind and ``about.json``, which names the parts that it covers. It is made of parts,
which never change, so it never changes either; once a part is gone, its segment is of no use to anybody. Nothing in
here is needed: whatever no segment covers is counted from the parts themselves.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from django.conf import settings

from interactions import process_caches
from interactions.queries.journeys import NAME as JOURNEYS
from interactions.queries.kinds import FORMAT as KINDS
from interactions.queries.named import NAME as NAMED
from interactions.warehouse.lake import Part

FORMAT: Final = f"{KINDS} {JOURNEYS} {NAMED}"
BUNDLES: Final = "bundles"  # the folder of what is made of segments, beside them
_ABOUT: Final = "about.json"
_SUFFIXES: Final = (".parquet", ".arrow")  # of what is made of records
_DRAFT: Final = ".draft-"
LEFT_SECONDS: Final = 3600  # after which a draft is one that somebody left behind
_GRACE_SECONDS: Final = 30  # for those who are reading a segment whose place another has taken


@dataclass(frozen=True, slots=True)
class Segment:
    """``parts`` are the names of the covered parts, by which their files are called in the table's folder.

    ``zone`` is that of its days; ``import_id`` that of all its records, as of a part.
    """

    folder: Path
    parts: frozenset[str]
    rows: int
    first: datetime
    last: datetime
    zone: str
    import_id: int | None

    def file(self, kind: str) -> Path:
        return self.folder / f"{kind}.parquet"

    @property
    def journeys(self) -> Path:
        return self.folder / f"{JOURNEYS}.arrow"

    @property
    def named(self) -> Path:
        return self.folder / f"{NAMED}.arrow"


class Store:
    """The segments of one environment, named by its slug."""

    def __init__(self, environment: str) -> None:
        self.environment = environment
        self.folder = Path(settings.SUMMARIES_DIR) / environment

    def all(self) -> list[Segment]:
        """Every segment there is, whether or not its parts are still in the table."""
        found = []
        for name in self._names():
            try:
                segment = _read(self.folder / name)
            except FileNotFoundError:  # removed meanwhile
                continue
            if segment is not None:
                found.append(segment)
        return found

    def covering(self, parts: Iterable[str], zone: str | None = None) -> list[Segment]:
        """Segments that cover only ``parts``, each of these at most once; with ``zone`` only those of its days."""
        left, chosen = set(parts), []
        for segment in sorted(self.all(), key=lambda each: (-len(each.parts), each.folder.name)):
            if segment.parts <= left and zone in (None, segment.zone):
                chosen.append(segment)
                left -= segment.parts
        return chosen

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """A folder to write a segment's files in; it is gone at the end, unless :meth:`add` took it."""
        folder = self.folder / f"{_DRAFT}{secrets.token_hex(8)}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def add(self, draft: Path, parts: Sequence[Part], names: Sequence[str], zone: str) -> bool:
        """Make a segment of a draft that has all its files. False where another process was first: theirs is as good.

        Raises FileNotFoundError where the draft was taken away: an erasure does that.
        """
        about = {
            "format": FORMAT,
            "parts": sorted(names),
            "rows": sum(part.rows for part in parts),
            "first": min(part.first for part in parts).isoformat(),
            "last": max(part.last for part in parts).isoformat(),
            "zone": zone,
            "import_id": _import_of(parts),
        }
        (draft / _ABOUT).write_text(json.dumps(about))
        try:
            draft.rename(self.folder / _name(names, zone))
        except OSError:
            if not draft.exists():
                raise FileNotFoundError(draft) from None
            return False
        return True

    def keep(self, parts: Iterable[str], zone: str) -> list[Segment]:
        """Remove what is of no use for a table of ``parts``, and answer what is.

        What has a part that is gone goes at once: it may have been erased for a reason; so does what another version of
        Dojo made. Segments whose parts larger ones cover, and those of another zone's days, go after a moment in which
        somebody may read them.
        """
        there = set(parts)
        alive = {segment.folder for segment in self.all() if segment.parts <= there}
        for name in self._names():
            if self.folder / name not in alive:
                self._remove(self.folder / name)
        kept = self.covering(there, zone)
        before = time.time() - _GRACE_SECONDS
        for folder in alive - {segment.folder for segment in kept}:
            if modified(folder) < before:
                self._remove(folder)
        self._sweep(LEFT_SECONDS)
        return kept

    def drop_drafts(self) -> None:
        """Take away what is being made: who makes it finds that out and starts anew."""
        self._sweep(-1)

    def files(self) -> list[Path]:
        """Every file that is made of records, those of bundles and drafts included."""
        return [path for path in self.folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file()]

    def _names(self) -> list[str]:
        try:
            return [name for name in os.listdir(self.folder) if not name.startswith(".") and name != BUNDLES]
        except FileNotFoundError:
            return []

    def _remove(self, folder: Path) -> None:
        """Take it away as a whole, then bit by bit."""
        gone = folder.with_name(f"{_DRAFT}{secrets.token_hex(8)}")
        try:
            folder.rename(gone)
        except FileNotFoundError:
            return
        shutil.rmtree(gone, ignore_errors=True)

    def _sweep(self, seconds: float) -> None:
        before = time.time() - seconds
        for draft in self.folder.glob(f"{_DRAFT}*"):
            if modified(draft) < before:
                self._remove(draft)


def modified(path: Path) -> float:
    """When it was, in seconds since 1970; 0 where it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


@lru_cache(4096)
def _read(folder: Path) -> Segment | None:
    """A segment never changes, and its name is made of its parts, so it is read once. None: of another format."""
    about = json.loads((folder / _ABOUT).read_text())
    if about.get("format") != FORMAT:
        return None
    return Segment(
        folder,
        frozenset(about["parts"]),
        about["rows"],
        datetime.fromisoformat(about["first"]),
        datetime.fromisoformat(about["last"]),
        about["zone"],
        about["import_id"],
    )


def _name(parts: Sequence[str], zone: str) -> str:
    return blake2b("\0".join([FORMAT, zone, *sorted(parts)]).encode(), digest_size=16).hexdigest()


def _import_of(parts: Sequence[Part]) -> int | None:
    found = {part.import_id for part in parts}
    return found.pop() if len(found) == 1 else None


process_caches.register("segments", _read.cache_clear, lambda: _read.cache_info().currsize)
