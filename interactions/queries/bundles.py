"""Bundles: the journeys of several segments in one file, person by person.

In segments a person's journeys lie apart, as those are of different times; to walk along them means to look for them in
every segment, and to put them in order. Bundles have that done. Nothing in them is needed, or is more than the segments
hold: once one of these is gone, the bundle is of no use, and is removed as they are.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

import pyarrow as pa

from interactions import process_caches
from interactions.queries.journeys import SCHEMA, Journeys
from interactions.queries.segments import BUNDLES, LEFT_SECONDS, Segment, Store, modified

_DRAFT: Final = ".draft-"


@dataclass(frozen=True, slots=True)
class Bundle:
    """``segments`` are the names of the folders of those that it is made of, ``rows`` the interactions in them."""

    path: Path
    segments: frozenset[str]
    rows: int

    def read(self) -> list[Journeys]:
        """Pieces that follow each other in the order of people; mapped as long as they are in use.

        Raises FileNotFoundError.
        """
        return read(self.path)


class Shelf:
    """The bundles of one environment, named by its slug."""

    def __init__(self, environment: str) -> None:
        self.folder = Store(environment).folder / BUNDLES

    def all(self) -> list[Bundle]:
        """Every bundle there is, whether or not its segments still are."""
        found = []
        for path in self.files():
            try:
                found.append(_about(path))
            except FileNotFoundError:  # removed meanwhile
                continue
        return found

    def files(self) -> list[Path]:
        """The files of all bundles, but for drafts."""
        return [path for path in self.folder.glob("*.arrow") if not path.name.startswith(".")]

    def of(self, segments: Iterable[Segment]) -> list[Bundle]:
        """Bundles of nothing but ``segments``, each of these in at most one; large ones first."""
        left, chosen = {segment.folder.name for segment in segments}, []
        for bundle in sorted(self.all(), key=lambda each: (-each.rows, each.path.name)):
            if bundle.segments <= left:
                chosen.append(bundle)
                left -= bundle.segments
        return chosen

    def wanted(self, segments: Sequence[Segment]) -> list[Segment]:
        """Those of ``segments`` of which one bundle is to be made now, in the order of time; none where all is well.

        What is there is put together once it is half as much as the next larger piece, so that there are few pieces,
        and a moment is written anew a few times at most.
        """
        of_name = {segment.folder.name: segment for segment in segments}
        bundles = self.of(segments)
        pieces = [([of_name[name] for name in bundle.segments], bundle.rows) for bundle in bundles]
        alone = set(of_name).difference(*(bundle.segments for bundle in bundles))
        pieces += [([of_name[name]], of_name[name].rows) for name in alone]
        pieces.sort(key=lambda piece: piece[1])
        chosen, rows = 0, 0
        for place, (_, more) in enumerate(pieces):
            if place and 2 * rows >= more:
                chosen = place + 1
            rows += more
        found = [segment for piece, _ in pieces[:chosen] for segment in piece]
        return sorted(found, key=lambda segment: (segment.first, segment.folder.name))

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """A file to write a bundle into, which is there from the start; gone at the end, unless :meth:`add` took it.

        The segments have to be opened within: whoever removes one of them takes away the drafts after it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{_DRAFT}{secrets.token_hex(8)}"
        path.touch()
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def add(self, draft: Path, segments: Collection[Segment]) -> None:
        """Make a bundle of a draft. Raises FileNotFoundError where that was taken away: an erasure does so."""
        draft.rename(self.folder / f"{_name(segments)}.arrow")

    def keep(self, segments: Iterable[Segment]) -> None:
        """Remove all that is of no use where there are just these ``segments``."""
        there = list(segments)
        used = {bundle.path for bundle in self.of(there)}
        for path in self.files():
            if path not in used:
                path.unlink(missing_ok=True)
        self._sweep(LEFT_SECONDS)

    def drop_drafts(self) -> None:
        """Take away what is being made."""
        self._sweep(-1)

    def _sweep(self, seconds: float) -> None:
        before = time.time() - seconds
        for draft in self.folder.glob(f"{_DRAFT}*"):
            if modified(draft) < before:
                draft.unlink(missing_ok=True)


def write(pieces: Iterable[Journeys], path: Path, segments: Collection[Segment]) -> None:
    """Write ``pieces``, which have one dictionary of words, into ``path``. They are of all the ``segments``."""
    about = {"segments": sorted(segment.folder.name for segment in segments), "rows": sum(s.rows for s in segments)}
    schema = SCHEMA.with_metadata({"about": json.dumps(about)})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for piece in pieces:
            writer.write_batch(piece.batch)


def read(path: Path) -> list[Journeys]:
    """The pieces in a file. Raises FileNotFoundError."""
    file = pa.ipc.open_file(pa.memory_map(str(path)))
    return [Journeys(file.get_batch(number), by_people=True) for number in range(file.num_record_batches)]


@lru_cache(4096)
def _about(path: Path) -> Bundle:
    """A bundle never changes, and its name is made of its segments, so it is read once."""
    with pa.memory_map(str(path)) as source:
        about = json.loads(pa.ipc.open_file(source).schema.metadata[b"about"])
    return Bundle(path, frozenset(about["segments"]), about["rows"])


def _name(segments: Collection[Segment]) -> str:
    names = sorted(segment.folder.name for segment in segments)
    return blake2b("\0".join(names).encode(), digest_size=16).hexdigest()


process_caches.register("bundles", _about.cache_clear, lambda: _about.cache_info().currsize)
