"""Objects in a store, below a URL, with what is needed of files: whole, by range, listed, and as files to read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from interactions.object_store import opened
from interactions.pieces import Fetch, Piece, PiecesReader, ReadAhead

if TYPE_CHECKING:
    from typing_extensions import Buffer

_BUFFER: Final = 128 << 10  # bytes that whoever reads a little at a time takes at once
_AHEAD, _MOST_AHEAD = 256 << 10, 4 << 20  # bytes fetched at once: at first, and at most; two such are in memory
_AT_ONCE: Final = 1_000  # keys in one request to delete


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects below ``url``, as ``s3://bucket/prefix``; keys are relative to it.

    Everything raises ObjectStoreError where the store can't be reached or refuses, FileNotFoundError for a key that
    isn't there.
    """

    url: str

    def put(self, key: str, content: bytes | Path | Iterator[bytes]) -> None:
        """Write an object: whole or not at all. One that is there is replaced."""
        import obstore

        with opened(self.url) as store:
            obstore.put(store, key, content, use_multipart=False if isinstance(content, bytes) else None)

    def create(self, key: str, content: bytes) -> None:
        """Write an object that isn't there. Raises obstore's AlreadyExistsError."""
        import obstore

        with opened(self.url) as store:
            obstore.put(store, key, content, mode="create")

    def get(self, key: str) -> bytes:
        import obstore

        with opened(self.url) as store:
            return bytes(obstore.get(store, key).bytes())

    def fetch(self, key: str, path: Path) -> int:
        """Write an object to a new file; its size in bytes."""
        import obstore

        with opened(self.url) as store, path.open("xb") as file:
            return sum(file.write(chunk) for chunk in obstore.get(store, key).stream())

    def range(self, key: str, start: int, size: int) -> Buffer:
        """``size`` bytes of an object, not copied."""
        import obstore

        with opened(self.url) as store:
            return obstore.get_range(store, key, start=start, length=size)

    def size(self, key: str) -> int:
        """Bytes of an object. Raises FileNotFoundError."""
        import obstore

        with opened(self.url) as store:
            return int(obstore.head(store, key)["size"])

    def exists(self, key: str) -> bool:
        with suppress(FileNotFoundError):
            return self.size(key) >= 0
        return False

    def names(self, folder: str = "") -> Iterator[tuple[str, int]]:
        """The keys below a folder, of all objects without one, and their bytes."""
        import obstore

        with opened(self.url) as store:
            for some in obstore.list(store, prefix=folder or None):
                yield from ((str(each["path"]), int(each["size"])) for each in some)

    def tags(self) -> dict[str, str]:
        """By key, what tells an object's content from another one of this name."""
        import obstore

        with opened(self.url) as store:
            return {str(each["path"]): str(each["e_tag"]) for some in obstore.list(store) for each in some}

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder."""
        import obstore

        with opened(self.url) as store:
            found = obstore.list_with_delimiter(store, prefix=folder)["common_prefixes"]
        return [prefix.rstrip("/").rpartition("/")[2] for prefix in found]

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects; those that aren't there don't matter."""
        import obstore

        left = list(keys)
        with opened(self.url) as store:
            for first in range(0, len(left), _AT_ONCE):
                with suppress(FileNotFoundError):
                    obstore.delete(store, left[first : first + _AT_ONCE])

    def remove_below(self, folder: str) -> None:
        self.remove([key for key, _ in self.names(folder)])

    def ranges(self, key: str, size: int) -> io.RawIOBase:
        """A file to read of one object of ``size`` bytes: each read is one request, for no more than it asks."""
        return PiecesReader(self.range, [Piece(0, size, key)], ReadAhead())

    def open(self, pieces: Sequence[Piece], end: int | None = None, fetch: Fetch | None = None) -> BinaryIO:
        """A file to read that consists of these pieces, in order and without gaps. Nothing is fetched in advance from
        ``end`` on. ``fetch`` is asked instead of ``range``."""
        reader = PiecesReader(fetch or self.range, pieces, ReadAhead(_AHEAD, _MOST_AHEAD, end))
        return cast(BinaryIO, io.BufferedReader(reader, _BUFFER))
